"""Children who pause within a sentence: synthetic voices, with silence of any length where a bar stands."""

from __future__ import annotations

import subprocess
import tempfile
import tomllib
import wave
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from teddy_edge.audio.samples import EAR_RATE, MOUTH_RATE, Pcm
from teddy_edge.speech.hibari import HibariSynthesizer
from teddy_shared.ages import AgeBand
from teddy_shared.clock import Chance

SHORTEST: Final = 0.3  # seconds of silence within a sentence
LONGEST: Final = 2.0
LEAD: Final = EAR_RATE // 2  # samples of room before the first word
LEVEL: Final = 2600.0  # of the words, root mean square
ROOM: Final = 12.0  # of the room's noise
_LOUD: Final = 260.0  # what is softer at the ends of a piece is not speech; a tenth of the level
_AGES: Final = {"3-4": AgeBand.LITTLE, "5-7": AgeBand.MIDDLE, "8-10": AgeBand.BIG}

Sound = NDArray[np.float64]
Say = Callable[[str], Sound]


@dataclass(frozen=True, slots=True)
class Sentence:
    """In pieces; between them the child pauses."""

    band: AgeBand
    pieces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spoken:
    """A sentence as the ear gets it."""

    sentence: Sentence
    voice: str
    pauses: tuple[float, ...]  # seconds
    pcm: Pcm  # with room noise, and none behind it
    ends: int  # samples to the end of the last word


def read_sentences(path: Path) -> list[Sentence]:
    by_age: Mapping[str, list[str]] = tomllib.loads(path.read_text())
    return [
        Sentence(_AGES[age], tuple(piece.strip() for piece in line.split("|")))
        for age, lines in by_age.items()
        for line in lines
    ]


def voices(hibari: HibariSynthesizer) -> dict[str, Say]:
    """By name. Two engines that are not the bear's, and the bear's own raised to a child's pitch."""
    return {
        "flite slt": lambda text: _flite(text, "slt", higher=1.05),
        "espeak-ng us": lambda text: _espeak(text, "en-us+f3"),
        "hibari": lambda text: _raised(hibari.render(text).astype(np.float64), MOUTH_RATE, 1.12),
        "flite rms": lambda text: _flite(text, "rms", higher=1.2),
        "espeak-ng gb": lambda text: _espeak(text, "en-gb+f2"),
    }


def speak(sentence: Sentence, voice: str, say: Say, chance: Chance) -> Spoken:
    """Each piece is said by itself, so nothing in the melody tells that more will come: the harder case."""
    pauses = tuple(round(chance.between(SHORTEST, LONGEST), 3) for _ in sentence.pieces[1:])
    parts: list[Sound] = [np.zeros(LEAD)]
    for number, piece in enumerate(sentence.pieces):
        parts.append(_levelled(say(piece)))
        if number < len(pauses):
            parts.append(np.zeros(round(pauses[number] * EAR_RATE)))
    whole = np.concatenate(parts)
    noise = np.random.default_rng(chance.below(1 << 30)).normal(0, ROOM, len(whole))
    pcm = np.clip(whole + noise, -32767, 32767).astype(np.int16)
    return Spoken(sentence, voice, pauses, pcm, len(whole))


def all_spoken(
    sentences: list[Sentence], voices: Mapping[str, Say], each: int, chance: Chance
) -> Iterator[Spoken]:
    """Every sentence in `each` voices, which take turns."""
    names = list(voices)
    for number, sentence in enumerate(sentences):
        for step in range(each):
            name = names[(number + 2 * step) % len(names)]
            yield speak(sentence, name, voices[name], chance)


def _levelled(sound: Sound) -> Sound:
    """At LEVEL, from the first sound of the words to the last."""
    level = np.sqrt(np.mean(sound[np.abs(sound) > np.abs(sound).max() / 20] ** 2))
    sound = sound * (LEVEL / level)
    loud = np.flatnonzero(np.abs(sound) > _LOUD)
    return sound[loud[0] : loud[-1] + 1]


def _flite(text: str, voice: str, *, higher: float) -> Sound:
    return _raised(*_clip(["flite", "-voice", voice, "-t", text, "-o"]), higher)


def _espeak(text: str, voice: str) -> Sound:
    return _raised(*_clip(["espeak-ng", "-v", voice, "-s", "140", "-p", "70", text, "-w"]), 1.0)


def _raised(sound: Sound, rate: int, higher: float) -> Sound:
    ratio = rate / EAR_RATE * higher
    raised: Sound = np.interp(np.arange(int(len(sound) / ratio)) * ratio, np.arange(len(sound)), sound)
    return raised


def _clip(command: list[str]) -> tuple[Sound, int]:
    with tempfile.TemporaryDirectory(prefix="teddy-bench-") as folder:
        path = Path(folder) / "clip.wav"
        subprocess.run([*command, str(path)], check=True, capture_output=True, timeout=60)
        with wave.open(str(path)) as clip:
            return np.frombuffer(clip.readframes(clip.getnframes()), "<i2").astype(float), clip.getframerate()
