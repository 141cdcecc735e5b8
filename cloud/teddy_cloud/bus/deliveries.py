"""What the event bus asks of the store: entries in the hands of a group's workers until they are settled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from teddy_cloud.eventstore.store import Entry, Position
from teddy_shared.envelope import BearId

LETTERS: Final = 1000  # dead letters kept in a partition, about; older ones give way


@dataclass(frozen=True, slots=True)
class Delivery:
    """An entry in the hand of one worker of a group."""

    partition: int
    entry: Entry
    tries: int  # how often it was handed out, this time included


@dataclass(frozen=True, slots=True)
class Grave:
    """What is to be known of a delivery that is given up. Never what the event says."""

    bear: BearId
    type: str
    reason: str
    tries: int
    wall_ms: int


@dataclass(frozen=True, slots=True)
class Letter:
    """A delivery that was given up; its event still lies in the stream."""

    id: str
    group: str
    partition: int
    position: Position
    grave: Grave


class Deliveries(Protocol):
    """A new group begins with the oldest event. All of it may raise LinkError."""

    async def fetch(
        self, group: str, worker: str, partitions: Iterable[int], count: int
    ) -> Sequence[Delivery]:
        """Entries that nobody of the group had yet, at most `count` of each partition."""

    async def again(
        self, group: str, worker: str, partition: int, position: Position, *, tries: int
    ) -> Delivery | None:
        """One of this worker's own once more, as try number `tries`; None where it is not its own now."""

    async def claim(self, group: str, worker: str, *, idle: float, count: int) -> Sequence[Delivery]:
        """What lay in some hand for so many seconds, its worker being dead, is in this one now."""

    async def settle(self, group: str, done: Iterable[tuple[int, Position]]) -> None:
        """They are never handed out again."""

    async def bury(self, group: str, delivery: Delivery, grave: Grave) -> None:
        """Settled, and a dead letter, in one go."""

    async def letters(self) -> Sequence[Letter]:
        """Of all groups, by partition, oldest first."""

    async def redrive(self, letter: Letter) -> bool:
        """Hand it out once more, as if it were new. False where its event is no longer in the stream."""
