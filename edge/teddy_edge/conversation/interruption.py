"""What becomes of a reply while somebody speaks over it: low, silent, over, or on. Pure; time is samples.

A sound is not yet a wish. The reply is lowered at the first sign of speech, held when it goes on,
given up when a word was understood, and taken up again from the start of the clause when it was a
cough. Whoever squeezes the paw, says the bear's name or "stop" need not be understood first.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Final

from teddy_edge.audio.samples import EAR_RATE
from teddy_edge.ear.segmenter import FRAME, LEAST_SPEECH

# Samples of speech so far, as the ear counts them. Until it is heard in the room come on top: up to 80 ms of
# a soft beginning that no network takes for speech, a frame (32), a hop (10), the card (50) and the fade
# (10). So it is low at about 130 ms of speech and silent at about 350.
DUCK_AT: Final = FRAME
HUSH_AT: Final = 8 * FRAME  # silence included: "no" is shorter, and is waited for all the same
OVER_AT: Final = 3 * EAR_RATE // 10  # samples of silence after a sound too short for a word


class Move(StrEnum):
    """What the mouth does about it."""

    DUCK = "duck"
    SWELL = "swell"
    HUSH = "hush"
    RESUME = "resume"
    STOP = "stop"  # the reply is over


class Order(StrEnum):
    """A wish that needs no words to be understood."""

    STOP = "stop"  # said, and recognised
    NAME = "name"  # "hey teddy"
    SQUEEZE = "squeeze"


@dataclass(frozen=True, slots=True)
class Speech:
    """How far somebody has come who speaks over the bear, in samples of the ear."""

    so_far: int  # of speech since it began
    silence: int = 0  # since the last of it


class _Stage(Enum):
    ALONE = auto()
    LOW = auto()
    HELD = auto()
    OVER = auto()


class Interruption:
    """Of one reply, from before its first word."""

    def __init__(self) -> None:
        self._stage = _Stage.ALONE
        self._counted = 0  # samples of the present speech that were found to be without words
        self._stopped = False  # by a "stop", and not only by other words
        self.protected = False  # a safety line: only "stop" ends it

    @property
    def held(self) -> bool:
        """Whether the reply waits in silence."""
        return self._stage is _Stage.HELD

    @property
    def over(self) -> bool:
        return self._stage is _Stage.OVER

    def speech(self, speech: Speech, *, heeded: bool = True) -> Move | None:
        """Somebody speaks; not `heeded` where it may be the bear that hears itself."""
        if not heeded or self.protected:
            return None
        fresh = speech.so_far - self._counted
        match self._stage:
            case _Stage.ALONE if fresh >= DUCK_AT and speech.silence == 0:
                return self._now(_Stage.LOW, Move.DUCK)
            case _Stage.LOW if fresh >= LEAST_SPEECH and fresh + speech.silence >= HUSH_AT:
                return self._now(_Stage.HELD, Move.HUSH)
            case _Stage.LOW if speech.silence >= OVER_AT or fresh < DUCK_AT:
                self._counted = speech.so_far
                return self._now(_Stage.ALONE, Move.SWELL)
        return None

    def understood(self, *, stop: bool, heeded: bool = True) -> Move | None:
        """There were words in it; `stop` where they ask for silence."""
        if self._stage is _Stage.OVER:
            return None
        if self.protected and not stop:
            return self._on_again()
        if not heeded and self._stage is _Stage.ALONE:
            return None
        self._stopped = stop
        return self._now(_Stage.OVER, Move.STOP)

    def nothing_understood(self, speech: Speech | None = None) -> Move | None:
        """A cough, so far; `speech` where it may still become more."""
        self._counted = speech.so_far if speech else 0
        return self._on_again()

    def ordered(self, order: Order) -> Move | None:
        """At once. But a frightened child hugs its bear and calls it: that does not end a safety line."""
        if self._stage is _Stage.OVER or (self.protected and order is not Order.STOP):
            return None
        self._stopped = order is Order.STOP
        return self._now(_Stage.OVER, Move.STOP)

    def spared(self) -> Move | None:
        """It was given up before anybody knew that it is a safety line: said all the same."""
        if self._stage is _Stage.OVER and self.protected and not self._stopped:
            return self._now(_Stage.ALONE, Move.RESUME)
        return None

    def _on_again(self) -> Move | None:
        match self._stage:
            case _Stage.LOW:
                return self._now(_Stage.ALONE, Move.SWELL)
            case _Stage.HELD:
                return self._now(_Stage.ALONE, Move.RESUME)
        return None

    def _now(self, stage: _Stage, move: Move) -> Move:
        self._stage = stage
        return move
