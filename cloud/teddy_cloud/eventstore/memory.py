"""An event store that ends with the process; it keeps the same promises as the real one."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from teddy_cloud.eventstore.memory_letters import MemoryDeadLetters
from teddy_cloud.eventstore.partitions import partition_of
from teddy_cloud.eventstore.store import (
    DeadLetter,
    Delivery,
    Doorbell,
    Entry,
    Item,
    Poison,
    Position,
    order_of,
)
from teddy_cloud.eventstore.withholding import withheld_item
from teddy_shared.clock import Clock, SystemClock
from teddy_shared.envelope import BearId, Lane, Place, ProfileId
from teddy_shared.errors import Conflict
from teddy_shared.purposes import NOTHING_GRANTED, Consent, allows


class MemoryEventStore:
    def __init__(self, *, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._entries: dict[int, list[Entry]] = defaultdict(list)
        self._orders: dict[int, list[tuple[int, int]]] = defaultdict(list)  # beside the entries, to search in
        self._newest: dict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
        self.letters = MemoryDeadLetters(clock=self._clock, append=self._append_redriven)
        self._marks: dict[tuple[BearId, str], dict[Lane, int]] = defaultdict(dict)
        self._permits: dict[BearId, tuple[Consent, frozenset[ProfileId]]] = {}
        self._bells: set[_Bell] = set()
        self._archive_name: str | None = None

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
        return self._append(bear, epoch, lane, first, items, covers)

    def _append(
        self,
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
        fresh = items if covers > 1 else items[mark + 1 - first :]
        for number, item in enumerate(fresh, last - len(fresh) + 1):
            self._store(Place(bear=bear, epoch=epoch, lane=lane, seq=number), partition, item)
        marks[lane] = last
        for bell in self._bells:
            bell.ring(partition)
        return last

    async def append_all(self, deliveries: Sequence[Delivery]) -> Sequence[int]:
        return [
            self._append(each.bear, each.epoch, each.lane, each.first, each.items, each.covers)
            for each in deliveries
        ]

    async def append_expected(
        self, *, subject: BearId, stream: str, lane: Lane, expected: int, items: Sequence[Item]
    ) -> int:
        return self._append_expected(subject, stream, lane, expected, items)

    def _append_expected(
        self, subject: BearId, stream: str, lane: Lane, expected: int, items: Sequence[Item]
    ) -> int:
        found = self._marks[subject, stream].get(lane, 0)
        if found != expected:
            raise Conflict(f"{stream} of {subject}", expected, found)
        return self._append(subject, stream, lane, expected + 1, items)

    def _append_redriven(self, place: Place, item: Item) -> None:
        self._append_expected(BearId(place.bear), place.epoch, place.lane, place.seq - 1, [item])

    async def read(self, partition: int, after: Position, count: int) -> Sequence[Entry]:
        start = bisect_right(self._orders[partition], order_of(after))
        return self._entries[partition][start : start + count]

    async def read_many(self, places: Mapping[int, Position], count: int) -> Mapping[int, Sequence[Entry]]:
        found = {partition: await self.read(partition, after, count) for partition, after in places.items()}
        return {partition: entries for partition, entries in found.items() if entries}

    async def marks(self, bear: BearId, epoch: str) -> Mapping[Lane, int]:
        return dict(self._marks[bear, epoch])

    async def marks_of(self, sources: Sequence[tuple[BearId, str]]) -> Sequence[Mapping[Lane, int]]:
        return [await self.marks(bear, epoch) for bear, epoch in sources]

    async def permit(self, bear: BearId, *, consent: Consent, profiles: frozenset[ProfileId]) -> None:
        self._permits[bear] = (consent, profiles)

    def granted(self, bear: BearId) -> Consent:
        """What may be stored of this bear's child now."""
        return self._permits.get(bear, (NOTHING_GRANTED, frozenset()))[0]

    async def bury(
        self, bear: BearId, *, reason: str, size: int, sealed: bytes, lane: Lane | None = None
    ) -> None:
        kept = sealed if self.granted(bear) else b""
        self.letters.bury(partition_of(bear), bear, reason, size, kept, lane=lane)

    async def bury_stored(
        self,
        partition: int,
        position: Position,
        *,
        bear: BearId,
        reason: str,
        size: int,
        place: Place | None = None,
    ) -> None:
        if not self.letters.at(partition, position):
            self.letters.bury(partition, bear, reason, size, b"", place=place, position=position)

    async def dead_letters(self, partition: int) -> Sequence[DeadLetter]:
        return [letter async for letter in self.letters.each(partition)]

    async def archive_name(self) -> str | None:
        return self._archive_name

    async def name_archive(self, name: str, *, anew: bool = False) -> str:
        if self._archive_name is None or anew:
            self._archive_name = name
        return self._archive_name

    async def trim(self, partition: int, last: Position) -> None:
        kept = bisect_right(self._orders[partition], order_of(last))
        del self._orders[partition][:kept]
        del self._entries[partition][:kept]

    @asynccontextmanager
    async def doorbell(self) -> AsyncIterator[Doorbell]:
        bell = _Bell()
        self._bells.add(bell)
        try:
            yield bell
        finally:
            self._bells.remove(bell)

    def _store(self, place: Place, partition: int, item: Item | Poison) -> None:
        bear = BearId(place.bear)
        consent, profiles = self._permits.get(bear, (NOTHING_GRANTED, frozenset()))
        if isinstance(item, Item) and not (
            allows(consent, item.purpose) and item.profile in (None, *profiles)
        ):
            item = withheld_item(item)
        match item:
            case Poison(reason, sealed):
                kept = sealed if consent else b""
                self.letters.bury(partition, bear, reason, len(sealed), kept, place=place)
            case Item():
                self._put(partition, item)

    def _put(self, partition: int, item: Item) -> None:
        now, newest = int(self._clock.wall() * 1000), self._newest[partition]
        order = (now, 0) if now > newest[0] else (newest[0], newest[1] + 1)
        self._newest[partition] = order
        self._orders[partition].append(order)
        entry = Entry(Position(f"{order[0]}-{order[1]}"), item.head, item.owner, item.sealed)
        self._entries[partition].append(entry)


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
