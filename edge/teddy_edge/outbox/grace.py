"""How long an acknowledged event stays, for a cloud that loses what it had stored. No clock, no database.

Age is counted in seconds that the outbox was open: a wall clock jumps, and a bear that was off for a week
must not forget what the cloud may have lost meanwhile. So an event stays longer than a day where the bear
sleeps; the outbox's limit ends that (see `room`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

GRACE: Final = 24 * 3600.0  # seconds
COARSE: Final = 900.0  # seconds of acknowledgements that share one note, so that a note is rarely written
NOTED: Final = 60.0  # seconds of life after which it is worth a write


class Age:
    """How long an outbox was open, over all its processes."""

    def __init__(self) -> None:
        self._before = 0.0
        self._since = 0.0
        self._noted = 0.0

    def begin(self, lived: float, now: float) -> None:
        """As its database says."""
        self._before = self._noted = lived
        self._since = now

    def at(self, now: float) -> float:
        """`now` is monotonic."""
        return self._before + now - self._since

    def worth_noting(self, lived: float) -> bool:
        """Asked once: then it counts as noted."""
        if lived - self._noted < NOTED:
            return False
        self._noted = lived
        return True


def joins(notes: Sequence[tuple[int, float]], lived: float) -> int | None:
    """The mark whose note an acknowledgement may join, if there is one: it is then as old as that."""
    if notes and lived - notes[-1][1] < COARSE:
        return notes[-1][0]
    return None


def outlived(notes: Sequence[tuple[int, float]], lived: float) -> int:
    """Up to which number a lane may be forgotten; 0 where nothing is old enough."""
    old = [mark for mark, since in notes if lived - since >= GRACE + COARSE]
    return max(old, default=0)
