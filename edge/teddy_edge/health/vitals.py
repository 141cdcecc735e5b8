"""What moves as long as the bear is well, and which part has stood still for too long. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

LATE: Final = 3.0  # seconds between looks after which the machine stood still, and not one part of the bear


@dataclass(frozen=True, slots=True)
class Sign:
    """Something of one part that changes as the part gets on. Asked from the watchman's thread."""

    part: str
    moves: Callable[[], object]
    within: float  # seconds
    due: Callable[[], bool] = lambda: True  # whether it has to move at this moment


class Vitals:
    """Looks at all signs, whenever it is told what time it is."""

    def __init__(self, signs: Iterable[Sign], *, now: float) -> None:
        self._seen = [_Seen(sign, sign.moves(), now) for sign in signs]
        self._looked = now

    def stalled(self, now: float) -> tuple[str, ...]:
        """The parts that should have moved by now and did not."""
        forgiven = now - self._looked > LATE
        self._looked = now
        return tuple(each.sign.part for each in self._seen if each.stands_still(now, forgiven=forgiven))


@dataclass(slots=True)
class _Seen:
    sign: Sign
    last: object
    moved: float  # when it was last seen to move, or did not have to

    def stands_still(self, now: float, *, forgiven: bool) -> bool:
        found = self.sign.moves()
        if forgiven or found != self.last or not self.sign.due():
            self.last, self.moved = found, now
        return now - self.moved > self.sign.within
