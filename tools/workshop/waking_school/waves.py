"""Sound as numbers between -1 and 1 at the ear's rate: resampled, stretched, trimmed, levelled, read."""

from __future__ import annotations

import io
from typing import Final

import numpy as np
from numpy.typing import NDArray

from teddy_edge.audio.samples import EAR_RATE, Pcm

Wave = NDArray[np.float32]
"""Between -1 and 1, at EAR_RATE."""

_HEADER: Final = 44  # bytes before the samples of a WAV as speech programs write it
_QUIET: Final = 0.004  # of full scale: what a clip begins and ends with is cut away below this
_FRAME: Final = 480  # samples that a stretch moves as one piece (30 ms)
_HOP: Final = _FRAME // 2
_SEARCH: Final = 120  # samples to either side in which a piece looks for its place


def from_wav(data: bytes) -> Wave:
    """Mono, 16 bits, any rate. What is written to a pipe has no true length in its header: not looked at."""
    file = io.BytesIO(data)
    file.seek(24)
    rate = int.from_bytes(file.read(4), "little")
    file.seek(_HEADER)
    samples = np.frombuffer(file.read()[: (len(data) - _HEADER) // 2 * 2], "<i2")
    return at_ear_rate(np.asarray(samples / 32768, np.float32), rate)


def at_ear_rate(wave: NDArray[np.float32], rate: int) -> Wave:
    return wave if rate == EAR_RATE else _resampled(wave, round(len(wave) * EAR_RATE / rate))


def raised(wave: Wave, times: float) -> Wave:
    """Pitch and formants so many times as high, and so many times as fast."""
    return wave if times == 1.0 else _resampled(wave, round(len(wave) / times))


def _resampled(wave: NDArray[np.float32], length: int) -> Wave:
    """By its spectrum, so that nothing folds back."""
    if length < 2 or len(wave) < 2:
        return np.zeros(0, np.float32)
    padding = 256  # the ends of a spectrum meet
    padded = np.concatenate([wave, np.zeros(padding, np.float32)])
    whole = round(len(padded) * length / len(wave))
    spectrum = np.fft.rfft(padded)
    kept = np.zeros(whole // 2 + 1, np.complex128)
    shared = min(len(kept), len(spectrum))
    kept[:shared] = spectrum[:shared]
    return np.asarray(np.fft.irfft(kept, whole)[:length] * (whole / len(padded)), np.float32)


def stretched(wave: Wave, times: float) -> Wave:
    """So many times as long, at the same pitch: overlapping pieces, each laid where it fits best."""
    if abs(times - 1) < 0.02 or len(wave) < 4 * _FRAME:
        return wave
    window = np.hanning(_FRAME).astype(np.float32)
    count = int((len(wave) * times - _FRAME) / _HOP)
    padded = np.concatenate([np.zeros(_SEARCH, np.float32), wave, np.zeros(_FRAME + 2 * _SEARCH, np.float32)])
    out = np.zeros(count * _HOP + _FRAME, np.float32)
    follows = padded[_SEARCH : _SEARCH + _FRAME]  # what would come next by itself
    for number in range(count):
        ideal = int(number * _HOP / times)
        around = padded[ideal : ideal + _FRAME + 2 * _SEARCH]
        if len(around) < _FRAME + 2 * _SEARCH or len(follows) < _FRAME:
            break
        best = ideal + int(np.argmax(np.correlate(around, follows, "valid")))
        out[number * _HOP : number * _HOP + _FRAME] += padded[best : best + _FRAME] * window
        follows = padded[best + _HOP : best + _HOP + _FRAME]
    return out


def trimmed(wave: Wave) -> Wave:
    loud = np.flatnonzero(np.abs(wave) > _QUIET * max(1e-3, float(np.abs(wave).max(initial=0.0))) * 4)
    return wave[:0] if not loud.size else wave[max(0, loud[0] - 80) : loud[-1] + 160]


def loudness(wave: Wave) -> float:
    """The RMS of what is sound in it."""
    peak = float(np.abs(wave).max(initial=0.0))
    sounding = wave[np.abs(wave) > 0.03 * peak]
    return float(np.sqrt(np.mean(np.square(sounding)))) if sounding.size else 0.0


def at_loudness(wave: Wave, decibels: float) -> Wave:
    """At so many decibels of full scale."""
    now = loudness(wave)
    return wave if now == 0.0 else np.asarray(wave * (10 ** (decibels / 20) / now), np.float32)


def to_pcm(wave: Wave) -> Pcm:
    """What is too loud is cut, as a microphone cuts it."""
    pcm: Pcm = (np.clip(wave, -1, 1) * 32767).astype(np.int16)
    return pcm


def to_wave(pcm: Pcm) -> Wave:
    return np.asarray(pcm / 32768, np.float32)
