"""Recorded people and what they say, as Debian's package of recogniser tests brings them."""

from __future__ import annotations

import re
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from teddy_edge.audio.samples import EAR_RATE, Pcm
from teddy_shared.errors import ConfigError

PACKAGE: Final = "pocketsphinx-testdata"
PLACE: Final = Path("/usr/share/pocketsphinx/test/data")

# Raw recordings whose words stand in the package only as a name or a grammar. `numbers.raw` is left out:
# nothing in the package says what is spoken in it.
_RAW: Final = {
    "goforward": ("goforward.raw", "go forward ten meters"),
    "something": ("something.raw", "go somewhere and do something"),
    "2934z": ("tidigits/dhd.2934z.raw", "two nine three four zero"),
}
_LINE: Final = re.compile(r"<s>\s*(?P<said>.*?)\s*</s>\s*\((?P<name>[^)]+)\)")


@dataclass(frozen=True, slots=True)
class SpokenClip:
    """A recording and the words in it."""

    name: str
    pcm: Pcm  # int16 [n], at EAR_RATE
    said: str

    @property
    def seconds(self) -> float:
        return len(self.pcm) / EAR_RATE


def human_clips(place: Path = PLACE) -> list[SpokenClip]:
    """All of them, in a fixed order. Raises ConfigError where the package is not installed."""
    try:
        return [
            *_transcribed(place / "cards", place / "cards/cards.transcription"),
            *_transcribed(place / "librivox", place / "librivox/transcription"),
            *(SpokenClip(name, _raw(place / file), said) for name, (file, said) in _RAW.items()),
        ]
    except FileNotFoundError:
        raise ConfigError(f"the recordings of people are missing: sudo apt install {PACKAGE}") from None


def transcripts(text: str) -> dict[str, str]:
    """Name to words, of lines like `<s> ten of clubs </s> (001)`."""
    return {found["name"]: found["said"] for found in _LINE.finditer(text)}


def _transcribed(folder: Path, file: Path) -> Iterator[SpokenClip]:
    for name, said in transcripts(file.read_text()).items():
        yield SpokenClip(f"{folder.name}/{name[-4:]}", _wav(folder / f"{name}.wav"), said)


def _wav(path: Path) -> Pcm:
    with wave.open(str(path)) as clip:
        return _samples(clip.readframes(clip.getnframes()))


def _raw(path: Path) -> Pcm:
    return _samples(path.read_bytes())


def _samples(data: bytes) -> Pcm:
    return np.frombuffer(data, "<i2").astype(np.int16)
