"""Time, chance, keys and what is kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from dishka import Provider, Scope, from_context, provide

from teddy_edge.conversation.children import Children
from teddy_edge.conversation.habits import Habits
from teddy_edge.conversation.turn_log import TurnLog
from teddy_edge.home import Home, open_home
from teddy_edge.identity import BearKeys, Identity, read_identity
from teddy_edge.inference.profile import Profile, choose, total_memory
from teddy_edge.outbox.entry import OWNER
from teddy_edge.outbox.store import Outbox, open_outbox
from teddy_edge.settings import Settings
from teddy_shared.clock import Chance, Clock, SystemChance, SystemClock
from teddy_shared.seal import ChaChaSeal, FileKeyRing, Seal
from teddy_shared.state.memory import MemoryStore
from teddy_shared.state.sqlite import SqliteStore, open_sqlite_store
from teddy_shared.state.state import STATE_KEY, State


class Foundation(Provider):
    """Time, chance, keys and what is kept."""

    scope = Scope.APP
    settings = from_context(Settings)
    turn_log = provide(TurnLog)
    habits = provide(Habits)
    children = provide(Children)

    @provide
    async def profile(self, settings: Settings) -> Profile:
        return choose(settings.models.profile, await asyncio.to_thread(total_memory))

    @provide
    def clock(self) -> Clock:
        return SystemClock()

    @provide
    def chance(self) -> Chance:
        return SystemChance()

    @provide
    async def home(self, settings: Settings) -> AsyncIterator[Home]:
        async with open_home(settings.data) as home:
            yield home

    @provide
    async def identity(self, settings: Settings) -> Identity:
        return await asyncio.to_thread(read_identity, settings.link.provision)

    @provide
    async def seal(self, home: Home, identity: Identity, chance: Chance) -> Seal:
        def keys() -> BearKeys:
            own = FileKeyRing(path=home.data / "keys.json", master=home.data / "master.key", chance=chance)
            for owner in (OWNER, STATE_KEY):
                own.create(owner)
            return BearKeys(own=own, identity=identity)

        return ChaChaSeal(keys=await asyncio.to_thread(keys), chance=chance)

    @provide
    async def store(self, home: Home) -> AsyncIterator[SqliteStore]:
        async with open_sqlite_store(home.data / "state.db") as store:
            yield store

    @provide
    def state(self, store: SqliteStore, seal: Seal, clock: Clock) -> State:
        # What ends with a talk or a turn spares the card.
        return State(store=store, brief=MemoryStore(), seal=seal, clock=clock)

    @provide
    async def outbox(
        self, home: Home, settings: Settings, identity: Identity, seal: Seal, clock: Clock, chance: Chance
    ) -> AsyncIterator[Outbox]:
        async with open_outbox(
            home.data / "outbox.db",
            bear=identity.bear,
            seal=seal,
            clock=clock,
            chance=chance,
            limit=settings.outbox.limit_mb * 1_000_000,
        ) as outbox:
            yield outbox
