"""Read models as readers see them: cells on pages, and a word when they change."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from teddy_shared.envelope import BearId


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a read model. A page is what is read in one go, such as a day of a bear."""

    bear: BearId
    page: str
    line: str


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

    async def page(self, model: str, bear: BearId, page: str) -> Mapping[str, bytes]:
        """Its lines."""

    async def cells(self, model: str, cells: Iterable[Cell]) -> Mapping[Cell, bytes]:
        """The values of those that have one."""

    async def pages(self, model: str, bear: BearId) -> Collection[str]:
        """The names of those that this bear has, in a copy that is being made too."""

    async def erase(self, model: str, bear: BearId, pages: Collection[str]) -> int:
        """Take pages away, out of a copy that is being made too; how many readers could see.

        A projector that has read their events already may write them once more. Tells that they changed.
        """

    def notices(self, bear: BearId) -> AbstractAsyncContextManager[Notices]: ...

    def every_notice(self) -> AbstractAsyncContextManager[EveryNotice]: ...
