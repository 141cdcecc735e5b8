"""Letters as children say them and recognisers write them: "C A T", "see ay tea", "c-a-t". Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_PIECE: Final = re.compile(r"[a-z]+")

_NAMES: Final = {
    "ay": "a", "eh": "a", "hey": "a", "be": "b", "bee": "b", "see": "c", "sea": "c", "cee": "c", "dee": "d",
    "the": "d", "ee": "e", "he": "e", "ef": "f", "eff": "f", "if": "f", "gee": "g", "jee": "g",
    "aitch": "h", "age": "h", "eye": "i", "jay": "j", "kay": "k", "okay": "k", "el": "l", "ell": "l",
    "hell": "l", "em": "m", "them": "m", "en": "n", "and": "n", "an": "n", "oh": "o", "owe": "o",
    "pea": "p", "pee": "p", "queue": "q", "cue": "q", "are": "r", "our": "r", "ar": "r", "ess": "s",
    "as": "s", "tea": "t", "tee": "t", "to": "t", "you": "u", "vee": "v", "ex": "x", "axe": "x", "why": "y",
    "wye": "y", "zee": "z", "zed": "z",
}  # fmt: skip


def spelled_out(word: str) -> str:
    """As it is spoken: "C, A, T"."""
    return ", ".join(word.upper())


def letters_in(text: str) -> tuple[str, ...]:
    """The letters that a sentence may spell, in order, in the readings that make sense."""
    pieces = _pieces(text)
    single = [piece for piece in pieces if len(piece) == 1]
    named = [piece if len(piece) == 1 else _NAMES.get(piece, "") for piece in pieces]
    readings = ["".join(single), "".join(named), "".join(pieces)]
    if "double" in pieces:
        readings.append(_doubled(pieces))
    return tuple(dict.fromkeys(reading for reading in readings if reading))


def spells(text: str, word: str) -> bool | None:
    """Whether a sentence spells the word; None where it spells nothing.

    A recogniser often writes the finished word for its letters, so the word itself counts as spelled.
    """
    pieces = _pieces(text)
    if word in pieces or any(reading == word for reading in letters_in(text)):
        return True
    if "".join(piece for piece in pieces[-len(word) :] if len(piece) == 1) == word:  # "I think it's S U N"
        return True
    single = sum(len(piece) == 1 for piece in pieces)
    named = sum(len(piece) == 1 or piece in _NAMES for piece in pieces)
    if single >= 2 or (len(pieces) <= len(word) + 1 and named == len(pieces) and named >= 1):
        return False
    return None


def _pieces(text: str) -> Sequence[str]:
    return _PIECE.findall(text.lower().replace("'", ""))


def _doubled(pieces: Sequence[str]) -> str:
    """ "b a double l"."""
    out = ""
    double = False
    for piece in pieces:
        letter = piece if len(piece) == 1 else _NAMES.get(piece, "")
        if piece == "double":
            double = True
        elif letter:
            out += letter * (1 + double)
            double = False
    return out
