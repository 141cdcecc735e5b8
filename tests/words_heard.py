"""What the tests of hearing and speaking share: other voices, the way through the air, counting errors."""

from __future__ import annotations

import subprocess
import wave
from pathlib import Path

import numpy as np

from teddy_edge.audio.samples import EAR_RATE, MOUTH_RATE, Pcm


def as_heard(spoken: Pcm) -> Pcm:
    """Samples of the mouth as the ear would get them in a silent room."""
    times = np.arange(spoken.size * EAR_RATE // MOUTH_RATE) * (MOUTH_RATE / EAR_RATE)
    heard: Pcm = np.interp(times, np.arange(spoken.size), spoken).astype(np.int16)
    return heard


def flite(text: str, folder: Path, *, voice: str = "slt") -> Pcm:
    """The text in a voice that is not the bear's, at EAR_RATE."""
    clip = folder / "flite.wav"
    subprocess.run(["flite", "-voice", voice, "-t", text, str(clip)], check=True, timeout=30)
    with wave.open(str(clip)) as file:
        assert file.getframerate() == EAR_RATE
        return np.frombuffer(file.readframes(file.getnframes()), np.int16)


def word_errors(said: str, heard: str) -> int:
    """Words to insert, delete or replace to get from one to the other, whatever case and marks."""
    one, other = _words(said), _words(heard)
    row = list(range(len(other) + 1))
    for at, word in enumerate(one, 1):
        before, row[0] = row[0], at
        for to, heard_word in enumerate(other, 1):
            cost = min(row[to] + 1, row[to - 1] + 1, before + (word != heard_word))
            before, row[to] = row[to], cost
    return row[-1]


def _words(text: str) -> list[str]:
    return "".join(letter if letter.isalnum() else " " for letter in text.lower().replace("'", "")).split()
