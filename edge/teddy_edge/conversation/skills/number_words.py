"""Numbers as words, and words as numbers, also where a recogniser wrote "to" for "two". Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MOST: Final = 999

_ONES: Final = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS: Final = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_UNITS: Final = {word: value for value, word in enumerate(_ONES)} | {"fourty": 40, "oh": 0, "none": 0}
_DECADES: Final = {word: 10 * value for value, word in enumerate(_TENS, 2)}
# What a recogniser writes for a number; only where nothing else in the sentence is one.
_SOUNDS_LIKE: Final = {
    "won": 1, "to": 2, "too": 2, "tree": 3, "free": 3, "for": 4, "fore": 4, "floor": 4, "fife": 5, "sex": 6,
    "sick": 6, "sicks": 6, "heaven": 7, "ate": 8, "hate": 8, "nigh": 9, "tin": 10, "then": 10, "elven": 11,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Number:
    """A number, and where in the row of words it stands."""

    value: int
    start: int
    end: int


def in_words(number: int) -> str:
    """From 0 to 999, as it is spoken."""
    if not 0 <= number <= MOST:
        raise ValueError(f"{number} is not between 0 and {MOST}")
    if number >= 100:
        hundreds = f"{_ONES[number // 100]} hundred"
        return f"{hundreds} and {in_words(number % 100)}" if number % 100 else hundreds
    if number >= 20:
        tens = _TENS[number // 10 - 2]
        return f"{tens} {_ONES[number % 10]}" if number % 10 else tens
    return _ONES[number]


def numbers_in(row: Sequence[str], *, kindly: bool = False) -> tuple[Number, ...]:
    """All numbers in a row of words. `kindly` also hears those that were written as other words."""
    found: list[Number] = []
    at = 0
    while at < len(row):
        number = _at(row, at)
        if number is None:
            at += 1
        else:
            found.append(number)
            at = number.end
    if kindly and not found:
        return tuple(
            Number(_SOUNDS_LIKE[word], at, at + 1) for at, word in enumerate(row) if word in _SOUNDS_LIKE
        )
    return tuple(found)


def _at(row: Sequence[str], at: int) -> Number | None:
    """The longest number that begins here."""
    word = row[at]
    if word.isascii() and word.isdigit() and len(word) <= 4:
        return Number(int(word), at, at + 1)
    following = row[at + 1] if at + 1 < len(row) else ""
    if following == "hundred" and word in (*_ONES[1:10], "a"):
        hundreds = 1 if word == "a" else _UNITS[word]
        return _hundreds(row, at, hundreds, at + 2)
    if word == "hundred":
        return _hundreds(row, at, 1, at + 1)
    if word in _DECADES:
        unit = _UNITS.get(following, 0)
        joined = 1 <= unit <= 9
        return Number(_DECADES[word] + unit * joined, at, at + 1 + joined)
    if word in _UNITS:
        return Number(_UNITS[word], at, at + 1)
    return None


def _hundreds(row: Sequence[str], start: int, hundreds: int, at: int) -> Number:
    rest = at + 1 if at < len(row) and row[at] == "and" else at
    below = _at(row, rest) if rest < len(row) else None
    if below is not None and below.value < 100:
        return Number(100 * hundreds + below.value, start, below.end)
    return Number(100 * hundreds, start, at)
