"""Words as rules want them, whatever a recogniser or a keyboard made of them. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from teddy_edge.safety.spellings import CONTRACTIONS, DIGITS, FILLERS, JOINED, LOOKALIKES, SOUNDALIKES

Spellings = tuple[str, ...]
"""What one spoken word may be: the word as written first, then what it may have been meant as."""

NUMBER: Final = "#"  # a further spelling of every number
PHONE: Final = "#phone"  # a further spelling where a run of digits begins that looks like a telephone number


@dataclass(frozen=True, slots=True)
class Words:
    """A sentence as a row of words, each with the ways it may be spelled."""

    row: tuple[Spellings, ...]
    every: frozenset[str]  # all spellings, to rule a pattern out quickly


def readings(text: str) -> tuple[Words, ...]:
    """The ways to read a text: plain, and with spelled-out words ("k i l l") put together."""
    plain = _plain(text)
    rows = [plain]
    if spelled := _unspelled(plain, keep_first=False):
        rows.append(spelled)
        if apart := _unspelled(plain, keep_first=True):
            rows.append(apart)
    return tuple(_words(row) for row in rows)


def plain_words(text: str) -> tuple[str, ...]:
    """The words of a short text of ours, such as a pattern, in the same form."""
    if text.isascii() and text.replace(" ", "").isalpha() and text.islower():  # hundreds are read at start
        return tuple(_tidy(text.split()))
    return tuple(_plain(text))


_TOKEN = re.compile(r"[a-z0-9]+(?:'[a-z]+)*'?|[^\W_]+")
_GROUPED = re.compile(r"(?<=\d),(?=\d{3}\b)")
_STRETCHED = re.compile(r"(.)\1{2,}")
_LEET = (str.maketrans("0134578", "oieastb"), str.maketrans("0134578", "oleastb"))
_ORDINAL = re.compile(r"\d+(?:st|nd|rd|th|s|am|pm|kg|km|cm|m|k|d)$")
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")


def _plain(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKD", _UNSEEN.sub("", text)).casefold().translate(LOOKALIKES)
    folded = "".join(c for c in folded if not unicodedata.combining(c))
    folded = _GROUPED.sub("", folded).replace("$", "s").replace("@", " at ")
    return _tidy(_TOKEN.findall(folded))


def _tidy(tokens: list[str]) -> list[str]:
    row: list[str] = []
    for token in tokens:
        if token in FILLERS:
            continue
        for word in CONTRACTIONS.get(token) or _apart(token):
            if row and row[-1] == word and not _may_repeat(word):  # "I want want to"
                continue
            row.append(word)
    return _joined(row)


def _may_repeat(word: str) -> bool:
    return len(word) == 1 or word.isdigit() or word in DIGITS  # spelled-out words and telephone numbers


def _apart(token: str) -> tuple[str, ...]:
    """A word with its apostrophe resolved; "mom's" keeps its s behind an apostrophe for `_words`."""
    if "'" in token:
        stem, _, tail = token.partition("'")
        bare = stem + tail.replace("'", "")
        return CONTRACTIONS.get(bare) or ((f"{stem}'s",) if tail == "s" else (bare,))
    return (token,)


def _joined(row: list[str]) -> list[str]:
    """Words that a recogniser writes in two pieces."""
    out: list[str] = []
    for word in row:
        if out and (whole := JOINED.get((out[-1], word))):
            out[-1] = whole
        else:
            out.append(word)
    return out


def _unspelled(row: list[str], *, keep_first: bool) -> list[str]:
    """The row with runs of three single letters or more put together; empty if there are none."""
    out: list[str] = []
    found = False
    at = 0
    while at < len(row):
        end = at
        while end < len(row) and len(row[end]) == 1 and row[end].isalpha():
            end += 1
        start = at + 1 if keep_first and end - at > 3 and row[at] in "ia" else at
        if end - start >= 3 and len(set(row[start:end])) > 1:
            out += row[at:start]
            out.append("".join(row[start:end]))
            found = True
            at = end
        else:
            out.append(row[at])
            at += 1
    return out if found else []


def _words(row: list[str]) -> Words:
    spelled = [_spellings(word) for word in row]
    for start in _phones(row):
        spelled[start] = (*spelled[start], PHONE)
    return Words(tuple(spelled), frozenset(s for each in spelled for s in each))


def _spellings(word: str) -> Spellings:
    if word.isdigit() or word in DIGITS:
        return (word, NUMBER)
    if word.endswith("'s"):  # "mom's" is a mom's, moms, or mom is
        return (word[:-2], f"{word[:-2]}s")
    found = [word]
    if _STRETCHED.search(word):
        found = [_STRETCHED.sub(r"\1", word), _STRETCHED.sub(r"\1\1", word)]
    elif any(c.isdigit() for c in word) and not _ORDINAL.match(word):
        found += (word.translate(table) for table in _LEET)
    for each in tuple(found):
        found += SOUNDALIKES.get(each, ())
    return tuple(dict.fromkeys(found))


def _phones(row: list[str]) -> list[int]:
    """Where seven to fifteen digits stand in a row that are not just counting."""
    starts: list[int] = []
    at = 0
    while at < len(row):
        end = at
        values: list[int] = []
        digits = ""
        while end < len(row) and (row[end].isdecimal() or row[end] in DIGITS):
            number = row[end] if row[end].isdecimal() else str(DIGITS[row[end]])
            values.append(int(number))
            digits += number
            end += 1
        if 7 <= len(digits) <= 15 and not digits.endswith("000") and not _counting(values):
            starts.append(at)
        at = max(end, at + 1)
    return starts


def _counting(values: list[int]) -> bool:
    """Whether most numbers go up, or most go down: a child counts, with a slip here and there."""
    steps = [b - a for a, b in pairwise(values)]
    most = 0.75 * len(steps)
    return len(steps) >= 4 and (sum(s > 0 for s in steps) >= most or sum(s < 0 for s in steps) >= most)
