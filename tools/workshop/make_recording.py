"""Makes the recording that the demo plays: a synthetic child in a small, not quite silent room.

The voice is Debian's flite (`slt`), which is not the bear's, raised to a child's pitch. Needs
`sudo apt install flite sox`. The files in `recording/` are its output: run it again to change them.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

RATE: Final = 16_000
LEAD: Final = 0.3  # seconds of room before and after the words
NOISE_DBFS: Final = -50.0
LEVEL_DBFS: Final = -20.0  # of the words
PITCH_CENTS: Final = 280  # a small girl's; above 300 the recogniser begins to guess
TEMPO: Final = 0.9  # children speak slower than flite


@dataclass(frozen=True)
class Line:
    """What the child says. A number between two pieces is a pause in seconds."""

    name: str
    pieces: tuple[str | float, ...]


LINES: Final = (
    Line("01-good-morning", ("Good morning,", 0.15, "Teddy!")),
    Line("02-what-can-you-do", ("What can you do?",)),
    Line("03-why-do-cats-purr", ("Teddy,", 0.35, "why do cats purr?")),
    Line("04-tell-me-a-joke", ("Tell me a joke,", 0.25, "please.")),
    Line("05-another-one", ("Another one!",)),
    Line("06-elephants", ("Tell me something", 0.4, "about elephants.")),
    Line("07-are-you-real", ("Are you real?",)),
    Line("08-my-knee-is-bleeding", ("Ouch!", 0.3, "I fell down, and my knee is bleeding.")),
    Line("09-good-night", ("Thank you Teddy,", 0.4, "good night.")),
)

Sound = NDArray[np.float64]


def record(line: Line, *, chance: np.random.Generator) -> Sound:
    """One line as the bear's microphone would get it, between -1 and 1."""
    parts = [_silence(LEAD)]
    for piece in line.pieces:
        parts.append(_silence(piece) if isinstance(piece, float) else _child(piece))
    words = np.concatenate([*parts, _silence(LEAD)])
    speech = words[np.abs(words) > 0.01]
    words *= 10 ** (LEVEL_DBFS / 20) / np.sqrt(np.mean(speech**2))
    return np.clip(_in_room(words, chance) + _room_noise(len(words), chance), -0.98, 0.98)


def _child(words: str) -> Sound:
    with tempfile.TemporaryDirectory() as folder:
        grown, small = Path(folder, "grown.wav"), Path(folder, "small.wav")
        _run(["flite", "-voice", "slt", "-t", words, "-o", str(grown)])
        effects = ["pitch", str(PITCH_CENTS), "tempo", "-s", str(TEMPO), "rate", "-v", str(RATE)]
        _run(["sox", "-R", str(grown), "-b", "16", str(small), *effects])
        with wave.open(str(small), "rb") as sound:
            samples = np.frombuffer(sound.readframes(sound.getnframes()), "<i2")
    loud = np.flatnonzero(np.abs(samples) > 200)  # flite pads each sentence with silence
    return samples[max(0, loud[0] - 160) : loud[-1] + 480].astype(np.float64) / 32768


def _in_room(words: Sound, chance: np.random.Generator) -> Sound:
    """A few early reflections and a short tail, about 0.2 s: a furnished nursery."""
    answer = np.zeros(int(0.2 * RATE))
    answer[0] = 1.0
    for delay, gain in ((0.011, 0.22), (0.019, 0.16), (0.031, 0.11)):
        answer[int(delay * RATE)] += gain
    tail = chance.standard_normal(answer.size) * np.exp(-np.arange(answer.size) / (0.03 * RATE))
    answer += 0.012 * tail
    return np.asarray(np.convolve(words, answer)[: len(words)])


def _room_noise(samples: int, chance: np.random.Generator) -> Sound:
    """Soft and darker than white, as a room is."""
    noise = np.convolve(chance.standard_normal(samples + 31), np.hanning(32), mode="valid")[:samples]
    return np.asarray(noise / np.sqrt(np.mean(noise**2)) * 10 ** (NOISE_DBFS / 20))


def _silence(seconds: float) -> Sound:
    return np.zeros(int(seconds * RATE))


def _run(command: Sequence[str]) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True)
    except FileNotFoundError:
        sys.exit(f"{command[0]} is not installed: sudo apt install {command[0]}")


def main() -> int:
    parser = argparse.ArgumentParser(description="Make the demo's recording anew.")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "recording")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    for number, line in enumerate(LINES):
        sound = record(line, chance=np.random.default_rng(number))
        with wave.open(str(out / f"{line.name}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes((sound * 32767).astype("<i2").tobytes())
        print(f"{line.name}  {len(sound) / RATE:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
