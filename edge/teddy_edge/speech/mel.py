"""Samples to the log-mel spectrogram that Whisper was trained on."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from teddy_edge.audio.samples import EAR_RATE, Pcm

Mel = NDArray[np.float32]
"""float32 [1, 80, frames]; a frame is 10 ms."""

BANDS: Final = 80
STEP: Final = 160  # samples a frame
LONGEST: Final = 30 * EAR_RATE  # samples; the network knows no more positions

# Silence after the words. With 3 s the network loops on real voices, with 8 to 10 s it errs twice as
# often, and the 30 s that it was trained on cost twice the time for one word in a hundred.
PADDING: Final = 14 * EAR_RATE

_WINDOW: Final = 400  # samples: 25 ms
_REACH: Final = 8.0  # powers of ten between the loudest band and the floor


def log_mel(pcm: Pcm) -> Mel:
    """The spectrogram of what was said and of the silence behind it, 30 s at most.

    Only the frames that touch a sample are computed: all others lie on the floor.
    """
    samples = pcm[:LONGEST].astype(np.float32) / 32768
    whole = min(samples.size + PADDING, LONGEST)
    frames = -(-whole // (2 * STEP)) * 2  # even, since the network takes two at a time
    touched = min(frames, -(-(samples.size + _WINDOW // 2) // STEP))
    behind = np.zeros(max(touched * STEP + _WINDOW, _WINDOW + 1) - samples.size, np.float32)
    reflected = np.pad(np.concatenate((samples, behind)), (_WINDOW // 2, 0), mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(reflected, _WINDOW)[::STEP][:touched]
    spectrum = np.fft.rfft(windows * _hann(), axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    # Not `@`: a second thread of BLAS would spin for as long as the encoder runs, and double the CPU time.
    bands = np.einsum("bk,tk->bt", _filters(), power.astype(np.float32))
    logs = np.log10(np.maximum(bands, 1e-10))
    floor = max(float(logs.max(initial=-10.0)) - _REACH, -10.0)
    mel = np.full((1, BANDS, frames), (floor + 4) / 4, np.float32)
    mel[0, :, :touched] = (np.maximum(logs, floor) + 4) / 4
    return mel


@cache
def _hann() -> NDArray[np.float32]:
    return np.hanning(_WINDOW + 1)[:-1].astype(np.float32)


@cache
def _filters() -> NDArray[np.float32]:
    """Triangles of equal area on Slaney's mel scale: linear to 1 kHz, logarithmic above."""
    bins = np.linspace(0, EAR_RATE / 2, _WINDOW // 2 + 1)
    top = 15 + np.log(EAR_RATE / 2 / 1000) / (np.log(6.4) / 27)
    mels = np.linspace(0, top, BANDS + 2)
    corners = np.where(mels < 15, mels * 200 / 3, 1000 * np.exp(np.log(6.4) / 27 * (mels - 15)))
    widths = np.diff(corners)
    slopes = corners[:, None] - bins[None]
    rising, falling = -slopes[:-2] / widths[:-1, None], slopes[2:] / widths[1:, None]
    triangles = np.maximum(0, np.minimum(rising, falling))
    return (triangles * (2 / (corners[2:] - corners[:-2]))[:, None]).astype(np.float32)
