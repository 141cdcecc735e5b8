"""What is said to the bear while it is measured: synthetic voices, our own recording, recorded people."""

from __future__ import annotations

import subprocess
import tempfile
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from teddy_edge.audio.microphone import Clip
from teddy_edge.audio.samples import EAR_RATE, Pcm
from teddy_edge.audio.wav import read_clip
from workshop.hearing.clips import human_clips
from workshop.recordings import shipped

LONGEST: Final = 6.0  # seconds of speech in a turn that first_sound speaks of

_VOICES: Final = ("slt", "rms", "awb")  # of flite
_SENTENCES: Final = (
    "Can you tell me a joke?",
    "Why is the sky blue?",
    "I had pancakes with strawberry jam for breakfast.",
    "How do fish breathe under water?",
    "My name is Charlie and I am six years old.",
    "What do elephants eat?",
    "I am sad because my friend moved away.",
    "Set a timer for ten minutes, please.",
    "Do dinosaurs still live somewhere, and are they very big?",
    "Where do penguins sleep when it is cold?",
    "Sing me a song about the moon.",
    "I lost my red mitten in the garden yesterday and now my hand is cold.",
)


def sentences() -> list[Clip]:
    """At most LONGEST seconds each, in a fixed order, the kinds mixed."""
    kinds = [list(_synthetic()), list(_recorded()), list(_human())]
    mixed = [kind[at] for at in range(max(map(len, kinds))) for kind in kinds if at < len(kind)]
    return [clip for clip in mixed if len(clip.pcm) <= LONGEST * EAR_RATE]


def _synthetic() -> Iterator[Clip]:
    with tempfile.TemporaryDirectory(prefix="teddy-bench-") as folder:
        for number, sentence in enumerate(_SENTENCES):
            voice = _VOICES[number % len(_VOICES)]
            yield Clip(f"{voice} {number + 1}", _flite(sentence, voice, Path(folder) / "clip.wav"))


def _recorded() -> Iterator[Clip]:
    for path in shipped():
        yield Clip(path.stem, read_clip(path))


def _human() -> Iterator[Clip]:
    for clip in human_clips():
        yield Clip(clip.name, clip.pcm)


def _flite(text: str, voice: str, path: Path) -> Pcm:
    subprocess.run(["flite", "-voice", voice, "-t", text, "-o", str(path)], check=True, timeout=60)
    with wave.open(str(path)) as clip:
        assert clip.getframerate() == EAR_RATE
        return np.frombuffer(clip.readframes(clip.getnframes()), "<i2").astype(np.int16)
