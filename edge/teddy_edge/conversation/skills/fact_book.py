"""What a book of facts is made of: topics, what is known about each, and which words name them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self, TypeVar

from pydantic import model_validator

from teddy_edge.conversation.skills.lines import Line, Name, Spoken
from teddy_edge.conversation.skills.understanding import Words
from teddy_edge.safety.authored import Authored
from teddy_edge.safety.phrases import Pattern, Phrasebook, Span
from teddy_shared.errors import ConfigError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Then:
    """What the bear asks when a fact is told; no answer to it is wrong."""

    ask: Line
    reply: Line  # its own word afterwards, whatever the child said


@dataclass(frozen=True, slots=True)
class Fact:
    line: Line
    about: tuple[str, ...]  # words and aspects of a question that it answers, the chief one first
    asked: tuple[Pattern, ...]  # questions that it answers outright, though they may not name the topic
    then: Then | None = None

    def shared(self, words: Words, aspects: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
        """Those of its words that the question has, too."""
        return tuple(
            each for each in self.about if not aspects.get(each, frozenset((each,))).isdisjoint(words.every)
        )


@dataclass(frozen=True, slots=True)
class Topic:
    name: str  # as it is spoken; the topic for the parents too
    pattern: Pattern  # its names
    general: bool  # about all of the book, as "space" or "animals"
    facts: tuple[Fact, ...]


class FactRow(Authored):
    """A fact as it stands in a file."""

    id: Name
    about: str = ""
    asked: tuple[str, ...] = ()
    text: Spoken
    little: Spoken | None = None
    then: Spoken | None = None
    reply: Spoken | None = None

    @model_validator(mode="after")
    def _asks_and_replies(self) -> Self:
        if (self.then is None) != (self.reply is None):
            raise ValueError(f"the fact {self.id} needs both then and reply, or none of them")
        return self


def facts_of(rows: Iterable[FactRow], prefix: str, book: Phrasebook) -> tuple[Fact, ...]:
    """Raises PatternError."""
    return tuple(
        Fact(
            line=Line(f"{prefix}.{row.id}", row.text, row.little),
            about=tuple(row.about.split()),
            asked=book.patterns(row.asked),
            then=_then(f"{prefix}.{row.id}", row),
        )
        for row in rows
    )


def names_of(names: str, book: Phrasebook) -> Pattern:
    """Any of some names; an underscore stands within a name of two words. Raises PatternError."""
    return book.pattern(f"({'|'.join(names.split()).replace('_', ' ')})")


def words_of(rows: Iterable[FactRow]) -> Iterator[str]:
    """All that a child may say to be told one of them."""
    for row in rows:
        yield row.about
        yield from row.asked


def refuse_twice(topics: Iterable[Topic], file: str) -> None:
    """Raises ConfigError where two facts have the same id."""
    ids = [fact.line.id for topic in topics for fact in topic.facts]
    if twice := next((each for each in ids if ids.count(each) > 1), None):
        raise ConfigError(f"{file}: there are two facts {twice}")


def apart(found: Iterable[tuple[Span, T]], taken: Sequence[Span] = ()) -> list[tuple[Span, T]]:
    """Those that touch no longer one and nothing taken: a polar bear is no bear, a hot dog no dog."""
    kept: list[tuple[Span, T]] = []
    for span, what in sorted(found, key=lambda each: (each[0].start - each[0].end, each[0].start)):
        if not any(span.touches(other) for other in (*taken, *(other for other, _ in kept))):
            kept.append((span, what))
    return kept


def _then(fact: str, row: FactRow) -> Then | None:
    if row.then is None or row.reply is None:
        return None
    return Then(Line(f"{fact}.then", row.then), Line(f"{fact}.reply", row.reply))
