"""What the bear says when it knows no answer: that it does not know, and two things it can do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field

from teddy_edge.conversation.skills.lines import Line, Spoken, numbered, pick, pick_of, reply_of
from teddy_edge.conversation.skills.skill import Heard, Recent, Reply
from teddy_edge.conversation.skills.understanding import Vocabulary, matches, understand
from teddy_edge.safety.authored import Authored, parse_authored, read_authored
from teddy_edge.safety.phrases import Pattern, PatternError, Phrasebook
from teddy_shared.clock import Chance
from teddy_shared.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Offer:
    line: Line
    first: str  # what a bare "yes" asks for


@dataclass(frozen=True, slots=True)
class FallbackBook:
    asked: tuple[Offer, ...]  # to a question or a wish
    told: tuple[Offer, ...]  # to what the child tells
    waiting: tuple[Line, ...]  # to a mere "um"
    tells: tuple[Pattern, ...]
    vocabulary: Vocabulary


class Fallback:
    name: Final = "fallback"

    def __init__(self, *, book: FallbackBook) -> None:
        self._book = book

    def fit(self, heard: Heard, recent: Recent) -> float:  # noqa: ARG002  # the port's own
        return 0.0

    def answer(self, heard: Heard, recent: Recent, chance: Chance) -> Reply:
        book = self._book
        words = understand(heard.text, book.vocabulary)
        if not words.row:
            line = pick(book.waiting, recent, chance)
            return reply_of(line, skill=self.name, topic="waiting")
        offers = book.told if matches(book.tells, words) else book.asked
        offer = pick_of(offers, recent, chance)
        line = Line(offer.line.id, offer.line.words_for(heard.band))
        return reply_of(line, skill=self.name, topic="something_else", note={"yes": offer.first})


def parse_fallback(data: bytes, *, name: str = "fallback.toml") -> FallbackBook:
    """Raises ConfigError naming the place."""
    file = parse_authored(_File, data, name)
    try:
        tells = Phrasebook({}).patterns(file.tells)
    except PatternError as error:
        raise ConfigError(f"{name}: {error}") from None
    return FallbackBook(
        asked=_offers("fallback.asked", file.asked),
        told=_offers("fallback.told", file.told),
        waiting=numbered("fallback.waiting", file.waiting),
        tells=tells,
        vocabulary=Vocabulary.of_patterns(file.tells),
    )


def load_fallback() -> Fallback:
    """Reads a file. Raises ConfigError."""
    return Fallback(book=parse_fallback(read_authored("teddy_edge.conversation.skills", "fallback.toml")))


class _Offer(Authored):
    text: Spoken
    little: Spoken
    yes: Annotated[str, Field(min_length=2)]


class _File(Authored):
    tells: tuple[str, ...]
    waiting: Annotated[tuple[Spoken, ...], Field(min_length=1)]
    asked: Annotated[tuple[_Offer, ...], Field(min_length=4)]
    told: Annotated[tuple[_Offer, ...], Field(min_length=4)]


def _offers(prefix: str, rows: Sequence[_Offer]) -> tuple[Offer, ...]:
    return tuple(
        Offer(Line(f"{prefix}.{at}", row.text, row.little), row.yes) for at, row in enumerate(rows, 1)
    )
