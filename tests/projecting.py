"""A store of events and its read models on a real server, and what they should come to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from teddy_cloud.eventstore.redis import RedisEventStore
from teddy_cloud.eventstore.store import EventStore, Item
from teddy_cloud.projections.bears import STATE, Bears, state_of
from teddy_cloud.projections.conversations import Conversations, day_of
from teddy_cloud.projections.copies import Copies
from teddy_cloud.projections.memory import MemoryReadModels
from teddy_cloud.projections.projection import Projection
from teddy_cloud.projections.projector import Projector
from teddy_cloud.projections.readmodels import ReadModels
from teddy_cloud.projections.rebuilding import Rebuilder
from teddy_cloud.projections.redis import RedisReadModels
from teddy_cloud.projections.redis_copies import RedisCopies
from teddy_cloud.settings import Settings, key_file, master_key
from teddy_cloud.storage.client import StoreClient, connect
from teddy_shared.clock import SystemChance, SystemClock
from teddy_shared.codec import encode_head
from teddy_shared.envelope import BearId, Envelope, withheld
from teddy_shared.events import Event, to_bytes
from teddy_shared.purposes import Purpose
from teddy_shared.seal import ChaChaSeal, FileKeyRing, KeyRing, MemoryKeyRing
from tests.cloud_bear import SECONDS, begun, ended, head_of

NOON: Final = 1_788_264_000_000  # 2026-09-01, 12:00 UTC
OWNER: Final = "everybody"  # whose key seals all of it
DAY: Final = day_of(NOON)
PROJECTIONS: Final[Sequence[Projection]] = (Conversations(), Bears())

Recorded = tuple[Envelope, Event | None]
Pages = dict[tuple[str, BearId], Mapping[str, bytes]]


@dataclass(frozen=True, slots=True)
class Cloud:
    client: StoreClient
    store: EventStore
    models: ReadModels
    copies: RedisCopies
    seal: ChaChaSeal

    def projector(self, copies: Copies | None = None) -> Projector:
        return Projector(
            projections=PROJECTIONS,
            store=self.store,
            copies=copies or self.copies,
            seal=self.seal,
            clock=SystemClock(),
            chance=SystemChance(),
        )

    def rebuilder(self) -> Rebuilder:
        return Rebuilder(
            projections=PROJECTIONS,
            store=self.store,
            copies=self.copies,
            rebuilds=self.copies,
            seal=self.seal,
            clock=SystemClock(),
            chance=SystemChance(),
        )

    async def append(self, *recorded: Recorded) -> None:
        """Each as a batch of its own."""
        for head, event in recorded:
            place = head.place
            payload = b"{}" if event is None else to_bytes(event)
            sealed = await asyncio.to_thread(self.seal.seal, OWNER, payload, place.bytes())
            item = Item(encode_head(head), Purpose.DEVICE, None, OWNER, sealed)
            await self.store.append_batch(
                bear=BearId(place.bear), epoch=place.epoch, lane=place.lane, first=place.seq, items=[item]
            )

    async def pages(self, bears: Sequence[BearId], models: ReadModels | None = None) -> Pages:
        """What readers find about these bears."""
        seen = models or self.models
        wanted = [(Conversations.name, DAY), (Bears.name, STATE)]
        return {(model, bear): await seen.page(model, bear, page) for bear in bears for model, page in wanted}

    async def replayed(self, bears: Sequence[BearId]) -> Pages:
        """What they should find: everything that is stored, applied once more, in memory."""
        models = MemoryReadModels()
        await self.projector(models).catch_up()
        return await self.pages(bears, models)

    async def counted(self, bear: BearId) -> int:
        """What was withheld, as readers see it."""
        return state_of(await self.models.page(Bears.name, bear, STATE)).withheld

    async def turns(self, bear: BearId) -> int:
        return len(await self.models.page(Conversations.name, bear, DAY))

    async def until_turns(self, bear: BearId, count: int) -> None:
        await until(lambda: self._has_turns(bear, count))

    async def _has_turns(self, bear: BearId, count: int) -> bool:
        return await self.turns(bear) == count


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(SECONDS):
        while not await condition():  # noqa: ASYNC110  # what is watched lies behind a real socket
            await asyncio.sleep(0.01)


@asynccontextmanager
async def following(cloud: Cloud, projectors: int = 1) -> AsyncIterator[None]:
    """So many projectors run side by side while the block does."""
    async with asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(cloud.projector().run(), name=f"projector-{number}")
            for number in range(projectors)
        ]
        yield
        for each in running:
            each.cancel()


@asynccontextmanager
async def cloud_on(url: str, data: Path | None = None) -> AsyncIterator[Cloud]:
    """With keys in memory, or in files that other processes may read."""
    keys = await asyncio.to_thread(_keys, data)
    client = connect(url)
    seal = ChaChaSeal(keys=keys, chance=SystemChance())
    try:
        yield Cloud(
            client,
            RedisEventStore(client=client),
            RedisReadModels(client=client),
            RedisCopies(client=client),
            seal,
        )
    finally:
        await client.close()


def _keys(data: Path | None) -> KeyRing:
    keys: KeyRing
    if data is None:
        keys = MemoryKeyRing(chance=SystemChance())
    else:
        where = Settings(data=data)
        keys = FileKeyRing(path=key_file(where), master=master_key(where), chance=SystemChance())
    keys.create(OWNER)
    return keys


def turn(bear: BearId, number: int, topic: str = "bees") -> list[Recorded]:
    """Its beginning, its end, and something that was withheld: that is counted, so that once is not twice."""
    name, seq = f"turn-{number}", 3 * number - 2
    return [
        (head_of(begun(), seq, bear=bear, turn=name, wall_ms=NOON, profile=None), begun()),
        (head_of(ended(topic), seq + 1, bear=bear, turn=name, wall_ms=NOON, profile=None), ended(topic)),
        (withheld(head_of(begun(), seq + 2, bear=bear, wall_ms=NOON)), None),
    ]
