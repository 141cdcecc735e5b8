"""Music that nobody owns: chords, tunes and drums drawn by lot."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from teddy_edge.audio.samples import EAR_RATE
from workshop.waking_school.waves import Wave

_SCALES: Final = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 2, 4, 7, 9, 12, 14))
_CHORDS: Final = ((0, 4, 7), (0, 3, 7), (0, 4, 7, 11), (0, 5, 7), (0, 3, 7, 10))


def music(seconds: float, rng: np.random.Generator) -> Wave:
    """A piece of its own for each state of chance: tempo, key, instruments, drums, a voice without words."""
    whole = np.zeros(round((seconds + 3) * EAR_RATE), np.float32)
    beat = 60 / rng.uniform(65, 160)
    root = int(rng.integers(36, 56))
    scale = _SCALES[int(rng.integers(len(_SCALES)))]
    timbres = [_Timbre(rng) for _ in range(3)]
    drums, sings = rng.random() < 0.7, rng.random() < 0.4
    steps = [int(rng.choice(scale)) for _ in range(4)]
    notes = [int(rng.choice(scale)) + 24 for _ in range(16)]
    for number in range(int(seconds / beat)):
        at = number * beat
        if number % 4 == 0:
            for tone in _CHORDS[int(rng.integers(len(_CHORDS)))]:
                _mix(whole, at, 0.1 * timbres[0].note(root + 12 + steps[number // 4 % 4] + tone, 4 * beat))
        _mix(whole, at, 0.2 * timbres[1].note(root + steps[number // 4 % 4], beat))
        for half in range(2):
            if rng.random() < 0.7:
                note = root + notes[(2 * number + half) % 16]
                length = beat * float(rng.choice([0.5, 1.0, 1.5]))
                _mix(whole, at + half * beat / 2, 0.2 * timbres[2].note(note, length))
        if sings and number % 2 == 0:
            _mix(whole, at, 0.3 * _sung(root + 24 + int(rng.choice(scale)), 1.8 * beat, rng))
        if drums:
            _mix(whole, at, (0.5 if number % 2 == 0 else 0.25) * _hit(rng, low=number % 2 == 0))
            _mix(whole, at + beat / 2, 0.08 * _hit(rng, low=False))
    return whole[: round(seconds * EAR_RATE)]


class _Timbre:
    """One instrument: its overtones, how fast it begins and fades."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._tones = rng.uniform(0.1, 1, 8) / np.arange(1, 9) ** rng.uniform(0.5, 2)
        self._fade, self._attack = rng.uniform(0.5, 6), rng.uniform(0.003, 0.08)

    def note(self, key: int, seconds: float) -> Wave:
        at = np.arange(max(1, round(seconds * EAR_RATE))) / EAR_RATE
        pitch = 440 * 2 ** ((key - 69) / 12)
        sound = _overtones(pitch * at, self._tones[: int(EAR_RATE / 2 / pitch)])
        rise = np.minimum(1, at / self._attack) * np.minimum(1, (seconds - at) / 0.02)
        return np.asarray(sound * rise * np.exp(-self._fade * at / seconds), np.float32)


def _sung(key: int, seconds: float, rng: np.random.Generator) -> Wave:
    """A vowel: a buzz through three resonances."""
    at = np.arange(round(seconds * EAR_RATE)) / EAR_RATE
    pitch = 440 * 2 ** ((key - 69) / 12) * (1 + 0.01 * np.sin(2 * np.pi * 5.5 * at))
    heights = np.arange(1, int(EAR_RATE / 2 / pitch.max())) * float(np.mean(pitch))
    formants = (rng.uniform(300, 900), rng.uniform(900, 2400), rng.uniform(2400, 3400))
    gains = np.sum([np.exp(-(((heights - each) / 160) ** 2)) for each in formants], axis=0)
    sound = _overtones(np.cumsum(pitch) / EAR_RATE, gains[:24])
    return np.asarray(sound * np.minimum(1, at / 0.05) * np.minimum(1, (seconds - at) / 0.1), np.float32)


def _overtones(turns: NDArray[np.floating], gains: NDArray[np.floating]) -> Wave:
    """The tone that has turned so often, with its overtones: powers of one vector that turns."""
    vector = np.exp(2j * np.pi * turns.astype(np.float32)).astype(np.complex64)
    sound = np.zeros_like(vector)
    for gain in gains[::-1]:
        sound = (sound + np.complex64(gain)) * vector
    return np.asarray(sound.imag, np.float32)


def _hit(rng: np.random.Generator, *, low: bool) -> Wave:
    at = np.arange(round(0.18 * EAR_RATE)) / EAR_RATE
    if low:
        return np.asarray(
            np.sin(2 * np.pi * (50 * at + 4 * (1 - np.exp(-30 * at)))) * np.exp(-15 * at), np.float32
        )
    return np.asarray(rng.normal(size=at.size) * np.exp(-at * rng.uniform(20, 60)), np.float32)


def _mix(whole: Wave, seconds: float, sound: Wave) -> None:
    at = round(seconds * EAR_RATE)
    piece = sound[: max(0, len(whole) - at)]
    whole[at : at + len(piece)] += piece
