"""How many samples real time has taken, where no card counts them."""

from __future__ import annotations


class Pace:
    """To the sample over any length: what is rounded off now is asked for later."""

    def __init__(self, *, rate: int, began: float) -> None:
        self._rate = rate  # Hz
        self._began = began  # seconds on the clock that `due` is told
        self._given = 0

    def due(self, now: float) -> int:
        """Samples since it was last asked."""
        due = max(0, int((now - self._began) * self._rate) - self._given)
        self._given += due
        return due
