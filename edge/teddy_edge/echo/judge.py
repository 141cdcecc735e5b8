"""How well the bear's own voice is taken out of what it hears, measured while it speaks. Pure."""

from __future__ import annotations

from collections import deque
from typing import Final

import numpy as np

from teddy_edge.audio.samples import HOP, Pcm

BLOCK: Final = 10  # hops that are judged together
KEPT: Final = 30  # blocks, three seconds of echo, of which the enhancement is told
LATELY: Final = 10  # blocks that decide: the bear falls silent long before a child has filled half of them
ENOUGH: Final = 15  # blocks before anything is said: a chirp alone teaches the canceller too little
GOOD: Final = 14.0  # dB by which the echo is weaker than it came
POOR: Final = 9.0  # dB
FAINT: Final = 8.0  # dB over the room's own noise; what is left of a voice was taken for speech from 13 on
INAUDIBLE: Final = 4.0  # dB over the noise: whatever was taken away, nothing is left to fear
MOST: Final = 60.0  # dB; what is silence on one side only tells nothing of use
SETTLING: Final = 0.02  # share by which a quiet hop moves the room's noise: half a second
LEAST_NOISE: Final = 100.0  # mean square of a room that counts as silent, -70 dBFS


class Judge:
    """Echo return loss enhancement, in blocks of 0.1 s, and what follows from it.

    A voice may interrupt when the canceller has taken much away and little is left, over a second; it may
    no more when it takes too little and something is left. Between the two it stays as it was.
    """

    def __init__(self) -> None:
        self._noise = LEAST_NOISE * HOP
        self._heard = self._left = 0.0
        self._hops = 0
        self._blocks: deque[tuple[float, float]] = deque(
            maxlen=KEPT
        )  # taken away; left over the noise; in dB
        self.good = False

    def rest(self, heard: Pcm) -> None:
        """A hop in which the bear is silent tells how loud the room is."""
        power = _power(heard)
        # A voice is no noise: only what is about as loud as before moves it much.
        self._noise += SETTLING * (min(power, 4 * self._noise) - self._noise)
        self._noise = max(self._noise, LEAST_NOISE * HOP)

    def speak(self, heard: Pcm, left: Pcm) -> None:
        """A hop in which the bear is heard by itself: before and after the canceller."""
        self._heard += _power(heard)
        self._left += _power(left)
        self._hops += 1
        if self._hops == BLOCK:
            self._close()

    @property
    def enhancement(self) -> float | None:
        """DB, the median of the last three seconds of echo; None before there is enough."""
        if len(self._blocks) < ENOUGH:
            return None
        return float(np.median([taken for taken, _ in self._blocks]))

    def _close(self) -> None:
        noise = self._noise * BLOCK
        taken = min(MOST, 10 * np.log10(max(self._heard, 1.0) / max(self._left, 1.0)))
        over = 10 * np.log10(max(self._left, 1.0) / noise)
        self._blocks.append((taken, over))
        self._heard = self._left = 0.0
        self._hops = 0
        if len(self._blocks) < ENOUGH:
            return
        taken, left = np.median(list(self._blocks)[-LATELY:], axis=0)
        if (taken >= GOOD and left < FAINT) or left < INAUDIBLE:
            self.good = True
        elif taken < POOR and left > FAINT:
            self.good = False


def _power(pcm: Pcm) -> float:
    wide = pcm.astype(np.float32)
    return float(np.dot(wide, wide))
