"""Stores that have grown: families whose children talked day after day, and the read model made of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from teddy_cloud.eventstore.archive.memory import MemoryArchive
from teddy_cloud.eventstore.archive.reading import ArchivedEventStore
from teddy_cloud.eventstore.redis import RedisEventStore
from teddy_cloud.eventstore.store import Delivery, EventStore, Item
from teddy_cloud.projections.conversations import Conversations, day_of, turns_of
from teddy_cloud.projections.projector import Projector
from teddy_cloud.projections.redis import RedisReadModels
from teddy_cloud.projections.redis_copies import RedisCopies
from teddy_cloud.storage.client import connect
from teddy_shared.clock import SystemChance, SystemClock
from teddy_shared.codec import encode_head
from teddy_shared.envelope import BearId, Envelope, Lane, Place, ProfileId, When
from teddy_shared.events import Event, TurnBegun, TurnEnded, to_bytes
from teddy_shared.purposes import Purpose
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing
from workshop.servers import Server

TURNS: Final = 50  # of a child in a day; each is two events
STREET: Final = 10  # families that live at once: the projector takes longer steps with few of them
BATCH: Final = 64
EPOCH: Final = "grown"
FIRST_DAY: Final = 1_700_006_400_000  # 2023-11-15, 00:00 UTC, in ms
DAY: Final = 86_400_000  # ms

_SEQ: Final = 1_234_567_890_123  # these stand where a stencil is filled in
_TURN: Final = 4_567_890_123_456
_WALL: Final = 9_876_543_210_987
_BEGUN: Final = TurnBegun(speech_ms=1840)
_ENDED: Final = TurnEnded(
    topic="dinosaurs",
    skill="facts",
    verdict="fine",
    outcome="answered",
    speech_ms=1840,
    reply_ms=5210,
    stages_ms={"hearing": 231.25, "guard": 4.75, "answering": 3.5, "voice_first": 51.5, "voice_rest": 88.0},
    first_sound_ms=262.75,
    from_last_sample_ms=871.5,
)
_PAYLOADS: Final = (to_bytes(_ENDED), to_bytes(_BEGUN))  # of even numbers, of odd ones


class Town:
    """Families on one store. Each child talks fifty times a day, so a page is as long on any day."""

    def __init__(
        self, *, bears: int, store: EventStore, copies: RedisCopies, models: RedisReadModels
    ) -> None:
        keys = MemoryKeyRing(chance=SystemChance())
        self._children = [_Child(number) for number in range(bears)]
        for child in self._children:
            keys.create(child.profile)
        self._seal = ChaChaSeal(keys=keys, chance=SystemChance())
        self._store = store
        self._models = models
        self._projector = Projector(
            projections=[Conversations()],
            store=store,
            copies=copies,
            seal=self._seal,
            clock=SystemClock(),
            chance=SystemChance(),
        )
        self._days = 0
        self._looked = 0
        self._asked = 0

    async def move_in(self) -> None:
        for child in self._children:
            await self._store.permit(
                child.bear, consent=frozenset({Purpose.ACTIVITY}), profiles=frozenset({child.profile})
            )

    async def live(self, days: int) -> None:
        """So many days of talk, straight into the store, and from there into the read model."""
        for at in range(0, len(self._children), STREET):
            street = self._children[at : at + STREET]
            for day in range(self._days, self._days + days):
                await self._store.append_all([self._batch(child, day, 2 * TURNS) for child in street])
            await self._projector.catch_up()
        self._days += days

    async def ingest(self) -> None:
        """One batch more, of each bear in turn, by the script that ingest uses."""
        child = self._children[self._asked % len(self._children)]
        self._asked += 1
        batch = self._batch(child, self._days, BATCH)
        (mark,) = await self._store.append_all([batch])
        assert mark == batch.last

    async def look(self) -> None:
        """A page of a bear's day, as the parents' page reads it; another one each time."""
        self._looked += 1
        child = self._children[self._looked % len(self._children)]
        day = day_of(FIRST_DAY + self._looked * 7919 % self._days * DAY)
        page = await self._models.page(Conversations.name, child.bear, day)
        assert len(turns_of(page)) == TURNS

    def _batch(self, child: _Child, day: int, count: int) -> Delivery:
        first = child.stored + 1
        child.stored += count
        numbers = range(first, first + count)
        pieces = [(_PAYLOADS[number % 2], child.place(number)) for number in numbers]
        sealed = self._seal.seal_all(child.profile, pieces)
        items = [
            Item(child.head(number, day), Purpose.ACTIVITY, child.profile, child.profile, payload)
            for number, payload in zip(numbers, sealed, strict=True)
        ]
        return Delivery(child.bear, EPOCH, Lane.INTERACTION, first, items)


@asynccontextmanager
async def town(server: Server, *, bears: int) -> AsyncIterator[Town]:
    """On this store, which is empty."""
    client = connect(server.url)
    try:
        # The log is written anew in the background whenever it has doubled, which is not what grows here.
        await client.do("CONFIG", "SET", "auto-aof-rewrite-percentage", 0)
        live = RedisEventStore(client=client)
        store = ArchivedEventStore(live=live, archive=MemoryArchive())
        town = Town(
            bears=bears,
            store=store,
            copies=RedisCopies(client=client),
            models=RedisReadModels(client=client),
        )
        await town.move_in()
        yield town
    finally:
        await client.close()


class _Child:
    """A child with its bear; heads are stencils, since writing a million of them is not what is measured."""

    def __init__(self, number: int) -> None:
        self.bear = BearId(f"bear-{number}")
        self.profile = ProfileId(f"child-{number}")
        self.stored = 0
        self._stencils = [_stencil(self.bear, self.profile, event) for event in (_ENDED, _BEGUN)]

    def head(self, number: int, day: int) -> bytes:
        turn, at = (number + 1) // 2, number % (2 * TURNS) * DAY // (2 * TURNS)
        return (
            self._stencils[number % 2]
            .replace(b"%d" % _SEQ, b"%d" % number)
            .replace(b"%d" % _TURN, b"%d" % turn)
            .replace(b"%d" % _WALL, b"%d" % (FIRST_DAY + day * DAY + at))
        )

    def place(self, number: int) -> bytes:
        return f"{self.bear}/{EPOCH}/{int(Lane.INTERACTION)}/{number}".encode()


def _stencil(bear: BearId, profile: ProfileId, event: Event) -> bytes:
    return encode_head(
        Envelope(
            place=Place(bear=bear, epoch=EPOCH, lane=event.label.lane, seq=_SEQ),
            type=event.label.type,
            version=event.label.version,
            kind=event.label.kind,
            purpose=event.label.purpose,
            when=When(boot="boot-1", monotonic_us=1_000_000, wall_ms=_WALL, synchronised=True),
            turn=f"turn-{_TURN}",
            generation=12,
            profile=profile,
        )
    )
