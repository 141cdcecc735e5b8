"""Says lines aloud when most of the bear is not there: with its voice if there is one, else tones."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np

from teddy_edge.audio.mouth import Drained, Mouth, MouthEvent, Spoken
from teddy_edge.audio.samples import MOUTH_RATE, Pcm
from teddy_edge.safety.guard import Guard, Refused, Safe, SafeText, safe_line
from teddy_edge.speech.clauses import clauses
from teddy_shared.ages import AgeBand
from teddy_shared.logs import log

LOUDNESS: Final = 6000  # of full scale 32767; about as loud as the voice
NOTE: Final = 0.35  # seconds
FALLING: Final = (660.0, 554.0, 440.0)  # Hz
RENDER_MOST: Final = 20.0  # seconds for a clause; the first one may have to load the voice


class Speech(Protocol):
    """Safe words to sound."""

    async def speak(self, words: SafeText) -> Pcm: ...


class Complaint:
    """Owns the mouth: nobody else speaks. `heard` is to be called with the mouth's news, on the loop."""

    def __init__(self, *, guard: Guard, voice: Speech, mouth: Mouth) -> None:
        self._guard = guard
        self._voice = voice
        self._mouth = mouth
        self._generation = 0
        self._drained = asyncio.Event()

    def heard(self, news: MouthEvent) -> None:
        if isinstance(news, Drained) and news.generation == self._generation:
            self._drained.set()

    async def say(self, lines: Sequence[str]) -> None:
        """All of it in one breath, once it is rendered. Returns when the last word was played."""
        sounds = await self._sounds_of(lines)
        self._generation += 1
        self._drained.clear()
        self._mouth.begin(self._generation)
        for number, sound in enumerate(sounds):
            self._mouth.say(Spoken(sound, self._generation, number))
        self._mouth.finish(self._generation)
        await self._drained.wait()

    async def _sounds_of(self, lines: Sequence[str]) -> list[Pcm]:
        try:
            return [await self._sound_of(clause) for line in lines for clause in clauses(line)]
        except Exception as error:  # a barrier: the voice may be what is broken, and then tones must do
            log("health").error("no voice to say it with", error=type(error).__name__)
            return [distress()]

    async def _sound_of(self, clause: str) -> Pcm:
        passed = await self._guard.clear(clause, so_far="", band=AgeBand.MIDDLE)
        words = safe_line(Safe.FAILED, AgeBand.MIDDLE) if isinstance(passed, Refused) else passed
        async with asyncio.timeout(RENDER_MOST):
            return await self._voice.speak(words)


def distress() -> Pcm:
    """Three falling notes: int16 [n] at MOUTH_RATE."""
    at = np.arange(round(NOTE * MOUTH_RATE))
    fade = np.minimum(1.0, np.minimum(at, at[::-1]) / (0.02 * MOUTH_RATE))
    notes = [fade * np.sin(2 * np.pi * pitch * at / MOUTH_RATE) for pitch in FALLING]
    quiet = np.zeros(MOUTH_RATE // 2)
    return (LOUDNESS * np.concatenate([*notes, quiet])).astype(np.int16)
