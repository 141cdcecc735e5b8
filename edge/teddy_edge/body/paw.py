"""What a child does with the paw: levels of a contact in, squeezes out. No clock, no threads, no pins."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

SETTLE: Final = 0.02  # seconds that a contact must rest before it is believed: they bounce for 1 to 10 ms
AGAIN: Final = 0.5  # seconds from press to press of a double squeeze; small hands are slow
LONG: Final = 3.0  # seconds of a long squeeze: longer than a child holds on while it talks


class Squeeze(StrEnum):
    ONE = "one"  # wakes the bear, or makes it stop talking and listen
    TWICE = "twice"  # again: the last answer once more
    LONG = "long"  # the ears off; the next squeeze turns them on again


@dataclass(frozen=True, slots=True)
class Squeezed:
    """The paw was squeezed, from the paw's own thread into the inbox."""

    kind: Squeeze


class Paw:
    """Tells ONE as soon as the contact rests, since the child waits for silence.

    So a double or a long squeeze comes as ONE and then as what it is; ONE harms neither.
    """

    def __init__(self) -> None:
        self._level = False  # as the contact stands
        self._moved = 0.0  # when it came to stand so
        self._held: float | None = None  # since when, of a press that is believed
        self._believed = False
        self._told_long = False
        self._first = -AGAIN  # when the last single press began

    @property
    def due(self) -> float | None:
        """When `at` has to be called though nothing moves; None while nothing can come of waiting."""
        if self._level is not self._believed:
            return self._moved + SETTLE
        if self._held is not None and self._level and not self._told_long:
            return self._held + LONG
        return None

    def moves(self, pressed: bool, at: float) -> list[Squeeze]:  # noqa: FBT001  # a level, as pins have it
        """The contact went to this level at this second."""
        told = self.at(at)
        if pressed is not self._level:
            self._level, self._moved = pressed, at
        return told

    def at(self, now: float) -> list[Squeeze]:
        """It is so late: what has come about by now."""
        told: list[Squeeze] = []
        if self._level is not self._believed and now >= self._moved + SETTLE:
            told += self._believe()
        until = now if self._level else self._moved  # a release that is not believed yet ends the hold
        if self._held is not None and not self._told_long and until >= self._held + LONG:
            self._told_long = True
            told.append(Squeeze.LONG)
        return told

    def _believe(self) -> list[Squeeze]:
        self._believed = self._level
        if not self._believed:
            self._held = None
            return []
        self._held, self._told_long = self._moved, False
        if self._moved - self._first <= AGAIN:
            self._first = self._moved - 2 * AGAIN  # a third press is a new beginning
            return [Squeeze.TWICE]
        self._first = self._moved
        return [Squeeze.ONE]
