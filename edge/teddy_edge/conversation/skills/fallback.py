"""What the bear says when it knows no answer: that it does not know, and two things it can do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field

from teddy_edge.conversation.skills.lines import Line, Spoken, numbered, pick
from teddy_edge.conversation.skills.offers import Offers
from teddy_edge.conversation.skills.skill import Heard, Recent, Reply
from teddy_edge.conversation.skills.understanding import Vocabulary, matches, understand
from teddy_edge.safety.authored import Authored, parse_authored, read_authored
from teddy_edge.safety.phrases import Pattern, PatternError, Phrasebook
from teddy_shared.clock import Chance
from teddy_shared.errors import ConfigError

_QUESTIONS: Final = frozenset(("what", "who", "where", "how", "when", "which", "why"))

NAMED: Final = 2  # words of a sentence that asks for nothing: "ball", "up up"
LONG: Final = (
    14  # words of a sentence that is a long tale; it is thanked for, and not told that it is unknown
)


@dataclass(frozen=True, slots=True)
class FallbackBook:
    asked: tuple[Line, ...]  # to a question or a wish
    told: tuple[Line, ...]  # to what the child tells
    rambled: tuple[Line, ...]  # to a long tale
    waiting: tuple[Line, ...]  # to a mere "um"
    tells: tuple[Pattern, ...]
    vocabulary: Vocabulary


class Fallback:
    name: Final = "fallback"

    def __init__(self, *, book: FallbackBook, offers: Offers) -> None:
        self._book = book
        self._offers = offers

    def fit(self, heard: Heard, recent: Recent) -> float:  # noqa: ARG002  # the port's own
        return 0.0

    def answer(self, heard: Heard, recent: Recent, chance: Chance) -> Reply:
        book = self._book
        words = understand(heard.text, book.vocabulary)
        if not words.row:
            line = pick(book.waiting, recent, chance)
            return Reply(text=line.text, skill=self.name, topic="waiting", lines=(line.id,))
        told = matches(book.tells, words) or (len(words.row) <= NAMED and not words.every & _QUESTIONS)
        lines = book.told if told else book.asked
        if len(words.row) >= LONG:
            lines = book.rambled
        line, offered = pick(lines, recent, chance), self._offers.two(heard.band, recent, chance)
        return Reply(
            text=f"{line.words_for(heard.band)} {offered.lines[0].text}",
            skill=self.name,
            topic="something_else",
            note=offered.note,
            lines=(line.id, *offered.ids),
        )


def parse_fallback(data: bytes, *, name: str = "fallback.toml") -> FallbackBook:
    """Raises ConfigError naming the place."""
    file = parse_authored(_File, data, name)
    try:
        tells = Phrasebook({}).patterns(file.tells)
    except PatternError as error:
        raise ConfigError(f"{name}: {error}") from None
    return FallbackBook(
        asked=numbered("fallback.asked", file.asked),
        told=numbered("fallback.told", file.told),
        rambled=numbered("fallback.rambled", file.rambled),
        waiting=numbered("fallback.waiting", file.waiting),
        tells=tells,
        vocabulary=Vocabulary.of_patterns(file.tells),
    )


def load_fallback(offers: Offers) -> Fallback:
    """Reads a file. Raises ConfigError."""
    book = parse_fallback(read_authored("teddy_edge.conversation.skills", "fallback.toml"))
    return Fallback(book=book, offers=offers)


LEAST: Final = 21  # of each, so that none comes again within twenty turns
_Enough = Annotated[tuple[Spoken, ...], Field(min_length=LEAST)]


class _File(Authored):
    tells: tuple[str, ...]
    waiting: _Enough
    asked: _Enough
    told: _Enough
    rambled: _Enough
