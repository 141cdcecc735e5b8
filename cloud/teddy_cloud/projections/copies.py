"""Read models as projectors write them: two copies of each, of which readers see one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final, Protocol

from teddy_cloud.eventstore.store import Position
from teddy_cloud.projections.readmodels import Cell
from teddy_shared.envelope import BearId, Lane

HELD: Final = 100  # steps that are refused while a rebuild catches up, at most: some tenths of a second


class Copy(StrEnum):
    """Which of the two. A rebuild makes the other one anew, beside the one that readers see."""

    A = "a"
    B = "b"

    @property
    def other(self) -> Copy:
        return Copy.B if self is Copy.A else Copy.A


class Showing(IntEnum):
    """What came of letting readers see a copy."""

    GONE = -1  # it is somebody else's: of another rebuild, or shown already
    BEHIND = 0  # the one that readers see has got farther
    SHOWN = 1


@dataclass(frozen=True, slots=True)
class Source:
    """Where numbers count without gaps."""

    bear: BearId
    epoch: str
    lane: Lane


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a copy of a read model has got in a partition."""

    model: str
    partition: int
    copy: Copy
    shown: bool  # whether it is the one that readers see
    position: Position

    def moved_to(self, position: Position) -> Standing:
        return Standing(self.model, self.partition, self.copy, self.shown, position)


@dataclass(frozen=True, slots=True)
class Question:
    """What to look up in a copy before a step is made."""

    at: Standing
    sources: Collection[Source]
    cells: Collection[Cell]


@dataclass(frozen=True, slots=True)
class Known:
    """What a copy holds of what was asked; what it does not have is left out."""

    applied: Mapping[Source, int]  # the highest number of each source that is in the cells
    cells: Mapping[Cell, bytes]


@dataclass(frozen=True, slots=True)
class Step:
    """What a projection makes of a stretch of a partition: all of it in one write, or nothing."""

    at: Standing
    after: Position
    cells: Mapping[Cell, bytes]
    applied: Mapping[Source, int]
    archived: bool = False  # whether the event at `after` lies in the archive


class Copies(Protocol):
    """All of it may raise LinkError while the store is away."""

    async def standing(self, models: Iterable[str], partitions: Iterable[int]) -> Sequence[Standing]:
        """How far the copies that readers see have got; a new one stands at the beginning."""

    async def known(self, questions: Sequence[Question]) -> Sequence[Known]: ...

    async def write(self, steps: Sequence[Step]) -> Sequence[bool]:
        """Which steps were taken. Nothing of a step is written

        - where its copy is no longer at `step.at`, or is no longer the one that readers see (or do not);
        - where a rebuild holds it, for a moment;
        - where the event at `step.after` is neither archived nor stored: it was read before the store lost
          its tail, and a read model must not know more than the store.

        Of the copy that readers see, tells whose pages changed.
        """


class Rebuilds(Protocol):
    """Making the other copy. A rebuild has an id, so that one that broke off goes on where it was."""

    async def open(self, model: str, fresh: str) -> str:
        """The id of the rebuild that is under way; `fresh` where there is none."""

    async def forget(self, model: str) -> None:
        """No rebuild is under way any more; the next one begins at the beginning."""

    async def begin(self, model: str, rebuild: str, partitions: Iterable[int]) -> Sequence[Standing]:
        """Where the other copy stands in those partitions that this rebuild has not finished.

        What another rebuild left in it is gone.
        """

    async def show(self, rebuild: str, standings: Sequence[Standing]) -> Sequence[Showing]:
        """Let readers see these copies from now on, and forget the others.

        Where one is behind, the one that readers see is held: its next HELD steps are refused, so that the
        rebuild can catch up with one that moves with every event.
        """
