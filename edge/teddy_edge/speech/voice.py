"""The bear's voice: words that the guard has passed become samples."""

from __future__ import annotations

from typing import Protocol

from teddy_edge.audio.samples import Pcm
from teddy_edge.inference.governor import Governor, Work
from teddy_edge.safety.guard import SafeText


class Synthesizer(Protocol):
    """Text to samples. Blocks; one caller at a time."""

    def render(self, text: str) -> Pcm:
        """int16 [n] at MOUTH_RATE; empty where there is nothing to say. The same text, the same samples."""


class Voice:
    """Speaks one clause at a time, off the loop."""

    def __init__(self, *, synthesizer: Synthesizer, governor: Governor) -> None:
        self._synthesizer = synthesizer
        self._governor = governor

    async def speak(self, words: SafeText) -> Pcm:
        """The clause as int16 [n] at MOUTH_RATE, its pause included; empty for an emoji."""
        return await self._governor.run(Work.VOICE, self._synthesizer.render, words.text)
