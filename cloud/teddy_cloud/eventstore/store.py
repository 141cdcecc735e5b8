"""What the cloud asks of its event store, in its own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Final, NamedTuple, NewType, Protocol

from teddy_shared.envelope import BearId, Lane, Place, ProfileId
from teddy_shared.purposes import Consent, Purpose

Position = NewType("Position", str)
"""Where in a partition a reader stands: `milliseconds-number`, by the clock of the store that wrote it."""

BEGINNING: Final = Position("0-0")
DEAD_LETTERS: Final = 1000  # kept in a partition; older ones give way, and are counted


def order_of(position: Position) -> tuple[int, int]:
    """What positions are compared by; as text they do not sort. The first is when it was stored, in ms."""
    milliseconds, number = position.split("-")
    return int(milliseconds), int(number)


def before(position: Position) -> Position:
    """The last position that is not this one: what is read behind it begins with this one."""
    milliseconds, number = order_of(position)
    if number > 0:
        return Position(f"{milliseconds}-{number - 1}")
    return Position(f"{milliseconds - 1}-{2**64 - 1}") if milliseconds > 0 else position


class Item(NamedTuple):  # made for each event at the door: a third of the cost of a frozen dataclass
    """An event on its way into the store."""

    head: bytes
    purpose: Purpose  # what the family must have granted; else a stand-in is stored, see withholding.py
    profile: ProfileId | None  # whom the event is about; None for the device
    owner: str  # whose key sealed the payload
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Poison:
    """An event that cannot be read: it goes to the dead letters, and its number counts as stored."""

    reason: str
    sealed: bytes  # under the bear's own key; dropped where the family has granted nothing


@dataclass(frozen=True, slots=True)
class Delivery:
    """Consecutive events of one lane of one bear on their way into the store, from number `first` on."""

    bear: BearId
    epoch: str
    lane: Lane
    first: int
    items: Sequence[Item | Poison]
    covers: int = 1  # numbers that its one item stands for

    @property
    def last(self) -> int:
        return self.first + max(len(self.items), self.covers) - 1


@dataclass(frozen=True, slots=True)
class Entry:
    """A stored event."""

    position: Position
    head: bytes
    owner: str
    sealed: bytes
    archived: bool = field(default=False, compare=False)  # out of reach of a store that loses its tail


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """What could not be read, kept for a person to look at."""

    id: str  # partition-milliseconds-number
    bear: BearId
    reason: str  # why it is dead, as it was found when it was last looked at
    size: int
    sealed: bytes  # empty where nothing may be kept, and for what lies in the store
    lane: Lane | None = None  # of a whole batch, by its topic
    place: Place | None = None  # of an event, where it is known
    position: Position | None = None  # where a stored event lies that could not be opened

    @property
    def partition(self) -> int:
        return int(self.id.split("-")[0])

    @property
    def wall_ms(self) -> int:
        """When it was put aside, by the store's clock."""
        return int(self.id.split("-")[1])


class Doorbell(Protocol):
    """Tells that something was appended. May miss a ring, so readers also look by themselves."""

    async def rung(self, seconds: float) -> frozenset[int]:
        """The partitions that rang, as soon as one did; empty after so many seconds. Raises LinkError."""


class EventStore(Protocol):
    """All of it may raise LinkError while the store is away."""

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
        """Store consecutive events from number `first` on, at once or not at all; give the new mark.

        What is below the mark is there already. Behind a gap nothing is stored, and the mark says so.
        A purpose that is not granted, or a profile that is not the bear's, leaves only the stand-in.
        One item may cover many numbers: it stands at the last of them, and is stored unless the mark is
        there already.
        """

    async def append_all(self, deliveries: Sequence[Delivery]) -> Sequence[int]:
        """Many batches in one go, each for itself as by `append_batch`; the new mark of each.

        Of two of one lane the second may be answered as if it came before the first, with a low mark.
        """

    async def append_expected(
        self, *, subject: BearId, stream: str, lane: Lane, expected: int, items: Sequence[Item]
    ) -> int:
        """Append to a stream of the cloud's own, whose epoch `stream` is; give the new version.

        Raises Conflict, and nothing is stored, where the stream is not at version `expected`.
        """

    async def read(self, partition: int, after: Position, count: int) -> Sequence[Entry]: ...

    async def read_many(self, places: Mapping[int, Position], count: int) -> Mapping[int, Sequence[Entry]]:
        """Read many partitions in one go; those with nothing new are left out."""

    async def marks(self, bear: BearId, epoch: str) -> Mapping[Lane, int]:
        """The highest stored number of each lane that has one."""

    async def marks_of(self, sources: Sequence[tuple[BearId, str]]) -> Sequence[Mapping[Lane, int]]:
        """The same for many bears and their epochs, in one go."""

    async def permit(self, bear: BearId, *, consent: Consent, profiles: frozenset[ProfileId]) -> None:
        """From now on store what is for these purposes, and about these profiles or the device alone."""

    async def bury(
        self, bear: BearId, *, reason: str, size: int, sealed: bytes, lane: Lane | None = None
    ) -> None:
        """Put aside what cannot be read and has no number of its own. Bounded: the oldest give way."""

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
        """Make a letter of a stored event that cannot be opened; one, however often it is found."""

    async def dead_letters(self, partition: int) -> Sequence[DeadLetter]: ...

    def doorbell(self) -> AbstractAsyncContextManager[Doorbell]: ...
