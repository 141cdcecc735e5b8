"""Cuts a reply into the pieces that are spoken one after the other: a short one first, then sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

FIRST_LEAST: Final = 2  # words before a comma may end the first clause
FIRST_SOON: Final = 6  # words after which the first clause may end without a comma
FIRST_MOST: Final = 8  # words after which it does
TAIL: Final = 3  # words: a rest shorter than this is not worth a clause of its own

CLOSING: Final = "\"')]\u00bb\u201d\u2019"  # quotes and brackets, straight and curly
_OPENING: Final = "\"'([\u00ab\u201c\u2018"
_ENDS: Final = ".!?\u2026"
_PAUSES: Final = ",;:\u2013\u2014"

_TITLE: Final = re.compile(r"(mrs?|ms|dr|prof|st|[js]r|rev|capt|col|gen|lt|sgt|vs|e\.g|i\.e|[ap]\.m)\.", re.I)
# Before these a cut is heard least.
_JOINT: Final = re.compile(
    r"and|but|or|so|because|when|while|if|that|who|which|where|until|before|after", re.I
)
# These lean on the word behind them.
_LEANING: Final = re.compile(
    r"an?|the|of|to|in|on|at|by|for|from|with|about|my|your|his|her|its|our|their|some|very|so|"
    r"is|are|was|were|be|can|will|has|have|had|and|but|or|as|than|who|that|i|you|he|she|it|we|they",
    re.I,
)


def clauses(text: str) -> list[str]:
    """The pieces, in order. Joined by spaces they have exactly the words of the text."""
    sentences = _sentences(text.split())
    if not sentences:
        return []
    first, *others = sentences
    cut = _first_cut(first)
    pieces = [first[:cut], first[cut:], *others] if cut else [first, *others]
    return [" ".join(piece) for piece in pieces]


def _sentences(words: Sequence[str]) -> list[list[str]]:
    sentences: list[list[str]] = []
    current: list[str] = []
    for at, word in enumerate(words):
        current.append(word)
        if at + 1 == len(words) or _ends_sentence(word, words[at + 1]):
            sentences.append(current)
            current = []
    return sentences


def _ends_sentence(word: str, following: str) -> bool:
    bare = word.rstrip(CLOSING)
    if not bare or bare[-1] not in _ENDS:
        return False
    if not re.search(r"\w", bare):  # a lone "..." belongs to what is around it
        return False
    if following.lstrip(_OPENING)[:1].islower():  # "Hello!" said the bear
        return False
    return not _TITLE.fullmatch(bare.lstrip(_OPENING)) and not re.fullmatch(r"[A-HJ-Z]\.", bare)


def _first_cut(words: Sequence[str]) -> int:
    """After how many words of the first sentence to cut; 0 for not at all."""
    last = len(words) - TAIL  # the latest cut that leaves enough
    for at in range(FIRST_LEAST, min(FIRST_MOST, last) + 1):
        if words[at - 1].rstrip(CLOSING)[-1:] in _PAUSES and _apart(words[at - 1], words[at]):
            return at
    if len(words) <= FIRST_MOST + TAIL:
        return 0
    candidates = [at for at in range(FIRST_MOST, FIRST_SOON - 1, -1) if _apart(words[at - 1], words[at])]
    for fits in (_before_a_joint, _on_its_own, lambda *_: True):
        for at in candidates:
            if fits(words[at - 1], words[at]):
                return at
    return 0


def _before_a_joint(word: str, following: str) -> bool:
    return bool(_JOINT.fullmatch(following)) and _on_its_own(word, following)


def _on_its_own(word: str, _: str) -> bool:
    """Whether the voice can come to rest on a word."""
    return not _LEANING.fullmatch(word)


def _apart(word: str, following: str) -> bool:
    """Whether one may pause between two words: not within "2 1/2", "10, 9, 8" or "Mr. Bear"."""
    numbers = word[-2:].strip(_PAUSES)[-1:].isdigit() and following.lstrip(_OPENING)[:1].isdigit()
    return not numbers and not _TITLE.fullmatch(word.lstrip(_OPENING))
