"""Hears what was said while the bear still waits whether the child goes on, and tells how it sounds."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from teddy_edge.audio.samples import Pcm
from teddy_edge.conversation.finished import words_of
from teddy_edge.ear.endpointing import WordsSoFar
from teddy_edge.ear.segmenter import Utterance
from teddy_edge.inference.governor import Governor, Work
from teddy_edge.speech.transcriber import Hearing
from teddy_shared.clock import Clock
from teddy_shared.logs import log

MOST: Final = (
    10.0  # seconds after which a model counts as hung; 15 s of speech take three on the smallest board
)


class Recogniser(Protocol):
    """Sound to words; blocks, so it runs under the governor."""

    def transcribe(self, pcm: Pcm) -> Hearing: ...


class Waiting(Protocol):
    """Whoever waits whether the child goes on; the ear fits."""

    def words_so_far(self, speech_end: int, words: WordsSoFar) -> None: ...


@dataclass(frozen=True, slots=True)
class Understood:
    """What was heard of an utterance."""

    hearing: Hearing
    ahead: float | None = None  # seconds of listening in the pause; none where it began after the decision


class HearingAhead:
    """At most one utterance at a time is heard ahead; the newest pause takes the place of an older one.

    Its text goes to nobody before the turn has ended with that very utterance, sample for sample.
    """

    def __init__(self, *, recogniser: Recogniser, governor: Governor, waiting: Waiting, clock: Clock) -> None:
        self._recogniser = recogniser
        self._governor = governor
        self._waiting = waiting
        self._clock = clock
        self._guess: _Guess | None = None

    @property
    def under_way(self) -> asyncio.Task[None] | None:
        """What listens at this moment, if anything does."""
        return None if self._guess is None or self._guess.task.done() else self._guess.task

    def begin(self, utterance: Utterance, tasks: asyncio.TaskGroup) -> None:
        """A pause: listen to what was said so far, in `tasks`."""
        self.drop()
        guess = _Guess(utterance)
        guess.task = tasks.create_task(self._listen(guess), name="hearing-ahead")
        self._guess = guess
        self._waiting.words_so_far(utterance.speech_end, WordsSoFar.OPEN)

    def drop(self) -> bool:
        """The child goes on: nothing of it is kept. False where nothing was heard ahead.

        A run that has begun finishes unheard.
        """
        guess, self._guess = self._guess, None
        if guess is None:
            return False
        guess.task.cancel()
        return True

    async def hear(self, utterance: Utterance) -> Understood:
        """What was said, heard ahead or now. Raises what the recogniser raises."""
        guess, self._guess = self._guess, None
        if guess is not None:
            if guess.begun and guess.is_of(utterance):
                await asyncio.wait([guess.task])
                if guess.hearing is not None:
                    return Understood(guess.hearing, guess.took)
            guess.task.cancel()  # it waits for its turn, and this is more urgent
        return Understood(await self._governor.run(Work.HEARING, self._recogniser.transcribe, utterance.pcm))

    async def _listen(self, guess: _Guess) -> None:
        asked = self._clock.monotonic()

        def transcribe() -> Hearing:
            guess.begun = True
            return self._recogniser.transcribe(guess.utterance.pcm)

        words = WordsSoFar.UNKNOWN
        try:
            async with asyncio.timeout(MOST):
                guess.hearing = await self._governor.run(Work.SPECULATION, transcribe)
            guess.took = self._clock.monotonic() - asked
            words = words_of(guess.hearing)
        except Exception as error:  # barrier: nobody has asked for it yet; the turn hears anew, and tells
            log("hearing").warning("not heard ahead", error=type(error).__name__)
        self._waiting.words_so_far(guess.utterance.speech_end, words)


class _Guess:
    """An utterance that may be whole, and what came of listening to it."""

    def __init__(self, utterance: Utterance) -> None:
        self.utterance = utterance
        self.task: asyncio.Task[None]
        self.begun = False  # set by the thread that listens
        self.hearing: Hearing | None = None
        self.took = 0.0  # seconds, with the wait for a free lane

    def is_of(self, utterance: Utterance) -> bool:
        return np.array_equal(self.utterance.pcm, utterance.pcm)
