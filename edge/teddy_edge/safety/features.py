"""What the heads look at beside the meaning: words and pieces of words, in numbered drawers. Pure."""

from __future__ import annotations

import re
import zlib
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from teddy_edge.safety.normalise import readings

DRAWERS: Final = 1 << 14
"""Two grams may share one; with so many that costs less than a percent of what is found."""

PIECE: Final = 18  # words; of a longer breath the parts are looked at too, or its middle would be lost
ALONE: Final = 2  # words; who counts says a sentence a word, and those are looked at among their neighbours

_SENTENCE: Final = re.compile(r"(?<=[.!?;])\s+")
_LETTERS: Final = (3, 4, 5)


def plain_texts(text: str) -> tuple[str, ...]:
    """The text as rules read it, contractions opened: whole, and also with spelled-out words put together."""
    rows = (" ".join(spellings[0] for spellings in words.row) for words in readings(text))
    return tuple(dict.fromkeys(row for row in rows if row))


def pieces(text: str) -> tuple[str, ...]:
    """What is judged of a text: all of it, its sentences, and of long ones overlapping parts; plain."""
    found: dict[str, None] = dict.fromkeys(plain_texts(text))
    sentences = _SENTENCE.split(text)
    for sentence in sentences if len(sentences) > 1 else ():
        found |= dict.fromkeys(plain for plain in plain_texts(sentence) if len(plain.split()) >= ALONE)
    for plain in tuple(found):
        words = plain.split()
        if len(words) > PIECE:
            starts = range(0, len(words) - PIECE // 2, PIECE // 2)
            found |= dict.fromkeys(" ".join(words[start : start + PIECE]) for start in starts)
    return tuple(found)


def drawers(plain: str) -> NDArray[np.int64]:
    """The drawers of a plain text's words, neighbours, and runs of letters; each once, in order."""
    words = plain.split()
    row = ["<", *words, ">"]
    grams = [f"1{word}" for word in words]
    grams += [f"2{a} {b}" for a, b in pairwise(row)]
    grams += [f"3{a} {b} {c}" for a, b, c in zip(row, row[1:], row[2:], strict=False)]
    grams += [f"s{a} {c}" for a, c in zip(row, row[2:], strict=False)]
    letters = f" {plain} "
    for length in _LETTERS:
        grams += [f"c{letters[at : at + length]}" for at in range(len(letters) - length + 1)]
    return np.array(sorted({zlib.crc32(gram.encode()) % DRAWERS for gram in grams}), np.int64)
