"""What children say in a simulated day, in the bear's own voice raised to a child's; and a television."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np

from teddy_edge.audio.samples import EAR_RATE, MOUTH_RATE, Pcm

HIGHER: Final = 1.12  # a child's pitch
TELEVISION: Final = 0.1  # of a voice that speaks to the bear: from the other end of the room
MURMUR: Final = 4  # voices at once, out of step

SENTENCES: Final = (
    "Hello Teddy.",
    "Can you tell me a joke?",
    "Tell me something about elephants.",
    "Why is the sky blue?",
    "What is three plus four?",
    "Sing me a song about the moon.",
    "I am sad because my friend moved away.",
    "Let's play a word game.",
    "Tell me a story about a dragon.",
    "What do penguins eat?",
    "I had pancakes for breakfast.",
    "Are you real?",
    "How far away is the sun?",
    "I can't sleep.",
    "Do you know a riddle?",
    "Yes please.",
    "No, something else.",
    "Good night, Teddy.",
)


class Renders(Protocol):
    def render(self, text: str) -> Pcm: ...


def children(voice: Renders, sentences: Sequence[str] = SENTENCES) -> list[Pcm]:
    """Each sentence as int16 [n] at the ear's rate. Blocks."""
    return [_higher(voice.render(sentence)) for sentence in sentences]


def television(said: Sequence[Pcm], seconds: float) -> Pcm:
    """Several voices that speak to nobody here, quietly."""
    samples, line = round(seconds * EAR_RATE), np.concatenate(list(said)).astype(np.float32)
    starts = (len(line) * number // MURMUR for number in range(MURMUR))
    mixed = sum(np.resize(np.roll(line, -start), samples) for start in starts)
    murmur: Pcm = np.clip(TELEVISION * np.asarray(mixed), -32768, 32767).astype(np.int16)
    return murmur


def _higher(grown: Pcm) -> Pcm:
    ratio = MOUTH_RATE / EAR_RATE * HIGHER
    at = np.arange(int(len(grown) / ratio)) * ratio
    child: Pcm = np.interp(at, np.arange(len(grown)), grown).astype(np.int16)
    return child
