"""Samples at one rate in, the same sound at another rate out, in pieces of any size."""

from __future__ import annotations

from math import ceil, gcd
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from teddy_edge.audio.samples import Pcm

Samples = NDArray[np.float32]
"""float32 [n], mono, in units of int16: full scale is 32767."""

REACH: Final = 26  # samples of the slower rate on either side of an output; 80 dB with this BETA
BETA: Final = 7.857  # Kaiser window: 0.1102 * (80 dB - 8.7)


class Resampler:
    """A polyphase windowed sinc, at half gain at the slower rate's Nyquist frequency.

    What comes out does not depend on how the input is cut.
    After n samples in, ceil(n * to_rate / from_rate) have come out. The sound is late by `delay`.
    With equal rates the samples pass untouched.
    """

    def __init__(self, *, from_rate: int, to_rate: int) -> None:
        common = gcd(from_rate, to_rate)
        self._up, self._down = to_rate // common, from_rate // common
        self._same = from_rate == to_rate
        reach = ceil(REACH * max(1.0, from_rate / to_rate))
        self._taps = _taps(self._up, reach, min(1.0, to_rate / from_rate))
        self._past = np.zeros(2 * reach - 1, np.float32)
        self._next = 0  # place of the next output behind the first sample to come, in samples / up
        self.delay = 0 if self._same else reach  # samples of the input

    def feed(self, samples: Samples) -> Samples:
        if self._same or len(samples) == 0:
            return samples
        known = np.concatenate((self._past, samples))
        end = len(samples) * self._up
        places = np.arange(self._next, end, self._down)
        out: Samples = np.zeros(len(places), np.float32)
        if known.any():  # most of the time nobody speaks
            whole, phase = np.divmod(places, self._up)
            windows = sliding_window_view(known, self._taps.shape[1])[whole]
            out = (windows * self._taps[phase]).sum(axis=1)
        self._next += len(places) * self._down - end
        self._past = known[len(samples) :]
        return out

    def needed(self, samples: int) -> int:
        """How many to feed so that at least so many come out."""
        if self._same or samples <= 0:
            return max(0, samples)
        last = self._next + (samples - 1) * self._down
        return max(0, last // self._up + 1)


def to_pcm(samples: Samples) -> Pcm:
    """Rounded to the nearest int16; what is too loud is cut at full scale."""
    return np.clip(np.rint(samples), -32768, 32767).astype(np.int16)


def _taps(up: int, reach: int, slower: float) -> Samples:
    """One row a phase, for a window whose last sample is the newest; each row passes DC unchanged."""
    behind = np.arange(up)[:, None] / up + np.arange(2 * reach - 1, -1, -1)[None, :] - reach
    rows = np.sinc(slower * behind) * np.i0(BETA * np.sqrt(np.maximum(0.0, 1 - (behind / reach) ** 2)))
    taps: Samples = (rows / rows.sum(axis=1, keepdims=True)).astype(np.float32)
    return taps
