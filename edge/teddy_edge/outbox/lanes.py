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
LOW_ANSWERS: Final = 3  # sendings answered below what is still here before we believe that the cloud lost it


class Meaning(Enum):
    """What to do about an acknowledgement."""

    NOTHING = auto()
    PROGRESS = auto()  # what is below the mark is stored
    REWIND = (
        auto()
    )  # the cloud lost what it had stored: send again from the mark on, or from what is still here
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
            state.greeted = True
            return Meaning.PROGRESS
        greeting, state.greeted = not state.greeted, True
        if ack.mark < mark.acked:
            return self._hear_low(state, mark, now, pause, greeting=greeting)
        # An acknowledgement of what we knew is a late duplicate: sending again at each of them
        # would double every batch from here on (the "sorcerer's apprentice" of TFTP, RFC 1123 4.2.3.1).
        return Meaning.NOTHING

    def _hear_low(self, state: _Lane, mark: Mark, now: float, pause: float, *, greeting: bool) -> Meaning:
        """The cloud lost its tail, or an old acknowledgement was late; to send again does harm to neither.

        The first one on a connection answers its hello and is believed. Another one is believed now and then:
        late ones would breed batches, whose acknowledgements may come late again. What lies below all
        that is still here ends an epoch, so that takes several sendings which were answered so.
        """
        counted = bool(state.through) and not state.heard_low
        if counted:
            state.heard_low = True
            state.low += 1
        lasting = state.low >= LOW_ANSWERS
        if mark.acked > mark.gone and (greeting or lasting or (counted and now >= state.credulous)):
            state.settle(self._chance, due=pause)
            state.credulous, state.low = now + PATIENCE, 0
            return Meaning.REWIND
        return Meaning.ELSEWHERE if lasting else Meaning.NOTHING

    def reopened(self) -> None:
        """A new connection: what was in flight may be lost, so it is due now."""
        for state in self._lanes.values():
            state.settle(self._chance, due=0.0)
            state.greeted = False

    def greeted_again(self) -> None:
        """The bear says hello on a connection that stands: the first answer of each lane is believed."""
        for state in self._lanes.values():
            state.greeted = False

    def next_due(self, now: float) -> float | None:
        """When the next lane may send again; None if nothing is in flight."""
        return min((state.due for state in self._lanes.values() if state.due > now), default=None)


class _Lane:
    def __init__(self, chance: Chance) -> None:
        self.low = 0  # sendings in a row that were answered below what the cloud had stored
        self.greeted = True  # whether the hello of this connection was answered
        self.credulous = 0.0  # from when on a low mark may be believed at once
        self.settle(chance, due=0.0)

    def settle(self, chance: Chance, *, due: float) -> None:
        self.through = 0  # the highest number in flight; 0: none
        self.due = due
        self.heard_low = False
        self.delays: Iterator[float] = delays(chance, first=1.0, most=60.0)
