"""Read models that end with the process; they keep the same promises as the real ones."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager

from teddy_cloud.eventstore.partitions import PARTITIONS
from teddy_cloud.eventstore.store import BEGINNING, Position
from teddy_cloud.projections.readmodels import Cell, EveryNotice, Notices, Source, Step
from teddy_shared.envelope import BearId


class MemoryReadModels:
    def __init__(self) -> None:
        self._checkpoints: dict[tuple[str, int], Position] = {}
        self._cells: dict[str, dict[Cell, bytes]] = defaultdict(dict)
        self._applied: dict[str, dict[Source, int]] = defaultdict(dict)
        self._notices: dict[BearId, set[asyncio.Event]] = defaultdict(set)
        self._every: set[_MemoryEveryNotice] = set()

    async def checkpoints(self, projection: str) -> Mapping[int, Position]:
        return {each: self._checkpoints.get((projection, each), BEGINNING) for each in range(PARTITIONS)}

    async def cells(self, projection: str, cells: Iterable[Cell]) -> Mapping[Cell, bytes]:
        kept = self._cells[projection]
        return {cell: kept[cell] for cell in cells if cell in kept}

    async def applied(self, projection: str, sources: Iterable[Source]) -> Mapping[Source, int]:
        kept = self._applied[projection]
        return {source: kept[source] for source in sources if source in kept}

    async def write(self, projection: str, step: Step) -> bool:
        place = (projection, step.partition)
        if self._checkpoints.get(place, BEGINNING) != step.before:
            return False
        self._checkpoints[place] = step.after
        self._cells[projection].update(step.cells)
        self._applied[projection].update(step.applied)
        for bear in {cell.bear for cell in step.cells}:
            self._notify(bear)
        return True

    async def page(self, projection: str, bear: BearId, page: str) -> Mapping[str, bytes]:
        cells = self._cells[projection].items()
        return {cell.line: value for cell, value in cells if (cell.bear, cell.page) == (bear, page)}

    async def drop(self, projection: str) -> None:
        self._cells.pop(projection, None)
        self._applied.pop(projection, None)
        self._checkpoints = {key: at for key, at in self._checkpoints.items() if key[0] != projection}

    @asynccontextmanager
    async def notices(self, bear: BearId) -> AsyncIterator[Notices]:
        notice = asyncio.Event()
        self._notices[bear].add(notice)
        try:
            yield _MemoryNotices(notice)
        finally:
            self._notices[bear].remove(notice)

    @asynccontextmanager
    async def every_notice(self) -> AsyncIterator[EveryNotice]:
        every = _MemoryEveryNotice()
        self._every.add(every)
        try:
            yield every
        finally:
            self._every.remove(every)

    def _notify(self, bear: BearId) -> None:
        for notice in self._notices[bear]:
            notice.set()
        for every in self._every:
            every.take(bear)


class _MemoryNotices:
    def __init__(self, notice: asyncio.Event) -> None:
        self._notice = notice

    async def changed(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._notice.wait()
        except TimeoutError:
            return False
        self._notice.clear()
        return True


class _MemoryEveryNotice:
    def __init__(self) -> None:
        self._bears: set[BearId] = set()  # bounded by the number of bears
        self._news = asyncio.Event()

    def take(self, bear: BearId) -> None:
        self._bears.add(bear)
        self._news.set()

    async def changed(self, seconds: float) -> frozenset[BearId]:
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return frozenset()
        bears = frozenset(self._bears)
        self._bears.clear()
        self._news.clear()
        return bears
