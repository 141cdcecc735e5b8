"""An archive that ends with the process; it keeps the same promises as the real one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager

from teddy_cloud.eventstore.archive.segments import Segment
from teddy_cloud.eventstore.store import Entry, order_of


class MemoryArchive:
    def __init__(self) -> None:
        self._held: dict[Segment, tuple[int, Sequence[Entry]]] = {}
        self._aside = 0
        self._taken = False
        self._name: str | None = None

    async def segments(self, partitions: Collection[int]) -> Mapping[int, Sequence[Segment]]:
        held = sorted(self._held, key=lambda segment: order_of(segment.first))
        found = {each: [segment for segment in held if segment.partition == each] for each in partitions}
        return {partition: segments for partition, segments in found.items() if segments}

    async def load(self, segment: Segment) -> Sequence[Entry]:
        return self._held.get(segment, (0, ()))[1]

    async def put(self, segment: Segment, entries: Sequence[Entry], *, ends_ms: int) -> None:
        self._held[segment] = (ends_ms, tuple(entries))

    async def ends_ms(self, segment: Segment) -> int:
        return self._held[segment][0]

    async def remove(self, segment: Segment) -> None:
        self._held.pop(segment, None)

    async def set_aside(self, segment: Segment) -> None:
        self._held.pop(segment, None)
        self._aside += 1

    async def damaged(self) -> int:
        return self._aside

    async def name(self) -> str | None:
        return self._name

    async def call_it(self, name: str) -> None:
        self._name = name

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[bool]:
        free, self._taken = not self._taken, True
        try:
            yield free
        finally:
            self._taken = not free
