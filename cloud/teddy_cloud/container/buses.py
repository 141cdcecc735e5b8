"""What people want and what they ask, the state that all workers share, and what is cached."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from dishka import (
    Provider,
    Scope,
    provide,
)

from teddy_cloud.bus import middleware
from teddy_cloud.bus.cache import Cache
from teddy_cloud.bus.commands import CommandBus
from teddy_cloud.bus.queries import QueryBus
from teddy_cloud.bus.records import Records
from teddy_cloud.bus.timings import Timings
from teddy_cloud.bus.watch import Watch
from teddy_cloud.eventstore.store import EventStore
from teddy_cloud.fleet import asking
from teddy_cloud.fleet.fleet import Fleet
from teddy_cloud.fleet.household import device_owner
from teddy_cloud.fleet.parting import Parting
from teddy_cloud.processes import asking as processing
from teddy_cloud.projections import queries
from teddy_cloud.projections.readmodels import ReadModels
from teddy_cloud.sagas.engine import Sagas
from teddy_cloud.state.redis import open_redis_store
from teddy_cloud.storage.client import StoreClient
from teddy_shared.clock import Chance, Clock
from teddy_shared.seal import KeyRing, Seal
from teddy_shared.state.state import STATE_KEY, State
from teddy_shared.tracing import Trace


class Buses(Provider):
    scope = Scope.APP

    timings = provide(Timings)

    @provide
    async def state(
        self, client: StoreClient, keys: KeyRing, seal: Seal, clock: Clock, chance: Chance
    ) -> AsyncIterator[State]:
        await asyncio.to_thread(keys.create, STATE_KEY)
        async with open_redis_store(client=client, chance=chance) as store:
            yield State(store=store, seal=seal, clock=clock)

    @provide
    def cache(self) -> Cache:
        return Cache()

    @provide
    def watch(self, models: ReadModels, cache: Cache, chance: Chance) -> Watch:
        return Watch(notices=models.every_notice, cache=cache, chance=chance)

    @provide
    def records(self, store: EventStore, seal: Seal, clock: Clock) -> Records:
        return Records(store=store, seal=seal, clock=clock, owner_of=device_owner)

    @provide
    def commands(
        self,
        fleet: Fleet,
        sagas: Sagas,
        parting: Parting,
        state: State,
        records: Records,
        timings: Timings,
        clock: Clock,
        chance: Chance,
    ) -> CommandBus:
        return CommandBus(
            handlers=[*asking.handlers(fleet), *processing.handlers(sagas, parting, clock)],
            middleware=middleware.in_order(
                state=state, clock=clock, owners=fleet, records=records, timings=timings
            ),
            begin=lambda: Trace.start(chance),
        )

    @provide
    def queries(
        self,
        fleet: Fleet,
        models: ReadModels,
        cache: Cache,
        records: Records,
        timings: Timings,
        clock: Clock,
    ) -> QueryBus:
        return QueryBus(
            answerers=[*asking.answerers(fleet), *queries.answerers(models)],
            cache=cache,
            owners=fleet,
            records=records,
            timings=timings,
            clock=clock,
        )
