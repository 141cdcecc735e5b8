"""Read models that end with the process; they keep the same promises as the real ones."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from teddy_cloud.eventstore.partitions import partition_of
from teddy_cloud.eventstore.store import BEGINNING, EventStore, Position, before, order_of
from teddy_cloud.projections.copies import HELD, Copy, Known, Question, Showing, Source, Standing, Step
from teddy_cloud.projections.readmodels import Cell, EveryNotice, Notices
from teddy_shared.envelope import BearId


@dataclass
class _Held:
    """A copy of a model in a partition."""

    position: Position = BEGINNING
    cells: dict[Cell, bytes] = field(default_factory=dict)
    applied: dict[Source, int] = field(default_factory=dict)


class MemoryReadModels:
    """Fits ReadModels, Copies and Rebuilds. Without a store it takes it that everything read is stored."""

    def __init__(self, store: EventStore | None = None) -> None:
        self._store = store
        self._held: dict[tuple[str, int, Copy], _Held] = defaultdict(_Held)
        self._shown: dict[tuple[str, int], Copy] = defaultdict(lambda: Copy.A)
        self._rebuilds: dict[str, str] = {}
        self._making: dict[tuple[str, int], str] = {}
        self._made: dict[tuple[str, int], str] = {}
        self._held_back: dict[tuple[str, int], int] = defaultdict(int)  # steps to refuse
        self._notices: dict[BearId, set[asyncio.Event]] = defaultdict(set)
        self._every: set[_MemoryEveryNotice] = set()

    async def standing(self, models: Iterable[str], partitions: Iterable[int]) -> Sequence[Standing]:
        return [self._standing(model, place) for place in partitions for model in models]

    async def known(self, questions: Sequence[Question]) -> Sequence[Known]:
        return [
            Known(
                {each: held.applied[each] for each in question.sources if each in held.applied},
                {each: held.cells[each] for each in question.cells if each in held.cells},
            )
            for question in questions
            for held in [self._of(question.at)]
        ]

    async def write(self, steps: Sequence[Step]) -> Sequence[bool]:
        return [await self._write(step) for step in steps]

    async def open(self, model: str, fresh: str) -> str:
        return self._rebuilds.setdefault(model, fresh)

    async def forget(self, model: str) -> None:
        self._rebuilds.pop(model, None)

    async def begin(self, model: str, rebuild: str, partitions: Iterable[int]) -> Sequence[Standing]:
        standings = []
        for place in (each for each in partitions if self._made.get((model, each)) != rebuild):
            copy = self._shown[model, place].other
            if self._making.get((model, place)) != rebuild:
                self._making[model, place] = rebuild
                self._held.pop((model, place, copy), None)
            position = self._held[model, place, copy].position
            standings.append(Standing(model, place, copy, shown=False, position=position))
        return standings

    async def show(self, rebuild: str, standings: Sequence[Standing]) -> Sequence[Showing]:
        return [await self._show(rebuild, each) for each in standings]

    async def page(self, model: str, bear: BearId, page: str) -> Mapping[str, bytes]:
        cells = self._seen(model, bear).cells.items()
        return {cell.line: value for cell, value in cells if (cell.bear, cell.page) == (bear, page)}

    async def cells(self, model: str, cells: Iterable[Cell]) -> Mapping[Cell, bytes]:
        found = {cell: self._seen(model, cell.bear).cells.get(cell) for cell in cells}
        return {cell: value for cell, value in found.items() if value is not None}

    async def pages(self, model: str, bear: BearId) -> Collection[str]:
        copies = (self._held[model, partition_of(bear), copy] for copy in Copy)
        return {cell.page for each in copies for cell in each.cells if cell.bear == bear}

    async def erase(self, model: str, bear: BearId, pages: Collection[str]) -> int:
        seen = len({cell.page for cell in self._seen(model, bear).cells if cell.bear == bear} & {*pages})
        for copy in Copy:
            cells = self._held[model, partition_of(bear), copy].cells
            for cell in [each for each in cells if each.bear == bear and each.page in pages]:
                del cells[cell]
        self._tell([bear])
        return seen

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

    async def _write(self, step: Step) -> bool:
        held, at = self._of(step.at), step.at
        if held.position != at.position or (self._shown[at.model, at.partition] is at.copy) != at.shown:
            return False
        if at.shown and self._held_back[at.model, at.partition] > 0:
            self._held_back[at.model, at.partition] -= 1
            return False
        if not (step.archived or await self._is_stored(at.partition, step.after)):
            return False
        held.position = step.after
        held.cells.update(step.cells)
        held.applied.update(step.applied)
        if at.shown:
            self._tell(cell.bear for cell in step.cells)
        return True

    async def _show(self, rebuild: str, at: Standing) -> Showing:
        place = (at.model, at.partition)
        own, seen = self._of(at), self._held[(*place, at.copy.other)]
        if self._making.get(place) != rebuild or own.position != at.position:
            return Showing.GONE
        if order_of(seen.position) > order_of(own.position):
            self._held_back[place] = HELD
            return Showing.BEHIND
        self._shown[place] = at.copy
        self._made[place] = self._making.pop(place)
        self._held_back.pop(place, None)
        self._tell(cell.bear for cell in self._held.pop((*place, at.copy.other)).cells)
        return Showing.SHOWN

    async def _is_stored(self, partition: int, position: Position) -> bool:
        if self._store is None:
            return True
        found = await self._store.read(partition, before(position), 1)
        return any(each.position == position for each in found)

    def _of(self, at: Standing) -> _Held:
        return self._held[at.model, at.partition, at.copy]

    def _seen(self, model: str, bear: BearId) -> _Held:
        place = (model, partition_of(bear))
        return self._held[(*place, self._shown[place])]

    def _standing(self, model: str, partition: int) -> Standing:
        copy = self._shown[model, partition]
        return Standing(
            model, partition, copy, shown=True, position=self._held[model, partition, copy].position
        )

    def _tell(self, bears: Iterable[BearId]) -> None:
        for bear in set(bears):
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
