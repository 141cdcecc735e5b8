"""One way to write what was said, so that only what was misheard counts as an error."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from workshop.hearing.numbers import digits_of

_QUOTES: Final = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'", "&": " and ", "%": " percent "})
_SPOKEN: Final = {  # what is written short and said long
    "mr": "mister",
    "mrs": "missus",
    "dr": "doctor",
    "ok": "okay",
    "o'clock": "oclock",
    "won't": "will not",
    "can't": "can not",
    "cannot": "can not",
    "shan't": "shall not",
    "let's": "let us",
    "ma'am": "madam",
    **{
        f"{number}{ending}": word
        for number, ending, word in (
            (1, "st", "first"),
            (2, "nd", "second"),
            (3, "rd", "third"),
            (4, "th", "fourth"),
            (5, "th", "fifth"),
            (6, "th", "sixth"),
            (7, "th", "seventh"),
            (8, "th", "eighth"),
            (9, "th", "ninth"),
            (10, "th", "tenth"),
        )
    },
}
_ENDINGS: Final = {"n't": "not", "'re": "are", "'ve": "have", "'ll": "will", "'m": "am", "'d": "would"}
# After these 's is a verb; after other words it marks whose something is, and goes without its apostrophe.
_SUBJECTS: Final = frozenset(
    {"he", "she", "it", "that", "this", "there", "here", "what", "who", "where", "when", "how", "why"}
)
_THOUSANDS: Final = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_POINT: Final = re.compile(r"(?<=\d)\.(?=\d)")
_HALF_OF_DAY: Final = re.compile(r"\b([ap])\.m\b")
_WORD: Final = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_GLUED: Final = re.compile(r"(\d+)(?=[^\d\W])|(?<=[^\d\W])(\d+)")  # "5pm", "mp3"


def words(text: str) -> list[str]:
    """Lower case, no marks, contractions in full, every number as its digits: "ten" and "10" are "1 0".

    So a number counts the same however it is written, and "33" is "three three" as well as "thirty three".
    """
    plain = _HALF_OF_DAY.sub(r"\1m", _THOUSANDS.sub("", text.translate(_QUOTES).lower()))
    spoken = _POINT.sub(" point ", plain)
    found = [piece for word in _WORD.findall(spoken) for piece in _in_full(word)]
    return digits_of(found)


def errors(said: Sequence[str], heard: Sequence[str]) -> int:
    """Words to insert, delete or replace to get from one to the other."""
    row = list(range(len(heard) + 1))
    for at, word in enumerate(said, 1):
        before, row[0] = row[0], at
        for to, other in enumerate(heard, 1):
            cost = min(row[to] + 1, row[to - 1] + 1, before + (word != other))
            before, row[to] = row[to], cost
    return row[-1]


def _in_full(word: str) -> list[str]:
    if word in _SPOKEN:
        return _SPOKEN[word].split()
    for ending, full in _ENDINGS.items():
        if word.endswith(ending) and word != ending:
            return [word.removesuffix(ending), full]
    if word.endswith("'s") and word.removesuffix("'s") in _SUBJECTS:
        return [word.removesuffix("'s"), "is"]
    return _GLUED.sub(r" \1\2 ", word.replace("'", "")).split()
