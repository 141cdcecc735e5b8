"""An event store that ends with the process; it keeps the same promises as the real one."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from teddy_cloud.eventstore.partitions import partition_of
from teddy_cloud.eventstore.store import (
    DEAD_LETTERS,
    DeadLetter,
    Doorbell,
    Entry,
    Item,
    Poison,
    Position,
)
from teddy_cloud.eventstore.withholding import withheld_item
from teddy_shared.envelope import BearId, Lane, ProfileId
from teddy_shared.errors import Conflict
from teddy_shared.purposes import NOTHING_GRANTED, Consent, allows


class MemoryEventStore:
    def __init__(self) -> None:
        self._entries: dict[int, list[Entry]] = defaultdict(list)
        self._dead: dict[int, deque[DeadLetter]] = defaultdict(lambda: deque(maxlen=DEAD_LETTERS))
        self._marks: dict[tuple[BearId, str], dict[Lane, int]] = defaultdict(dict)
        self._permits: dict[BearId, tuple[Consent, frozenset[ProfileId]]] = {}
        self._bells: set[_Bell] = set()

    async def append_batch(
        self,
        *,
        bear: BearId,
        epoch: str,
        lane: Lane,
        first: int,
        items: Sequence[Item | Poison],
        covers: int = 1,
    ) -> int:
        marks, partition = self._marks[bear, epoch], partition_of(bear)
        mark, last = marks.get(lane, 0), first + max(len(items), covers) - 1
        if not first <= mark + 1 <= last:
            return mark
        for item in items if covers > 1 else items[mark + 1 - first :]:
            self._store(bear, partition, item)
        marks[lane] = last
        for bell in self._bells:
            bell.ring(partition)
        return last

    async def append_expected(
        self, *, subject: BearId, stream: str, lane: Lane, expected: int, items: Sequence[Item]
    ) -> int:
        found = self._marks[subject, stream].get(lane, 0)
        if found != expected:
            raise Conflict(f"{stream} of {subject}", expected, found)
        return await self.append_batch(bear=subject, epoch=stream, lane=lane, first=expected + 1, items=items)

    async def read(self, partition: int, after: Position, count: int) -> Sequence[Entry]:
        start = _number(after)
        return self._entries[partition][start : start + count]

    async def read_many(self, places: Mapping[int, Position], count: int) -> Mapping[int, Sequence[Entry]]:
        found = {partition: await self.read(partition, after, count) for partition, after in places.items()}
        return {partition: entries for partition, entries in found.items() if entries}

    async def marks(self, bear: BearId, epoch: str) -> Mapping[Lane, int]:
        return dict(self._marks[bear, epoch])

    async def permit(self, bear: BearId, *, consent: Consent, profiles: frozenset[ProfileId]) -> None:
        self._permits[bear] = (consent, profiles)

    def granted(self, bear: BearId) -> Consent:
        """What may be stored of this bear's child now."""
        return self._permits.get(bear, (NOTHING_GRANTED, frozenset()))[0]

    async def bury(self, bear: BearId, *, reason: str, size: int, sealed: bytes) -> None:
        consent, _ = self._permits.get(bear, (NOTHING_GRANTED, frozenset()))
        kept = sealed if consent else b""
        self._dead[partition_of(bear)].append(DeadLetter(bear, reason, size, kept))

    async def dead_letters(self, partition: int) -> Sequence[DeadLetter]:
        return list(self._dead[partition])

    @asynccontextmanager
    async def doorbell(self) -> AsyncIterator[Doorbell]:
        bell = _Bell()
        self._bells.add(bell)
        try:
            yield bell
        finally:
            self._bells.remove(bell)

    def _store(self, bear: BearId, partition: int, item: Item | Poison) -> None:
        consent, profiles = self._permits.get(bear, (NOTHING_GRANTED, frozenset()))
        if isinstance(item, Item) and not (
            allows(consent, item.purpose) and item.profile in (None, *profiles)
        ):
            item = withheld_item(item)
        match item:
            case Poison(reason, sealed):
                kept = sealed if consent else b""
                self._dead[partition].append(DeadLetter(bear, reason, len(sealed), kept))
            case Item():
                entries = self._entries[partition]
                position = Position(f"{len(entries) + 1}-0")
                entries.append(Entry(position, item.head, item.owner, item.sealed))


class _Bell:
    def __init__(self) -> None:
        self._rung: set[int] = set()  # bounded by the number of partitions
        self._event = asyncio.Event()

    def ring(self, partition: int) -> None:
        self._rung.add(partition)
        self._event.set()

    async def rung(self, seconds: float) -> frozenset[int]:
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return frozenset()
        rung = frozenset(self._rung)
        self._rung.clear()
        self._event.clear()
        return rung


def _number(position: Position) -> int:
    return int(position.split("-")[0])
