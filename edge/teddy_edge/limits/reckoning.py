"""What time it is, as far as a bear can tell: many boards have no clock that runs while off. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

STEP: Final = 300.0  # seconds; a clock that was set from outside and still moves by more was set anew


@dataclass(frozen=True, slots=True)
class Moment:
    """Now."""

    wall: float  # seconds since 1970, UTC; the best guess there is
    sure: bool  # whether the clock was set from outside since the process began
    up: float  # seconds for which the bear has seen time pass by itself


@dataclass(frozen=True, slots=True)
class Reckoning:
    """A clock that was set once, and runs on by the time that the process sees pass.

    While nobody has set the machine's clock, it counts only as what it was when the process began, and
    never as earlier than a time that the bear has known before. So a jump of it changes nothing.
    """

    first: float  # seconds on the monotonic clock: the first look
    at: float  # seconds on the monotonic clock, when it was
    wall: float
    sure: bool

    @classmethod
    def begin(cls, monotonic: float, wall: float, *, synchronised: bool, known: float) -> Reckoning:
        """`known` is the latest time that was told before the process began."""
        told = wall if synchronised else max(wall, known)
        return cls(first=monotonic, at=monotonic, wall=told, sure=synchronised)

    def look(self, monotonic: float, wall: float, *, synchronised: bool) -> tuple[Reckoning, bool]:
        """And whether a clock that was sure has been set to something else."""
        if not synchronised:
            return self, False
        stepped = self.sure and abs(wall - self.tell(monotonic).wall) > STEP
        return replace(self, at=monotonic, wall=wall, sure=True), stepped

    def tell(self, monotonic: float) -> Moment:
        return Moment(wall=self.wall + monotonic - self.at, sure=self.sure, up=monotonic - self.first)
