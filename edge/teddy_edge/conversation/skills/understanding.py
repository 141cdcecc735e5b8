"""What a child may have meant by the words that were heard: small mistakes and plurals mended. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

from teddy_edge.conversation.skills.mistakes import NEVER_MISTAKEN, PLURALS
from teddy_edge.safety.normalise import Spellings, Words, readings
from teddy_edge.safety.phrases import Pattern

LEAST_SOUND: Final = 3  # letters; "pur" is "purr"
LEAST_EDIT: Final = 5  # letters; shorter words have too many neighbours

_CALLING: Final = frozenset(("hey", "hi", "hello", "oh", "well", "so", "and", "okay", "please", "now", "but"))
_NAMES: Final = frozenset(("teddy", "teddi", "tedi", "teddie", "tedy", "eddy"))
_OWNED: Final = frozenset(
    ("my", "a", "the", "your", "is", "you", "name", "called", "another", "love", "about")
)
_WORD: Final = re.compile(r"[a-z]+")
_HARD_C: Final = re.compile(r"c(?![eih])")
_DOUBLED: Final = re.compile(r"([^aeiou])\1+")


class Vocabulary:
    """The words that a skill listens for."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = frozenset(words)
        self._by_sound: defaultdict[str, list[str]] = defaultdict(list)
        self._by_gap: defaultdict[str, list[str]] = defaultdict(list)
        for word in self._words:
            if len(word) >= LEAST_SOUND:
                self._by_sound[_sound(word)].append(word)
            if len(word) >= LEAST_EDIT:
                for gap in _gaps(word):
                    self._by_gap[gap].append(word)

    @classmethod
    def of_patterns(cls, sources: Iterable[str]) -> Vocabulary:
        return cls(word for source in sources for word in _WORD.findall(source.lower()))

    def meant(self, word: str) -> tuple[str, ...]:
        """What else a word may be: its singular, and the words it is a small mistake for."""
        known = tuple(dict.fromkeys(each for each in (word, *singulars(word)) if each in self._words))
        if known or word in NEVER_MISTAKEN:
            return known
        near: dict[str, None] = {}
        for each in (word, *singulars(word)):
            if len(each) >= LEAST_SOUND:
                near.update(dict.fromkeys(self._by_sound.get(_sound(each), ())))
            if len(each) >= LEAST_EDIT and each not in NEVER_MISTAKEN:
                for gap in _gaps(each):
                    for candidate in self._by_gap.get(gap, ()):
                        if candidate[0] == each[0] and _one_edit(each, candidate):
                            near[candidate] = None
        return tuple(near)


def understand(text: str, vocabulary: Vocabulary) -> Words:
    """The words of a sentence, each with what it may have been meant as; the bear's name is left out."""
    plain = readings(text)[0].row
    heard = _unaddressed(plain) if plain else ()
    row = tuple(tuple(dict.fromkeys((*each, *_meant(each, vocabulary)))) for each in heard)
    return Words(row, frozenset(spelling for each in row for spelling in each))


def covered(patterns: Iterable[Pattern], words: Words) -> float:
    """Which share of the words the longest match takes; 0 where nothing matches."""
    longest = max((span.end - span.start for each in patterns for span in each.spans(words)), default=0)
    return min(1.0, longest / len(words.row)) if words.row else 0.0


def matches(patterns: Iterable[Pattern], words: Words) -> bool:
    return any(pattern.matches(words) for pattern in patterns)


def singulars(word: str) -> Iterator[str]:
    """What a word may be the plural of."""
    if word in PLURALS:
        yield PLURALS[word]
    elif len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        if word.endswith("ies"):
            yield f"{word[:-3]}y"
        if word.endswith("ves"):
            yield f"{word[:-3]}f"
        if word.endswith(("ses", "xes", "zes", "ches", "shes", "oes")):
            yield word[:-2]
        yield word[:-1]


def _meant(spellings: Spellings, vocabulary: Vocabulary) -> Iterator[str]:
    for spelling in spellings:
        yield from vocabulary.meant(spelling)


def _unaddressed(row: tuple[Spellings, ...]) -> tuple[Spellings, ...]:
    """Without the bear's name at either end, unless that is all, or the end of "my teddy"."""
    plain = [each[0] for each in row]
    start = 1 if plain[0] in _CALLING else 0
    if start < len(plain) and plain[start] in _NAMES:
        end = start + 2 if plain[start + 1 : start + 2] == ["bear"] else start + 1
        if rest := (*row[:start], *row[end:]):
            return _unaddressed(rest)
    if len(plain) > 1 and plain[-1] in _NAMES and plain[-2] not in _OWNED:
        return row[:-1]
    return row


def _sound(word: str) -> str:
    """Two words that sound alike to a recogniser have the same."""
    word = word.replace("ph", "f").replace("ck", "k").replace("y", "i")
    word = _DOUBLED.sub(r"\1", _HARD_C.sub("k", word))
    return word.removesuffix("e") if len(word) > LEAST_EDIT else word


def _gaps(word: str) -> Iterator[str]:
    yield word
    for at in range(len(word)):
        yield word[:at] + word[at + 1 :]


def _one_edit(one: str, other: str) -> bool:
    """Whether one letter put in, left out, changed or swapped with the next makes one the other."""
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    a, b = one[start:], other[start:]
    swapped = len(a) >= 2 and a[1::-1] + a[2:] == b
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or swapped


__all__ = ["Vocabulary", "Words", "covered", "matches", "singulars", "understand"]
