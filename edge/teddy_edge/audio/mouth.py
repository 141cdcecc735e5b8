"""What the bear is about to say, sample by sample, and how far a child has heard it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from threading import Lock
from typing import Final

import numpy as np

from teddy_edge.audio.fade import Fade
from teddy_edge.audio.samples import Pcm
from teddy_shared.clock import Clock

DUCKED: Final = (
    0.25  # of its loudness (-12 dB): who speaks hears that they were noticed, who coughed loses no word
)


@dataclass(frozen=True, slots=True)
class Spoken:
    """One clause as sound."""

    pcm: Pcm  # int16 [n], 24 kHz mono
    generation: int
    number: int  # of the clause within its reply, from 0


@dataclass(frozen=True, slots=True)
class _EndOfReply:
    generation: int


class _Hush(Enum):
    """Whether silence was asked for."""

    NO = auto()
    ASKED = auto()
    SILENT = auto()


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


@dataclass(frozen=True, slots=True)
class Hushed:
    """The reply is silent, as was asked; its last sample has been handed to the speaker."""

    generation: int


MouthEvent = SoundBegan | ClauseHeard | Drained | Hushed


@dataclass(frozen=True, slots=True)
class Position:
    """How far a reply was heard: the clauses before `number` whole, and of that one the first `played`."""

    generation: int
    number: int  # of the clause, from 0
    played: int  # samples; what was said again after a pause counts once
    samples: int  # in that clause; 0 where it has not begun
    heard: int  # samples of the whole reply


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
        self._furthest = 0  # of that clause, before it was begun again
        self._number = 0  # of that clause
        self._before = 0  # samples of the clauses before it
        self._sounded = False
        self._fade = Fade()
        self._hush = _Hush.NO
        self._pulled = 0
        self.volume = volume  # share of full scale, 0 to 1; a float is replaced in one step

    def begin(self, generation: int) -> None:
        """From the next sample on only this generation is heard, and at full loudness."""
        with self._lock:
            self._generation = generation
            self._at = self._furthest = self._number = self._before = 0
            self._sounded = False
            self._fade.jump(1.0)
            self._hush = _Hush.NO

    def say(self, clause: Spoken) -> None:
        """Queue a clause; one of another generation is never heard."""
        self._push(clause)

    def finish(self, generation: int) -> None:
        """After what is queued, this reply ends; `Drained` tells when."""
        self._push(_EndOfReply(generation))

    def duck(self) -> None:
        """Speak low: somebody speaks too."""
        self._aim(DUCKED)

    def swell(self) -> None:
        """At full loudness again."""
        self._aim(1.0)

    def hush(self) -> None:
        """Fade and hold; `Hushed` tells when it is silent. What is queued waits, and more may come."""
        with self._lock:
            self._fade.to(0.0)
            if self._hush is _Hush.NO:
                self._hush = _Hush.ASKED

    def resume(self) -> None:
        """Go on from the start of the clause that was cut; where it is not silent yet, from where it is."""
        with self._lock:
            if self._hush is _Hush.SILENT:
                self._at = 0
            self._hush = _Hush.NO
            self._fade.to(1.0)

    @property
    def hushed(self) -> bool:
        """Whether it is silent because that was asked for."""
        return self._hush is _Hush.SILENT

    @property
    def idle(self) -> bool:
        """Whether there is nothing to play."""
        return self._hush is _Hush.SILENT or (self._hush is _Hush.NO and not self._queue)

    @property
    def heard(self) -> int:
        """Samples of the present reply that were handed to the speaker."""
        return self._before + self._furthest

    @property
    def position(self) -> Position:
        """Where in the present reply the last sample was that was handed to the speaker."""
        with self._lock:
            head = self._queue[0] if self._queue else None
            within = isinstance(head, Spoken) and self._current(head)
            samples = len(head.pcm) if within and isinstance(head, Spoken) else 0
            return Position(self._generation, self._number, self._furthest, samples, self.heard)

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
            while self._queue and filled < samples and not self._silent:
                head = self._queue[0]
                if not self._current(head):
                    self._drop()
                elif isinstance(head, _EndOfReply):
                    self._drop()
                    events.append(Drained(head.generation))
                else:
                    filled += self._mix(head, out[filled:], events)
            if self._hush is _Hush.ASKED and (self._silent or not self._queue):
                self._fade.jump(0.0)
                self._hush = _Hush.SILENT
                events.append(Hushed(self._generation))
            self._pulled += samples
        for event in events:
            self._post(event)
        return out

    @property
    def _silent(self) -> bool:
        return self._hush is not _Hush.NO and self._fade.left == 0

    def _current(self, item: Spoken | _EndOfReply) -> bool:
        """The last test before a sample is heard."""
        return item.generation == self._generation

    def _mix(self, clause: Spoken, out: Pcm, events: list[MouthEvent]) -> int:
        room = len(out) if self._hush is _Hush.NO else min(len(out), self._fade.left)
        piece = clause.pcm[self._at : self._at + room]
        out[: len(piece)] = (piece * (self.volume * self._fade.over(len(piece)))).astype(np.int16)
        self._at += len(piece)
        self._furthest = max(self._furthest, self._at)
        if not self._sounded and piece.any():
            self._sounded = True
            events.append(SoundBegan(clause.generation, self._clock.monotonic()))
        if self._at >= len(clause.pcm):
            events.append(ClauseHeard(clause.generation, clause.number, len(clause.pcm)))
            self._before += len(clause.pcm)
            self._number = clause.number + 1
            self._drop()
        return len(piece)

    def _aim(self, loudness: float) -> None:
        with self._lock:
            if self._hush is _Hush.NO:
                self._fade.to(loudness)

    def _push(self, item: Spoken | _EndOfReply) -> None:
        with self._lock:
            self._queue.append(item)

    def _drop(self) -> None:
        self._queue.popleft()
        self._at = self._furthest = 0
