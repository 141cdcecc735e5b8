"""Whether strangers' words are written as one writes for a voice, and what an ear may take them for. Pure.

Hidden letters are a way past whoever reads, and no child needs them: what is not plain is not said.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

SPELLED_MOST: Final = 12  # letters one by one; longer than any word that is spelled out for a child


def is_plain(text: str) -> bool:
    """No other alphabet, unseen letter, digit for a letter; no sentence letter by letter or backwards."""
    if any(_is_odd(letter) for letter in text) or _DIGIT_INSIDE.search(text):
        return False
    if any(len(run) > SPELLED_MOST for run in _runs(text)):
        return False
    backwards, forwards = _common_words(text)
    return backwards < _BACKWARDS_LEAST or backwards <= forwards


def readings(text: str) -> tuple[str, ...]:
    """The text, and what else it may be: spelled words put together, words turned round."""
    found = [text, _SPELLED.sub(lambda run: _letters(run.group()), text)]
    backwards, forwards = _common_words(text)
    if backwards > forwards:
        found.append(" ".join(word[::-1] for word in text.split()))
    return tuple(dict.fromkeys(found))


def _is_odd(letter: str) -> bool:
    """Neither a letter as English books have them, nor a sign of theirs, nor a picture."""
    if letter.isascii():
        return not (letter.isprintable() or letter.isspace())
    kind = unicodedata.category(letter)
    if kind.startswith("L"):  # "é" comes apart into a letter of ours; one that only looks like ours does not
        return not (unicodedata.normalize("NFD", letter)[0].isascii() or letter in _LATIN)
    if kind.startswith("S"):
        return any(first <= letter <= last for first, last in _DRAWN)
    return letter not in _HARMLESS and kind.startswith(("C", "M", "N"))


_LATIN: Final = frozenset("ßæœøđłÆŒØĐŁ")
_HARMLESS: Final = frozenset("\ufe0f½¼¾")  # the first makes a sign before it colourful
_DRAWN: Final = (("\u2460", "\u24ff"), ("\U0001f100", "\U0001f1ff"))  # letters in circles, squares, flags
_DIGIT_INSIDE: Final = re.compile(r"[a-z][0-9@$]+[a-z]")
_SPELLED: Final = re.compile(r"\b[^\W\d_](?:[\s.,*_\-]{1,3}[^\W\d_]\b){2,}")
_ORDER: Final = "abcdefghijklmnopqrstuvwxyz"


def _runs(text: str) -> list[str]:
    """Letters said one by one, but for the alphabet itself."""
    runs = (_letters(each.group()) for each in _SPELLED.finditer(text))
    return [run for run in runs if run.lower() not in _ORDER]


def _letters(run: str) -> str:
    return re.sub(r"[\W_]+", "", run)


# What English sentences are held together by, without what is a word backwards too ("was", "not", "but").
_HOLDING: Final = """
the and you your that this with for have has had his her him she they them their what when where which who
how why can will would could should from all one out about into over under then than like just only its it's
don't i'm you're let's there here because if of in is it we our do as by or so to he every some any they'll
more very please were does make get take say tell know want need good little
"""
_COMMON: Final = frozenset(_HOLDING.split())
_BACKWARDS_LEAST: Final = 2  # of them; one may be chance


def _common_words(text: str) -> tuple[int, int]:
    """How many there are when each word is read backwards, and forwards."""
    words = re.findall(r"[^\W\d_]+(?:'[a-z]+)?", text.lower().replace("\u2019", "'"))
    return sum(word[::-1] in _COMMON for word in words), sum(word in _COMMON for word in words)
