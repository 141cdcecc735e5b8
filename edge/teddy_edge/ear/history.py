"""The last seconds that the ear has heard, by sample index."""

from __future__ import annotations

from typing import Final

import numpy as np

from teddy_edge.audio.samples import EAR_RATE, Pcm

KEPT: Final = 20 * EAR_RATE  # more than the longest turn with its pre-roll


class History:
    """A window on the stream, kept in memory alone: a child's voice is never written to disk."""

    def __init__(self, *, kept: int = KEPT) -> None:
        self._samples = np.zeros(2 * kept, np.int16)
        self._kept = kept
        self._filled = 0
        self._end = 0  # sample index behind the newest

    @property
    def end(self) -> int:
        return self._end

    def add(self, pcm: Pcm, index: int) -> None:
        """The next samples; a gap before them is filled with silence so that indices stay true."""
        if index > self._end:
            self._append(np.zeros(min(index - self._end, self._kept), np.int16))
            self._end = index
        self._append(pcm)
        self._end += len(pcm)

    def cut(self, start: int, stop: int) -> tuple[int, Pcm]:
        """A copy of [start, stop) as far as it is kept, and the index where it begins."""
        oldest = self._end - self._filled
        start = max(start, oldest, 0)
        stop = max(start, min(stop, self._end))
        return start, self._samples[start - oldest : stop - oldest].copy()

    def forget(self) -> None:
        """What is kept becomes silence; the indices stay true."""
        self._samples[:] = 0

    def _append(self, pcm: Pcm) -> None:
        if self._filled + len(pcm) > len(self._samples):
            # Once every twenty seconds: moving is cheaper than an index that wraps on every cut.
            self._samples[: self._kept] = self._samples[self._filled - self._kept : self._filled]
            self._filled = self._kept
        self._samples[self._filled : self._filled + len(pcm)] = pcm
        self._filled += len(pcm)
