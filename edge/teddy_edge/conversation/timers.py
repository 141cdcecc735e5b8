"""The timer that runs, if one does: it outlives the talk in which it was set, and not the process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from teddy_shared.clock import Clock

LATE_MOST: Final = 300.0  # seconds; a bear that was muted for longer says no more that the time is up


@dataclass(frozen=True, slots=True)
class Timer:
    seconds: int
    purpose: str  # of those that the book knows; never the child's words
    due: float  # seconds on the monotonic clock


class Timers:
    """One at a time. Nothing is kept over a restart, so that a bear never speaks of a timer that is gone."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._running: Timer | None = None

    @property
    def running(self) -> Timer | None:
        """Also one that is due and has not rung; none where that is too long ago."""
        if self._running and self._clock.monotonic() - self._running.due > LATE_MOST:
            self._running = None
        return self._running

    @property
    def left(self) -> float | None:
        """Seconds until it rings; none where nothing runs."""
        return (
            max(self._running.due - self._clock.monotonic(), 0.0) if self.running and self._running else None
        )

    def set(self, seconds: int, purpose: str) -> None:
        """In place of one that runs."""
        self._running = Timer(seconds, purpose, self._clock.monotonic() + seconds)

    def take(self) -> Timer | None:
        """The one that runs; from now on none does."""
        taken, self._running = self.running, None
        return taken
