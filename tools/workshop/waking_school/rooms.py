"""A room around the voice, and what else sounds in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from teddy_edge.audio.samples import EAR_RATE, Pcm
from workshop.waking_school.waves import Wave, at_loudness, loudness, raised, to_wave

Random = np.random.Generator


def answer(rng: Random) -> Wave:
    """How some room answers a click: a few walls, then a tail of 0.1 to 0.7 s that loses its highs first."""
    fades = rng.uniform(0.1, 0.7)
    length = round(min(0.5, fades) * EAR_RATE)
    at = np.arange(length) / EAR_RATE
    tail = rng.normal(size=length) * np.exp(-6.9 * at / fades)
    tail[: round(rng.uniform(0.002, 0.02) * EAR_RATE)] = 0
    dull = rng.uniform(0, 0.6)
    tail[1:] = (1 - dull) * tail[1:] + dull * tail[:-1]
    tail *= 10 ** (rng.uniform(-24, -2) / 20) / max(1e-9, float(np.sqrt(np.sum(np.square(tail)))))
    tail[0] += 1.0
    for _ in range(int(rng.integers(2, 7))):
        tail[int(rng.uniform(0.001, 0.03) * EAR_RATE)] += rng.choice([-1, 1]) * rng.uniform(0.05, 0.4)
    return tail.astype(np.float32)


def in_room(wave: Wave, room: Wave) -> Wave:
    """As long as before: what rings on behind the end is cut."""
    size = 1 << (len(wave) + len(room) - 2).bit_length()
    both = np.fft.rfft(wave, size) * np.fft.rfft(room, size)
    return np.asarray(np.fft.irfft(both, size)[: len(wave)], np.float32)


def coloured(length: int, rng: Random, slope: float) -> Wave:
    """Noise that falls with frequency: 0 white, 0.5 pink, 1 brown."""
    size = 1 << (length - 1).bit_length()
    spectrum = np.fft.rfft(rng.normal(size=size))
    spectrum /= np.maximum(np.arange(len(spectrum)), 8) ** slope
    return np.asarray(np.fft.irfft(spectrum, size)[:length], np.float32)


def white(length: int, rng: Random) -> Wave:
    return rng.normal(size=length).astype(np.float32)


def babble(length: int, rng: Random, speech: Sequence[Pcm], voices: int) -> Wave:
    """So many people at once, none of whom means the bear."""
    whole = np.zeros(length, np.float32)
    for _ in range(voices):
        loud = rng.uniform(-6, 0)
        at = -int(rng.integers(EAR_RATE))
        while at < length:
            clip = to_wave(speech[int(rng.integers(len(speech)))])
            clip = at_loudness(raised(clip, float(rng.uniform(0.9, 1.35))), loud)
            piece = clip[max(0, -at) : length - at]
            whole[max(0, at) : max(0, at) + len(piece)] += piece
            at += len(clip) + int(rng.uniform(0.0, 0.4) * EAR_RATE)
    return whole


def hum(length: int, rng: Random) -> Wave:
    """A fan or a fridge: some tones and a rush."""
    at = np.arange(length) / EAR_RATE
    base = rng.uniform(45, 240)
    tones = sum(rng.uniform(0, 1) * np.sin(2 * np.pi * base * tone * at + tone) for tone in range(1, 9))
    return np.asarray(tones, np.float32) + coloured(length, rng, 0.7) * rng.uniform(0.5, 30)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What may sound beside a voice: people to speak, and pieces of music and of crowds."""

    speech: Sequence[Pcm]
    music: Sequence[Pcm]
    babble: Sequence[Pcm]


def _any_noise(length: int, rng: Random) -> Wave:
    sort = rng.random()
    if sort < 0.45:
        return white(length, rng)
    if sort < 0.8:
        return coloured(length, rng, float(rng.uniform(0.3, 1.1)))
    return hum(length, rng)


def some_sound(length: int, rng: Random, around: Surroundings) -> Wave:
    """Noise, music or a crowd, each about as often."""
    sort = rng.random()
    if sort < 0.37:
        return _any_noise(length, rng)
    pieces = around.music if sort < 0.65 else around.babble
    piece = pieces[int(rng.integers(len(pieces)))]
    at = int(rng.integers(max(1, len(piece) - length)))
    return np.resize(to_wave(piece[at : at + length]), length)


def over(wave: Wave, sound: Wave, decibels: float, *, voice: float) -> Wave:
    """Both together; the voice (of this loudness) is so many decibels above the sound."""
    rms = float(np.sqrt(np.mean(np.square(sound)))) or 1.0
    return np.asarray(wave + sound * (voice / rms / 10 ** (decibels / 20)), np.float32)


def loud(wave: Wave) -> float:
    return loudness(wave) or 0.01
