"""Sentences as sound for tests: the bear's own voice, raised to a child's pitch, at the ear's rate."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np

from teddy_edge.audio.samples import EAR_RATE, MOUTH_RATE, Pcm
from teddy_edge.speech.hibari import HibariSynthesizer

HIGHER: Final = 1.12  # a child's pitch; faster by as much, which children are not


class Speaking:
    """Made once for all tests; the same sentence is rendered once."""

    def __init__(self, synthesizer: HibariSynthesizer) -> None:
        self._synthesizer = synthesizer
        self.child = cache(self._child)

    def _child(self, sentence: str) -> Pcm:
        """int16 [n], 16 kHz mono."""
        grown = self._synthesizer.render(sentence)
        ratio = MOUTH_RATE / EAR_RATE * HIGHER
        at = np.arange(int(len(grown) / ratio)) * ratio
        child: Pcm = np.interp(at, np.arange(len(grown)), grown).astype(np.int16)
        return child
