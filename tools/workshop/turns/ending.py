"""When the bear takes a turn to be over: the real ear, hearing and judgement, in time counted by samples.

The samples stand still while a model works, and then go on as if the work had taken its processor time, so
that a loaded machine gives the same answer as an idle one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, ParamSpec, TypeVar

import numpy as np

from teddy_edge.audio.ring import Hop
from teddy_edge.audio.samples import EAR_RATE, HOP, Pcm
from teddy_edge.conversation.hearing_ahead import HearingAhead, Recogniser
from teddy_edge.ear.ear import Ear
from teddy_edge.ear.segmenter import PauseBegan, SpeechResumed, UtteranceEnded
from teddy_edge.inference.governor import Work
from teddy_edge.speech.transcriber import Hearing
from workshop.turns.pausing import ROOM, Spoken

P = ParamSpec("P")
T = TypeVar("T")

BEHIND: Final = 8 * EAR_RATE  # samples of quiet room behind the last word; more than any wait
_ROUNDS: Final = 3  # of the loop, until what a result sets going has happened


@dataclass(frozen=True, slots=True)
class Ended:
    """How a sentence went."""

    spoken: Spoken
    cut_off: bool
    wait: float  # seconds from the last word to the decision
    heard: str  # before the end of the turn
    heard_ahead: bool  # whether nothing was left to hear when it was decided


class SampleTime:
    """A clock that stands where the microphone is, and a governor whose work takes processor time of it."""

    def __init__(self) -> None:
        self.index = 0
        self._due: list[tuple[float, asyncio.Future[None]]] = []

    def monotonic(self) -> float:
        return self.index / EAR_RATE

    def wall(self) -> float:
        return self.monotonic()

    def synchronised(self) -> bool:
        return True

    async def run(self, work: Work, task: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:  # noqa: ARG002  # one at a time here
        began = time.process_time()
        result = task(*args, **kwargs)  # on the loop: nobody else is on it
        done = asyncio.get_running_loop().create_future()
        self._due.append((self.monotonic() + time.process_time() - began, done))
        await done
        return result

    async def passes(self) -> None:
        """Whatever is due by now happens."""
        for at, done in self._due:
            if at <= self.monotonic() and not done.done():
                done.set_result(None)
        self._due = [(at, done) for at, done in self._due if not done.done()]
        for _ in range(_ROUNDS):
            await asyncio.sleep(0)


class _Noting:
    """A recogniser, and what it heard last."""

    def __init__(self, recogniser: Recogniser) -> None:
        self._recogniser = recogniser
        self.text = ""

    def transcribe(self, pcm: Pcm) -> Hearing:
        hearing = self._recogniser.transcribe(pcm)
        self.text = hearing.text
        return hearing


async def listen(ear: Ear, recogniser: Recogniser, spoken: Spoken) -> Ended:
    """Up to the first turn that the ear takes to be over."""
    clock, noting = SampleTime(), _Noting(recogniser)
    hearing = HearingAhead(recogniser=noting, governor=clock, waiting=ear, clock=clock)
    async with asyncio.TaskGroup() as tasks:
        for hop in _hops(spoken.pcm):
            clock.index = hop.index + HOP
            for event in ear.step(hop):
                match event:
                    case PauseBegan(utterance):
                        hearing.begin(utterance, tasks)
                    case SpeechResumed():
                        hearing.drop()
                    case UtteranceEnded(utterance):
                        ahead = hearing.under_way is None
                        hearing.drop()
                        wait = (utterance.decided - spoken.ends) / EAR_RATE
                        return Ended(spoken, wait <= 0, wait, noting.text.strip(), ahead)
            await clock.passes()
    raise AssertionError(f"no turn came of {' '.join(spoken.sentence.pieces)!r} in the voice {spoken.voice}")


def _hops(pcm: Pcm) -> Iterator[Hop]:
    quiet = np.random.default_rng(1).normal(0, ROOM, BEHIND).astype(np.int16)
    whole = np.concatenate([pcm, quiet])
    for index in range(0, len(whole) - HOP + 1, HOP):
        yield Hop(whole[index : index + HOP], index)
