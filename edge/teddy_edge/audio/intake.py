"""Between the microphone's own thread and ours: samples as they come, then as the ear wants them."""

from __future__ import annotations

from threading import Condition
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from teddy_edge.audio.card import Format
from teddy_edge.audio.resample import Resampler, Samples, to_pcm
from teddy_edge.audio.samples import EAR_RATE, Pcm

CAPACITY: Final = 2  # seconds; a reader that lags further loses the oldest, and it counts as an xrun

Frames = NDArray[np.signedinteger[Any]]
"""int16 or int32 [n, channels], as interleaved by the device."""


class Intake:
    """A preallocated ring of frames. `take` copies, wakes the reader, and does nothing else."""

    def __init__(self, *, form: Format) -> None:
        kind = np.int16 if form.width == 2 else np.int32
        self._kind = np.dtype(kind)
        self._ring: Frames = np.zeros((CAPACITY * form.rate, form.channels), kind)
        self._taken = 0  # frames
        self._drained = 0
        self._come = Condition()
        self.xruns = 0

    def take(self, data: memoryview, frames: int, lost: int, _: float) -> None:
        block = np.frombuffer(data, self._kind).reshape(frames, -1)
        with self._come:
            start = self._taken % len(self._ring)
            head = min(frames, len(self._ring) - start)
            self._ring[start : start + head] = block[:head]
            self._ring[: frames - head] = block[head:]
            self._taken += frames
            self.xruns += lost
            self._come.notify()

    def drain(self, timeout: float) -> Frames:
        """What has come since the last time; waits so many seconds for something to come."""
        with self._come:
            self._come.wait_for(lambda: self._taken > self._drained, timeout)
            if self._taken - self._drained > len(self._ring):
                self.xruns += 1
                self._drained = self._taken - len(self._ring)
            start, end = self._drained % len(self._ring), self._taken % len(self._ring)
            waiting, self._drained = self._taken - self._drained, self._taken
            if waiting == 0 or start < end:
                return self._ring[start : start + waiting].copy()
            return np.concatenate((self._ring[start:], self._ring[:end]))


class ToEar:
    """Frames of one format as 16 kHz mono int16. What is that already passes bit for bit."""

    def __init__(self, *, form: Format) -> None:
        self._passes = (form.rate, form.channels, form.width) == (EAR_RATE, 1, 2)
        self._scale = 1.0 if form.width == 2 else 1 / 65536
        self._resampler = Resampler(from_rate=form.rate, to_rate=EAR_RATE)

    def turn(self, frames: Frames) -> Pcm:
        if self._passes:
            return frames[:, 0].astype(np.int16, copy=False)
        mono: Samples = (frames.mean(axis=1, dtype=np.float64) * self._scale).astype(np.float32)
        return to_pcm(self._resampler.feed(mono))
