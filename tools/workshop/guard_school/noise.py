"""A sentence as it may arrive: misspelled, misheard, with fillers, run on into another one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from teddy_edge.safety.spellings import SOUNDALIKES

Random = np.random.Generator

FILLERS: Final = ("um", "like", "so", "and then", "you know", "well", "and", "but", "i think", "because")
OPENINGS: Final = (
    "teddy",
    "hey teddy",
    "guess what",
    "um teddy",
    "you know what",
    "can i tell you something",
)
ENDINGS: Final = ("teddy", "okay", "you know", "and stuff", "right", "please")

_MISHEARD: Final = {
    meant: tuple(sorted(written for written, all_ in SOUNDALIKES.items() if meant in all_))
    for meant in sorted({meant for all_ in SOUNDALIKES.values() for meant in all_})
}


def noisy(text: str, others: Sequence[str], rng: Random) -> str:
    """A copy with one or two of these on it; `others` are harmless sentences that it may run on into."""
    words = text.split()
    for _ in range(int(rng.integers(1, 3))):
        words = _ways[int(rng.integers(len(_ways)))](words, others, rng)
    return " ".join(words)


def _misspelled(words: list[str], _: Sequence[str], rng: Random) -> list[str]:
    at = int(rng.integers(len(words)))
    word = words[at]
    if len(word) < 4:
        return words
    cut = int(rng.integers(1, len(word) - 1))
    wrong = (word[:cut] + word[cut + 1 :], word[:cut] + word[cut + 1] + word[cut] + word[cut + 2 :])
    return [*words[:at], wrong[int(rng.integers(2))], *words[at + 1 :]]


def _misheard(words: list[str], _: Sequence[str], rng: Random) -> list[str]:
    places = [at for at, word in enumerate(words) if word in _MISHEARD]
    if not places:
        return words
    at = places[int(rng.integers(len(places)))]
    heard = _MISHEARD[words[at]]
    return [*words[:at], heard[int(rng.integers(len(heard)))], *words[at + 1 :]]


def _filled(words: list[str], _: Sequence[str], rng: Random) -> list[str]:
    at = int(rng.integers(len(words) + 1))
    return [*words[:at], FILLERS[int(rng.integers(len(FILLERS)))], *words[at:]]


def _opened(words: list[str], _: Sequence[str], rng: Random) -> list[str]:
    return [OPENINGS[int(rng.integers(len(OPENINGS)))], *words]


def _ended(words: list[str], _: Sequence[str], rng: Random) -> list[str]:
    return [*words, ENDINGS[int(rng.integers(len(ENDINGS)))]]


def _run_on(words: list[str], others: Sequence[str], rng: Random) -> list[str]:
    other = others[int(rng.integers(len(others)))].split()
    return [*words, "and", *other] if rng.random() < 0.5 else [*other, "and", *words]


def _stretched(words: list[str], _: Sequence[str], rng: Random) -> list[str]:
    at = int(rng.integers(len(words)))
    places = [i for i, letter in enumerate(words[at]) if letter in "aeiou"]
    if not places:
        return words
    i = places[int(rng.integers(len(places)))]
    return [*words[:at], words[at][:i] + words[at][i] * 4 + words[at][i + 1 :], *words[at + 1 :]]


_Way = Callable[[list[str], Sequence[str], Random], list[str]]
_ways: Final[tuple[_Way, ...]] = (
    _misspelled, _misspelled, _misheard, _filled, _opened, _ended, _run_on, _run_on, _stretched,
)  # fmt: skip
