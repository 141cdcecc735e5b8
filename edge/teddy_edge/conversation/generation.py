"""The number of the present turn. Whatever carries an older one is stale, at every sink."""

from __future__ import annotations


class Generations:
    """Counts turns and interruptions alike; a turn is current until the number moves on."""

    def __init__(self) -> None:
        self._current = 0

    @property
    def current(self) -> int:
        return self._current

    def next(self) -> int:
        self._current += 1
        return self._current

    def is_current(self, generation: int) -> bool:
        return generation == self._current
