"""How old a listener must be to follow a line: by how long its sentences are and by its uncommon words. Pure.

A measure of its own, in the manner of the old reading formulas (Spache, Dale-Chall) that count words on no
list of easy ones, but for what is heard: the list is of words heard at four, and of a word that is not on
it the syllables count. A line is short, so that one uncommon word, which a fact is usually about, must not
decide: the share is taken of at least `FEWEST` words.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from typing import Final

from teddy_shared.ages import AgeBand

FEWEST: Final = 12  # words

# Chosen on the lines of this release and on a newspaper's kind (tests/unit/test_authoring_reading.py): the
# hardest of the lines lie just below, the easiest of the newspaper's above.
YOUNGEST: Final = 2.0  # years, for a single easy word
A_WORD: Final = 0.17  # years for each word of the mean sentence
A_HARD_SHARE: Final = 9.0  # years, were every word uncommon
OLDEST: Final = {AgeBand.LITTLE: 5.5, AgeBand.MIDDLE: 6.3, AgeBand.BIG: 6.9}  # years
A_NAME: Final = 0.5  # as heavy as a word of one syllable, however long: a name need not be understood

_WORD: Final = re.compile(r"[A-Za-z]+(?:['-][A-Za-z]+)*")
_ENDS: Final = re.compile(r"[.!?]+")
_VOWELS: Final = re.compile(r"[aeiouy]+")
_SILENT: Final = re.compile(r"[aeiouy][^aeiouy]+(?<![^aeiouy]l)e$|[^td]ed$|[^lszcg]es$")
_TAILS: Final = (
    "'s", "s", "es", "ies:y", "ed", "d", "ied:y", "ing", "ing:e", "er", "r", "ier:y", "est", "st", "iest:y",
    "ly", "ily:y", "y", "n't", "'ll", "'re", "'d", "'ve", "less", "ful", "ves:f", "ves:fe",
)  # fmt: skip


def reading_age(text: str) -> float:
    """In years, as if it were the whole of what is said."""
    words = _WORD.findall(text)
    if not words:
        return YOUNGEST
    sentences = sum(bool(_WORD.search(each)) for each in _ENDS.split(text))
    share = sum(_weights(text).values()) / max(len(words), FEWEST)
    return YOUNGEST + A_WORD * len(words) / sentences + A_HARD_SHARE * share


def uncommon(text: str) -> tuple[str, ...]:
    """The words that make a line hard, the hardest first."""
    found = _weights(text)
    return tuple(word for word in sorted(found, key=lambda word: -found[word]) if found[word])


def syllables(word: str) -> int:
    """Near enough: groups of vowels, without a silent e at the end."""
    word = word.lower()
    return max(1, len(_VOWELS.findall(word)) - bool(_SILENT.search(word)))


def _weights(text: str) -> dict[str, float]:
    """Of every word how much it weighs, as often as it stands there."""
    weights: defaultdict[str, float] = defaultdict(float)
    for sentence in _ENDS.split(text):
        for at, word in enumerate(_WORD.findall(sentence)):
            named = at > 0 and word[0].isupper()
            weights[word] += min(A_NAME, _weight(word)) if named else _weight(word)
    return weights


def _weight(word: str) -> float:
    """0 for a word that is known at four; else half a syllable each, up to three of them."""
    return 0.0 if is_easy(word) else min(1.5, 0.5 * syllables(word))


def is_easy(word: str) -> bool:
    """Whether the word or what it is made of is on the list; of a joined word both halves are looked at."""
    word, known = word.lower(), easy_words()
    if len(word) == 1 or word in known or any(stem in known for stem in _stems(word)):
        return True
    return "-" in word and all(is_easy(part) for part in word.split("-"))


def _stems(word: str) -> Iterator[str]:
    for tail in _TAILS:
        end, _, instead = tail.partition(":")
        if word.endswith(end) and len(stem := word.removesuffix(end)) >= 2:
            yield stem + instead
            if len(stem) > 2 and stem[-1] == stem[-2]:
                yield stem[:-1]


@lru_cache(maxsize=1)
def easy_words() -> frozenset[str]:
    """Reads a file."""
    text = files("teddy_edge.authoring").joinpath("easy_words.txt").read_text("utf-8")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())
