"""Sounds in which nobody says a word: silence, white noise, and a little band that plays."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from teddy_edge.audio.samples import EAR_RATE, Pcm

Wave = NDArray[np.float64]
"""Between -1 and 1, at EAR_RATE."""

BEAT: Final = 0.5  # seconds; two beats a second
_CHORDS: Final = ((48, 52, 55), (45, 48, 52), (41, 45, 48), (43, 47, 50))  # C, A minor, F, G: a bar each
_MELODY: Final = (72, 74, 76, 79, 76, 74, 72, 69, 72, 76, 77, 76, 74, 71, 74, 79)  # a note each half beat
_LOUDNESS: Final = 10 ** (-20 / 20)  # RMS against full scale: a radio in the room


def silence(seconds: float) -> Pcm:
    return np.zeros(round(seconds * EAR_RATE), np.int16)


def white_noise(seconds: float, *, seed: int = 7) -> Pcm:
    return _pcm(np.random.default_rng(seed).normal(size=round(seconds * EAR_RATE)))


def music(seconds: float, *, seed: int = 7) -> Pcm:
    """Chords, a melody and drums; the same samples for the same seed."""
    rng = np.random.default_rng(seed)
    whole: Wave = np.zeros(round(seconds * EAR_RATE) + 2 * EAR_RATE)
    for beat in range(int(seconds / BEAT)):
        at = beat * BEAT
        chord = _CHORDS[beat // 4 % len(_CHORDS)]
        if beat % 2 == 0:
            for note in chord:
                _mix(whole, at, 0.12 * _note(note, 2 * BEAT))
        for half in (0, 1):
            note = _MELODY[(2 * beat + half + beat // 8) % len(_MELODY)]
            if rng.random() < 0.8:
                _mix(whole, at + half * BEAT / 2, 0.2 * _note(note, 0.6 * BEAT))
            _mix(whole, at + half * BEAT / 2, 0.08 * _hiss(0.05, rng))
        _mix(whole, at, 0.5 * _kick() if beat % 2 == 0 else 0.25 * _hiss(0.15, rng))
    return _pcm(whole[: round(seconds * EAR_RATE)])


def _note(note: int, seconds: float) -> Wave:
    """Eight overtones that fade, by the number of the key."""
    at = _times(seconds)
    pitch = 440 * 2 ** ((note - 69) / 12)
    tones = sum(np.sin(2 * np.pi * pitch * tone * at) / tone**1.5 for tone in range(1, 9))
    sound: Wave = tones * np.minimum(1, at / 0.01) * np.exp(-3 * at / seconds)
    return sound


def _kick() -> Wave:
    at = _times(0.2)
    sound: Wave = np.sin(2 * np.pi * (50 * at + 4 * (1 - np.exp(-30 * at)))) * np.exp(-15 * at)
    return sound


def _hiss(seconds: float, rng: np.random.Generator) -> Wave:
    at = _times(seconds)
    return rng.normal(size=at.size) * np.exp(-5 * at / seconds)


def _times(seconds: float) -> Wave:
    return np.arange(round(seconds * EAR_RATE)) / EAR_RATE


def _mix(whole: Wave, seconds: float, sound: Wave) -> None:
    at = round(seconds * EAR_RATE)
    whole[at : at + sound.size] += sound


def _pcm(wave: Wave) -> Pcm:
    loud = wave * (_LOUDNESS / np.sqrt(np.mean(wave**2)))
    pcm: Pcm = (np.clip(loud, -1, 1) * 32767).astype(np.int16)
    return pcm
