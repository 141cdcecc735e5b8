"""Numbers, written in digits or in words, as one digit after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_DIGITS: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS: Final = (
    *("ten", "eleven", "twelve", "thirteen", "fourteen"),
    *("fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS: Final = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_VALUES: Final = {
    **{word: value for value, word in enumerate((*_DIGITS, *_TEENS))},
    **{word: 10 * value for value, word in enumerate(_TENS, 2)},
}


def digits_of(words: Sequence[str]) -> list[str]:
    """The same words (lower case, no marks), each number replaced by the names of its digits.

    "six ninety two" and "692" give the same; so do "two hundred and five" and "205".
    """
    result: list[str] = []
    at = 0
    while at < len(words):
        number = _Number.at(words, at)
        if number is None:
            result.append(words[at])
            at += 1
        else:
            result += [_DIGITS[int(digit)] for digit in number.digits]
            at = number.end
    return result


@dataclass(frozen=True, slots=True)
class _Number:
    digits: str
    end: int  # index of the first word behind it

    @classmethod
    def at(cls, words: Sequence[str], start: int) -> _Number | None:
        """The number that begins there; None where none does."""
        if words[start].isdecimal() and words[start].isascii():
            return cls(words[start], start + 1)
        small = _small(words, start)
        if small is None:
            return _oh(words, start)
        value, end = small
        for scale in ("thousand", "hundred"):
            if _word(words, end) == scale and 0 < value < 1000:
                value, end = _scaled(words, value, end, scale)
        return cls(str(value), end)


def _scaled(words: Sequence[str], value: int, end: int, scale: str) -> tuple[int, int]:
    """`value` hundreds or thousands, and what follows them: "two hundred and five"."""
    size = 100 if scale == "hundred" else 1000
    value, end = value * size, end + 1
    behind = end + 1 if _word(words, end) == "and" else end
    rest = _small(words, behind)
    if rest is None:
        return value, end
    more, after = rest
    if size == 1000 and _word(words, after) == "hundred" and 0 < more < 10:
        more, after = _scaled(words, more, after, "hundred")
    return (value + more, after) if 0 < more < size else (value, end)


def _small(words: Sequence[str], at: int) -> tuple[int, int] | None:
    """A number below a hundred that begins there, and where it ends."""
    word = _word(words, at)
    if word not in _VALUES:
        return None
    value = _VALUES[word]
    unit = _VALUES.get(_word(words, at + 1), 0)
    return (value + unit, at + 2) if word in _TENS and 0 < unit < 10 else (value, at + 1)


def _oh(words: Sequence[str], at: int) -> _Number | None:
    """ "oh" and "o" are a zero beside a digit."""
    if words[at] not in ("oh", "o"):
        return None
    beside = (_word(words, at - 1) if at else "", _word(words, at + 1))
    return _Number("0", at + 1) if any(each in _VALUES or each.isdecimal() for each in beside) else None


def _word(words: Sequence[str], at: int) -> str:
    return words[at] if at < len(words) else ""
