"""A loudness on its way to another, sample by sample, so that no change is heard as a click."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from teddy_edge.audio.samples import MOUTH_HOP

RAMP: Final = (
    MOUTH_HOP  # samples from silence to full loudness: 10 ms, too slow to click, too fast to wait for
)


class Fade:
    """Counted in samples that are played. Pure."""

    def __init__(self) -> None:
        self._now = RAMP  # in steps of one sample, so that it arrives exactly
        self._aim = RAMP

    def to(self, share: float) -> None:
        """Towards this share of full loudness, 0 to 1, from the next sample on."""
        self._aim = round(share * RAMP)

    def jump(self, share: float) -> None:
        """At once; for what begins anew."""
        self._now = self._aim = round(share * RAMP)

    @property
    def left(self) -> int:
        """Samples until it has arrived."""
        return abs(self._aim - self._now)

    def over(self, samples: int) -> NDArray[np.float64]:
        """The loudness of each of the next samples, 0 to 1."""
        towards = 1 if self._aim > self._now else -1
        steps = np.minimum(np.arange(1, samples + 1), self.left)
        levels = self._now + towards * steps
        if samples:
            self._now = int(levels[-1])
        return levels / RAMP
