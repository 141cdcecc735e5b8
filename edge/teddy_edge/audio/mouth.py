"""What the bear is about to say, sample by sample, and how far a child has heard it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

import numpy as np

from teddy_edge.audio.samples import Pcm
from teddy_shared.clock import Clock


@dataclass(frozen=True, slots=True)
class Spoken:
    """One clause as sound."""

    pcm: Pcm  # int16 [n], 24 kHz mono
    generation: int
    number: int  # of the clause within its reply, from 0


@dataclass(frozen=True, slots=True)
class _EndOfReply:
    generation: int


@dataclass(frozen=True, slots=True)
class SoundBegan:
    """The first non-silent sample of a reply has been handed to the speaker."""

    generation: int
    at: float  # seconds on the monotonic clock


@dataclass(frozen=True, slots=True)
class ClauseHeard:
    """A clause has been played to its end."""

    generation: int
    number: int
    samples: int


@dataclass(frozen=True, slots=True)
class Drained:
    """The reply has been played to its end."""

    generation: int


MouthEvent = SoundBegan | ClauseHeard | Drained


class Mouth:
    """The queue between the voice and the speaker.

    The speaker's thread pulls, the brain pushes; a lock held for microseconds keeps them apart.
    Each sample's generation is compared in `pull`, the last moment there is, so nothing that was
    said before an interruption is ever heard after it. The brain keeps at most two clauses ahead.
    """

    def __init__(self, *, clock: Clock, post: Callable[[MouthEvent], None], volume: float = 0.7) -> None:
        self._clock = clock
        self._post = post
        self._lock = Lock()
        self._queue: deque[Spoken | _EndOfReply] = deque()
        self._generation = 0
        self._at = 0  # samples of the first clause in the queue that were played
        self._heard = 0  # samples of this generation that were played
        self._sounded = False
        self._pulled = 0
        self.volume = volume  # share of full scale, 0 to 1; a float is replaced in one step

    def begin(self, generation: int) -> None:
        """From the next sample on only this generation is heard."""
        with self._lock:
            self._generation = generation
            self._queue.clear()
            self._at = self._heard = 0
            self._sounded = False

    def say(self, clause: Spoken) -> None:
        """Queue a clause; one of another generation is dropped."""
        self._push(clause)

    def finish(self, generation: int) -> None:
        """After what is queued, this reply ends; `Drained` tells when."""
        self._push(_EndOfReply(generation))

    @property
    def idle(self) -> bool:
        """Whether there is nothing to play."""
        return not self._queue

    @property
    def heard(self) -> int:
        """Samples of the present generation that were handed to the speaker."""
        return self._heard

    @property
    def cursor(self) -> int:
        """Samples pulled since the start, silence included: moves as long as the speaker lives."""
        return self._pulled

    def pull(self, samples: int) -> Pcm:
        """The next int16 [samples] to play; silence where there is nothing to say."""
        out = np.zeros(samples, np.int16)
        events: list[MouthEvent] = []
        with self._lock:
            filled = 0
            while self._queue and filled < samples:
                head = self._queue[0]
                if head.generation != self._generation:
                    self._drop()
                elif isinstance(head, _EndOfReply):
                    self._drop()
                    events.append(Drained(head.generation))
                else:
                    filled += self._mix(head, out[filled:], events)
            self._pulled += samples
        for event in events:
            self._post(event)
        return out

    def _mix(self, clause: Spoken, out: Pcm, events: list[MouthEvent]) -> int:
        piece = clause.pcm[self._at : self._at + len(out)]
        out[: len(piece)] = (piece * self.volume).astype(np.int16)
        self._at += len(piece)
        self._heard += len(piece)
        if not self._sounded and piece.any():
            self._sounded = True
            events.append(SoundBegan(clause.generation, self._clock.monotonic()))
        if self._at >= len(clause.pcm):
            events.append(ClauseHeard(clause.generation, clause.number, len(clause.pcm)))
            self._drop()
        return len(piece)

    def _push(self, item: Spoken | _EndOfReply) -> None:
        with self._lock:
            if item.generation == self._generation:
                self._queue.append(item)

    def _drop(self) -> None:
        self._queue.popleft()
        self._at = 0
