"""Sums as children say them, and sums that fit an age band. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

from teddy_edge.conversation.skills.levels import USUAL
from teddy_edge.conversation.skills.number_words import MOST, in_words, numbers_in
from teddy_edge.safety.normalise import plain_words
from teddy_shared.ages import AgeBand
from teddy_shared.clock import Chance


class Sign(StrEnum):
    PLUS = "plus"
    MINUS = "minus"
    TIMES = "times"
    DIVIDED = "divided by"


@dataclass(frozen=True, slots=True)
class Sum:
    a: int
    sign: Sign
    b: int

    @property
    def result(self) -> int | None:
        """None where it is no whole number from 0 to 999."""
        match self.sign:
            case Sign.PLUS:
                found = self.a + self.b
            case Sign.MINUS:
                found = self.a - self.b
            case Sign.TIMES:
                found = self.a * self.b
            case Sign.DIVIDED:
                if self.b == 0 or self.a % self.b:
                    return None
                found = self.a // self.b
        return found if 0 <= found <= MOST and self.a <= MOST and self.b <= MOST else None

    @property
    def asked(self) -> str:
        return f"{in_words(self.a)} {self.sign.value} {in_words(self.b)}"


def plain_row(text: str) -> tuple[str, ...]:
    """The words of a sentence, with signs as words: "2 + 3", "4x5"."""
    for sign, word in _WRITTEN:
        text = sign.sub(f" {word} ", text)
    return plain_words(text)


def sum_in(row: tuple[str, ...]) -> Sum | None:
    """The first sum in a sentence, such as "two plus three", "half of ten" or "5 take away 2"."""
    numbers = numbers_in(row)
    for one, other in pairwise(numbers):
        if sign := _SIGNS.get(row[one.end : other.start]):
            return Sum(one.value, sign, other.value)
    for number in numbers:
        before = row[max(0, number.start - 2) : number.start]
        if before[-2:] == ("half", "of"):
            return Sum(number.value, Sign.DIVIDED, 2)
        if before[-1:] in (("double",), ("twice",)):
            return Sum(2, Sign.TIMES, number.value)
    if len(numbers) == 2 and row[numbers[0].end : numbers[1].start] == ("from",):
        return Sum(numbers[1].value, Sign.MINUS, numbers[0].value)
    return None


def some_sum(band: AgeBand, chance: Chance, *, times: bool = False, level: int = USUAL) -> Sum:
    """To 5 for the little ones, to 10 for the middle, to 50 for the big ones; more or less as it goes."""
    if times:
        b = 2 + chance.below(_TIMES_MOST[band] - 1)
        return Sum(2 + chance.below(2 + 2 * level), Sign.TIMES, b)
    most = _MOST_OF[band][level]
    total = 2 + chance.below(most - 1)
    part = 1 + chance.below(min(total - 1, 9))
    if band is not AgeBand.LITTLE and chance.below(3) == 0:
        return Sum(total, Sign.MINUS, part)
    return Sum(total - part, Sign.PLUS, part)


_MOST_OF: Final = {  # by level
    AgeBand.LITTLE: (3, 5, 6, 8, 10),
    AgeBand.MIDDLE: (5, 10, 15, 20, 30),
    AgeBand.BIG: (20, 50, 70, 100, 150),
}
_TIMES_MOST: Final = {AgeBand.LITTLE: 2, AgeBand.MIDDLE: 5, AgeBand.BIG: 10}

_WRITTEN: Final = (
    (re.compile(r"\+"), "plus"),
    (re.compile(r"(?<=\d)\s*[x*\u00d7]\s*(?=\d)", re.I), "times"),
    (re.compile(r"(?<=\d)\s*[-\u2212\u2013]\s*(?=\d)"), "minus"),
    (re.compile(r"(?<=\d)\s*[/\u00f7]\s*(?=\d)"), "divided by"),
    (re.compile(r"(?<=[a-z])-(?=[a-z])", re.I), ""),
)

_SIGNS: Final = {
    ("plus",): Sign.PLUS, ("and",): Sign.PLUS, ("add",): Sign.PLUS, ("added", "to"): Sign.PLUS,
    ("plus", "another"): Sign.PLUS, ("pluss",): Sign.PLUS, ("plis",): Sign.PLUS,
    ("and", "another"): Sign.PLUS,
    ("minus",): Sign.MINUS, ("take", "away"): Sign.MINUS, ("takeaway",): Sign.MINUS, ("less",): Sign.MINUS,
    ("subtract",): Sign.MINUS, ("take",): Sign.MINUS,
    ("times",): Sign.TIMES, ("time",): Sign.TIMES, ("multiplied", "by"): Sign.TIMES, ("x",): Sign.TIMES,
    ("multiply", "by"): Sign.TIMES, ("multiply",): Sign.TIMES,
    ("divided", "by"): Sign.DIVIDED, ("divide", "by"): Sign.DIVIDED, ("shared", "by"): Sign.DIVIDED,
}  # fmt: skip
