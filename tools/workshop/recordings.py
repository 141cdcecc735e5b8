"""The recordings that a demo plays: which ship with the project, and whether a file can be played."""

from __future__ import annotations

import wave
from collections.abc import Sequence
from pathlib import Path
from typing import Final

RATE: Final = 16_000  # Hz; what the bear's ear takes
SHIPPED: Final = Path(__file__).parent / "recording"


class BadClip(Exception):
    """A file that cannot stand in for the microphone; the message says which and why."""


def shipped() -> list[Path]:
    """The conversation that comes with the project, in its order."""
    return sorted(SHIPPED.glob("*.wav"))


def examine(clips: Sequence[Path]) -> float:
    """Seconds of sound in all of them. Raises BadClip for the first that cannot be played."""
    return sum(_seconds(clip) for clip in clips)


def _seconds(clip: Path) -> float:
    try:
        with wave.open(str(clip), "rb") as sound:
            channels, width, rate = sound.getnchannels(), sound.getsampwidth(), sound.getframerate()
            promised = sound.getnframes()
            there = len(sound.readframes(promised)) // (channels * width)
    except FileNotFoundError:
        raise BadClip(f"there is no file {clip}") from None
    except OSError as error:
        raise BadClip(f"{clip} cannot be read: {error.strerror}") from None
    except (wave.Error, EOFError):
        raise BadClip(f"{clip} is not a WAV file of plain samples (PCM)") from None
    if (rate, channels, width) != (RATE, 1, 2):
        raise BadClip(
            f"{clip} has {rate} Hz, {channels} channel{'s' * (channels != 1)} and {8 * width} bits; Teddy "
            f"hears {RATE} Hz, 1 channel, 16 bits (sox {clip.name} -r {RATE} -c 1 -b 16 new.wav makes it so)"
        )
    if there == 0:
        raise BadClip(f"{clip} holds no sound")
    if there < promised:
        raise BadClip(f"{clip} is cut short: it promises {promised} samples and holds {there}")
    return there / RATE
