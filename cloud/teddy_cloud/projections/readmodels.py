"""Where read models are kept: cells on pages, with the checkpoint in the same write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from teddy_cloud.eventstore.store import Position
from teddy_shared.envelope import BearId, Lane


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a read model. A page is what is read in one go, such as a day of a bear."""

    bear: BearId
    page: str
    line: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where numbers count without gaps."""

    bear: BearId
    epoch: str
    lane: Lane


@dataclass(frozen=True, slots=True)
class Step:
    """What a projection does with a stretch of a partition: all of it in one write, or nothing."""

    partition: int
    before: Position
    after: Position
    cells: Mapping[Cell, bytes]
    applied: Mapping[Source, int]  # the highest number of each source that is now in the cells


class Notices(Protocol):
    """Tells that a bear's pages changed."""

    async def changed(self, seconds: float) -> bool:
        """True as soon as they did, False after so many seconds. Raises LinkError."""


class EveryNotice(Protocol):
    """Tells whose pages changed."""

    async def changed(self, seconds: float) -> frozenset[BearId]:
        """Some as soon as there are, none after so many seconds. Raises LinkError where one is missing."""


class ReadModels(Protocol):
    """All of it may raise LinkError while the store is away."""

    async def checkpoints(self, projection: str) -> Mapping[int, Position]:
        """How far the projection got in each partition; a new one stands at the beginning."""

    async def cells(self, projection: str, cells: Iterable[Cell]) -> Mapping[Cell, bytes]:
        """The values of those that have one."""

    async def applied(self, projection: str, sources: Iterable[Source]) -> Mapping[Source, int]: ...

    async def write(self, projection: str, step: Step) -> bool:
        """False, and nothing written, where the checkpoint is no longer at `step.before`."""

    async def page(self, projection: str, bear: BearId, page: str) -> Mapping[str, bytes]:
        """Its lines."""

    async def drop(self, projection: str) -> None:
        """Forget all of it, checkpoints included, so that it is made anew."""

    def notices(self, bear: BearId) -> AbstractAsyncContextManager[Notices]: ...

    def every_notice(self) -> AbstractAsyncContextManager[EveryNotice]: ...
