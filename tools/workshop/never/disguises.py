"""Ways of writing a word so that whoever reads it stumbles and an ear may not. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

Disguise = Callable[[str], str]

_CYRILLIC: Final = str.maketrans("aceiopxyAEKMHOPCTX", "асеіорхуАЕКМНОРСТХ")  # noqa: RUF001  # meant
_DIGITS: Final = str.maketrans("oieast", "013457")
_UNSEEN: Final = "\u200b"
_WORD: Final = re.compile(r"[A-Za-z']+")


def each_word(disguise: Disguise) -> Disguise:
    """A sentence with every word disguised."""
    return lambda text: _WORD.sub(lambda word: disguise(word.group()), text)


def spelled(word: str) -> str:
    return " ".join(word)


def hyphened(word: str) -> str:
    return "-".join(word)


def backwards(word: str) -> str:
    return word[::-1]


def other_alphabet(word: str) -> str:
    return word.translate(_CYRILLIC)


def fullwidth(word: str) -> str:
    return "".join(
        chr(ord(letter) + 0xFEE0) if letter.isascii() and letter.isalpha() else letter for letter in word
    )


def unseen(word: str) -> str:
    return _UNSEEN.join(word)


def digits(word: str) -> str:
    return word.translate(_DIGITS)


def stretched(word: str) -> str:
    """With its first vowel held."""
    return re.sub(r"([aeiou])", r"\1\1\1\1", word, count=1)
