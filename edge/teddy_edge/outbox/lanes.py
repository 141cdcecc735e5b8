"""When to send, to send again, and what an acknowledgement means. No clock, no link, no database."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto
from typing import Final

from teddy_edge.outbox.entry import Mark
from teddy_shared.backoff import delays
from teddy_shared.clock import Chance
from teddy_shared.envelope import Lane
from teddy_shared.messages import Ack

PATIENCE: Final = 3.0  # seconds for an acknowledgement before the backoff even begins
LOW_ANSWERS: Final = 3  # sendings answered below what the cloud had stored before we believe that it lost it


class Meaning(Enum):
    """What to do about an acknowledgement."""

    NOTHING = auto()
    PROGRESS = auto()  # what is below the mark may go
    ELSEWHERE = auto()  # the cloud counts otherwise than this outbox: begin a new epoch


class Lanes:
    """One batch in flight a lane, the most urgent lane first."""

    def __init__(self, *, chance: Chance) -> None:
        self._chance = chance
        self._lanes = {lane: _Lane(chance) for lane in Lane}

    def free(self, lane: Lane, now: float) -> bool:
        """Whether this lane may send."""
        return self._lanes[lane].due <= now

    def sent(self, lane: Lane, through: int, now: float) -> None:
        """A batch is under way; it may be sent again when no answer comes."""
        state = self._lanes[lane]
        state.through = through
        state.heard_low = False
        state.due = now + PATIENCE + next(state.delays)

    def hear(self, ack: Ack, mark: Mark, now: float) -> Meaning:
        """`mark` is where the lane stands in the outbox, whose epoch the acknowledgement shares."""
        state = self._lanes[ack.lane]
        pause = now + ack.pause_ms / 1000 if ack.pause_ms else 0.0
        if pause:
            state.due = max(state.due, pause)
        if ack.mark > mark.last:
            return Meaning.ELSEWHERE
        if ack.mark > mark.acked:
            # Below what is in flight: the cloud stopped there, so go on from there at once.
            state.settle(self._chance, due=pause)
            state.low = 0
            return Meaning.PROGRESS
        if ack.mark < mark.acked and state.through and not state.heard_low:
            # One may be an old acknowledgement that was late. What it asks for is no longer here.
            state.heard_low = True
            state.low += 1
            if state.low >= LOW_ANSWERS:
                return Meaning.ELSEWHERE
        # An acknowledgement of what we knew is a late duplicate: sending again at each of them
        # would double every batch from here on (the "sorcerer's apprentice" of TFTP, RFC 1123 4.2.3.1).
        return Meaning.NOTHING

    def reopened(self) -> None:
        """A new connection: what was in flight may be lost, so it is due now."""
        for state in self._lanes.values():
            state.settle(self._chance, due=0.0)

    def next_due(self, now: float) -> float | None:
        """When the next lane may send again; None if nothing is in flight."""
        return min((state.due for state in self._lanes.values() if state.due > now), default=None)


class _Lane:
    def __init__(self, chance: Chance) -> None:
        self.low = 0
        self.settle(chance, due=0.0)

    def settle(self, chance: Chance, *, due: float) -> None:
        self.through = 0  # the highest number in flight; 0: none
        self.due = due
        self.heard_low = False
        self.delays: Iterator[float] = delays(chance, first=1.0, most=60.0)
