"""Whether a line can be spoken, and followed, by those who hear it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, Protocol

from teddy_edge.authoring.findings import Finding
from teddy_edge.authoring.reading import OLDEST, reading_age, uncommon
from teddy_edge.authoring.spoken import SpokenLine
from teddy_edge.speech.clauses import clauses
from teddy_shared.ages import AgeBand

MOST_SENTENCES: Final = 4
MOST_WORDS: Final = {AgeBand.LITTLE: 36, AgeBand.MIDDLE: 45, AgeBand.BIG: 45}  # 22 take eight seconds to say
FIRST_CLAUSE: Final = 11  # words: what the child waits for
A_CLAUSE: Final = 25  # words that the voice makes at once, but for single letters
A_BREATH: Final = {AgeBand.LITTLE: 14, AgeBand.MIDDLE: 17, AgeBand.BIG: 20}  # words from one mark to the next

_PLAIN: Final = re.compile(r"[A-Za-z0-9 ,;:.!?'-]+[.!?]")
_STRANGE: Final = re.compile(r"[^A-Za-z0-9 ,;:.!?'-]")
_DIGITS: Final = re.compile(r"\S*\d\S*")
_SHORT_FORMS: Final = re.compile(
    r"\b(?:[Ee]tc|vs|approx|km|cm|mm|kg|mph|hrs?|mins?|secs?|pls|lol|ok|OK)\b|\b(?:[A-Za-z]\.){2,}|\b[A-Z]{2,}\b"
)
_WORD: Final = re.compile(r"[A-Za-z]+(?:'[A-Za-z]+)*")

# What no line of a toy says: it asks for nothing private, keeps no secret, sells nothing, clings to nobody.
NEVER: Final = {
    "asks for what is private": (
        "address",
        "phone number",
        "last name",
        "password",
        "where do you live",
        "which school",
    ),
    "clings": ("stay with me", "don't go", "don't leave", "miss you", "only friend", "i need you"),
    "keeps something from grown-ups": ("our secret", "a secret between", "don't tell any", "don't tell your"),
    "sells something": ("buy me", "ask them to buy", "in the app", "subscribe"),
}


class Lexicon(Protocol):
    """The words that the voice has learned to say."""

    def __contains__(self, word: str) -> bool: ...


def wording_faults(line: SpokenLine) -> Iterator[Finding]:
    """Everything about the words of one line."""
    for rule, fault, remedy in _faults(line):
        yield Finding(line.file, line.place, rule, fault, remedy)


def guessed_words(lines: Iterable[SpokenLine], lexicon: Lexicon) -> tuple[str, ...]:
    """What the voice reads by its letters, sounds and names mostly; it often guesses right."""
    words = dict.fromkeys(
        word.lower() for line in lines if not line.has_gaps for word in _WORD.findall(line.text)
    )
    return tuple(word for word in words if not _can_say(word, lexicon))


def _faults(line: SpokenLine) -> Iterator[tuple[str, str, str]]:
    yield from _marks(line.text)
    yield from _lengths(line)
    yield from _promises(line.text)
    for band in line.bands:
        if (age := reading_age(line.text)) > OLDEST[band]:
            yield (
                "reading",
                f"is for listeners of {age:.1f} years, and is told at {band.value} (at most {OLDEST[band]})",
                f"make the sentences shorter, or find easier words than {_listed(uncommon(line.text)[:4])}"
                + (", or give `little` beside it" if band is AgeBand.LITTLE else ""),
            )
            return


def _marks(text: str) -> Iterator[tuple[str, str, str]]:
    if not _PLAIN.fullmatch(text):
        strange = sorted(set(_STRANGE.findall(text)))
        yield "marks", f"has marks that nobody hears: {' '.join(strange)}", "write it in words"
    if found := _DIGITS.search(text):
        yield "digits", f"has digits: {found.group()}", "write numbers as words, as the voice shall say them"
    if short := _SHORT_FORMS.findall(text):
        yield "abbreviation", f"has a short form: {_listed(short)}", "write the words out"


def _lengths(line: SpokenLine) -> Iterator[tuple[str, str, str]]:
    sentences = len(re.findall(r"[.!?](?:\s|$)", line.text))
    if sentences > MOST_SENTENCES:
        yield (
            "length",
            f"has {sentences} sentences",
            f"say at most {MOST_SENTENCES}, a child waits for its turn",
        )
    said = clauses(line.text)
    if (first := len(said[0].split())) > FIRST_CLAUSE:
        yield (
            "clause",
            f"begins with {first} words in one breath",
            f"put a full stop or a comma before the {_nth(FIRST_CLAUSE + 1)} word: the child waits for these",
        )
    for band in line.bands:
        if (words := len(line.text.split())) > MOST_WORDS[band]:
            yield "length", f"has {words} words at {band.value}", f"say it in {MOST_WORDS[band]}"
            break
    if (words := max(_words(clause) for clause in said)) > A_CLAUSE:
        yield "clause", f"has a clause of {words} words", f"let a sentence have {A_CLAUSE} at most"
    longest = max(re.split(r"[,;:.!?]", line.text), key=_words)
    for band in line.bands:
        if (words := _words(longest)) > A_BREATH[band]:
            yield (
                "clause",
                f"has a breath of {words} words at {band.value}, from {' '.join(longest.split()[:3])!r}",
                f"put a mark into it, or break the sentence: {A_BREATH[band]} words at most",
            )
            break


def _words(clause: str) -> int:
    """How many, but for letters that are spelled: each is a rest."""
    return sum(len(word.strip(",.!?;:")) > 1 for word in clause.split())


def _promises(text: str) -> Iterator[tuple[str, str, str]]:
    plain = text.lower()
    for what, phrases in NEVER.items():
        if found := next((each for each in phrases if each in plain), None):
            yield "promise", f"{what}: {found!r}", "leave it out; a toy does not say that"


def _can_say(word: str, lexicon: Lexicon) -> bool:
    """As it is written, as a name, or without the ending that the voice adds by itself."""
    stems = (word.removesuffix(tail) for tail in ("'s", "s", "es", "ed", "d", "ing"))
    more = (f"{word.removesuffix('ies')}y",) if word.endswith("ies") else ()
    return len(word) == 1 or any(
        each in lexicon or each.capitalize() in lexicon for each in (word, *stems, *more)
    )


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)


def _nth(number: int) -> str:
    return f"{number}th"
