"""How one child pauses, learned from the pauses that it made. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

KEPT: Final = 40  # pauses of each kind; what a child did months ago says little about it
ENOUGH: Final = 12  # pauses of a kind before they say anything
SURVIVED: Final = 0.95  # share of the pauses that the wait must outlast
MARGIN: Final = 0.2  # seconds beyond them


@dataclass(frozen=True, slots=True)
class Habit:
    """Seconds of silence, the newest last. Numbers alone: nothing of what was said."""

    within: tuple[float, ...] = ()  # pauses where more had to come, and it came
    behind: tuple[
        float, ...
    ] = ()  # behind what sounded finished: 0 where it was, else until the child went on

    def with_pause(self, seconds: float, *, sounded_finished: bool) -> Habit:
        """The child went on behind it."""
        if sounded_finished:
            return replace(self, behind=_newest(self.behind, seconds))
        return replace(self, within=_newest(self.within, seconds))

    def with_end(self) -> Habit:
        """What sounded finished was."""
        return replace(self, behind=_newest(self.behind, 0.0))

    def with_cut_off(self, seconds: float, *, sounded_finished: bool) -> Habit:
        """The end that was learned last was none: the child went on so long after its last word."""
        before = replace(self, behind=self.behind[:-1]) if sounded_finished and self.behind else self
        return before.with_pause(seconds, sounded_finished=sounded_finished)

    @property
    def needs_within(self) -> float | None:
        """Seconds that outlast this child's pauses within a sentence; None while too few are known."""
        return _outlasting(self.within)

    @property
    def needs_behind(self) -> float | None:
        """The same behind sentences; nearly nothing where the child never goes on behind one."""
        return _outlasting(self.behind)


def _newest(pauses: tuple[float, ...], seconds: float) -> tuple[float, ...]:
    return (*pauses, round(seconds, 2))[-KEPT:]


def _outlasting(pauses: tuple[float, ...]) -> float | None:
    if len(pauses) < ENOUGH:
        return None
    return sorted(pauses)[math.ceil(SURVIVED * len(pauses)) - 1] + MARGIN
