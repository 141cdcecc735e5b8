"""Rooms in which a bear hears itself, for tests: an impulse response, its noise, and who speaks in it."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from teddy_edge.audio.samples import EAR_RATE, Pcm

RINGS: Final = 0.25  # seconds until the room is 60 dB quieter
TAPS: Final = EAR_RATE // 5

Response = NDArray[np.float64]


def room_response(seed: int) -> Response:
    """The direct way, four walls and a tail, with an energy of one."""
    chance, at = np.random.default_rng(seed), np.arange(TAPS) / EAR_RATE
    taps = 0.2 * chance.standard_normal(TAPS) * 10 ** (-3 * at / RINGS)
    taps[chance.integers(20, 300, 4)] += chance.uniform(-0.6, 0.6, 4)
    taps[0] = 1.0
    response: Response = taps / np.sqrt(np.square(taps).sum())
    return response


def in_a_room(
    played: Pcm, *, seed: int, loudness: float, delay: int, noise: float = 15.0, rattle: float = 0.0
) -> NDArray[np.float64]:
    """What a microphone hears of what is played; `rattle` is the level at which a cheap speaker bends it."""
    sound = played.astype(float)
    if rattle:
        sound = np.tanh(sound / rattle) * rattle
    sound = loudness * np.convolve(sound, room_response(seed))
    sound = np.concatenate((np.zeros(delay), sound))[: len(played)]
    return sound + noise * np.random.default_rng(seed + 1).standard_normal(len(played))


def mixed(room: NDArray[np.float64], said: Pcm, at: int) -> Pcm:
    """Somebody speaks in it too."""
    whole = room.copy()
    whole[at : at + len(said)] += said
    return np.clip(np.rint(whole), -32768, 32767).astype(np.int16)


SILENCE: Final = np.zeros(0, np.int16)
