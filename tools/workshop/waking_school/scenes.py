"""A moment in a home: what came before, the phrase (or another), what follows, a room, a noise, a level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from teddy_edge.audio.samples import EAR_RATE, Pcm
from workshop.waking_school.rooms import (
    Random,
    Surroundings,
    answer,
    coloured,
    in_room,
    loud,
    over,
    some_sound,
)
from workshop.waking_school.waves import Wave, at_loudness, raised, stretched, to_pcm, to_wave


@dataclass(frozen=True, slots=True)
class Scene:
    pcm: Pcm
    begins: int  # sample at which the phrase begins
    ends: int  # and ends


@dataclass(frozen=True, slots=True)
class Throat:
    """How a clip is changed into another person: a child's pitch is up to half as high again."""

    pitch: float
    tempo: float  # times as long

    def say(self, pcm: Pcm) -> Wave:
        return stretched(raised(to_wave(pcm), self.pitch), self.tempo * self.pitch)


def some_throat(rng: Random) -> Throat:
    if rng.random() < 0.3:
        return Throat(1.0, 1.0)
    pitch = float(rng.uniform(0.92, 1.5))
    return Throat(pitch, float(rng.uniform(0.72, 1.3)))


def scene(clip: Pcm, around: Surroundings, rng: Random) -> Scene:
    """The clip somewhere in a home."""
    throat = some_throat(rng)
    words = at_loudness(throat.say(clip), -20)
    before = _before(around, throat, rng)
    after = _after(around, throat, rng)
    wave = np.concatenate([before, words, after])
    return Scene(_heard(wave, around, rng), len(before), len(before) + len(words))


def talk(around: Surroundings, seconds: float, rng: Random) -> Pcm:
    """Somebody talks on, none of it the phrase."""
    parts: list[Wave] = []
    throat, total = some_throat(rng), 0
    while total < seconds * EAR_RATE:
        if rng.random() < 0.3:
            throat = some_throat(rng)
        parts.append(at_loudness(throat.say(_one_of(around.speech, rng)), float(rng.uniform(-26, -18))))
        parts.append(_pause(rng, 0.02, 0.7))
        total += len(parts[-1]) + len(parts[-2])
    return _heard(np.concatenate(parts)[: round(seconds * EAR_RATE)], around, rng)


def no_words(around: Surroundings, seconds: float, rng: Random) -> Pcm:
    """Noise, music, or a crowd alone."""
    sound = some_sound(round(seconds * EAR_RATE), rng, around)
    if rng.random() < 0.4:
        sound = in_room(sound, answer(rng))
    return to_pcm(at_loudness(sound, float(rng.uniform(-50, -12))))


def _heard(wave: Wave, around: Surroundings, rng: Random) -> Pcm:
    """Through a room, beside a noise, at a level."""
    voice = loud(wave)
    if rng.random() < 0.7:
        wave = in_room(wave, answer(rng))
    if rng.random() < 0.72:
        wave = over(wave, some_sound(len(wave), rng, around), float(rng.uniform(2, 28)), voice=voice)
    if rng.random() < 0.8:
        wave = over(
            wave, coloured(len(wave), rng, rng.uniform(0, 0.6)), float(rng.uniform(25, 60)), voice=voice
        )
    level = float(rng.uniform(-42, -10))
    return to_pcm(np.asarray(wave * (10 ** (level / 20) / voice), np.float32))


def _before(around: Surroundings, throat: Throat, rng: Random) -> Wave:
    """Mostly a pause; at times the end of a sentence, as people begin in the middle of their own talk."""
    if rng.random() < 0.6:
        return _pause(rng, 0.0, 1.6)
    talk = at_loudness(throat.say(_one_of(around.speech, rng)), float(rng.uniform(-26, -17)))[-2 * EAR_RATE :]
    return np.concatenate([talk, _pause(rng, 0.03, 0.5)])


def _after(around: Surroundings, throat: Throat, rng: Random) -> Wave:
    length = round(0.6 * EAR_RATE)
    if rng.random() < 0.55:
        return np.zeros(length, np.float32)
    talk = at_loudness(throat.say(_one_of(around.speech, rng)[: 2 * EAR_RATE]), float(rng.uniform(-24, -18)))
    return np.concatenate([_pause(rng, 0.0, 0.25), talk, np.zeros(length, np.float32)])[:length]


def _pause(rng: Random, least: float, most: float) -> Wave:
    return np.zeros(round(rng.uniform(least, most) * EAR_RATE), np.float32)


def _one_of(speech: Sequence[Pcm], rng: Random) -> Pcm:
    return speech[int(rng.integers(len(speech)))]
