"""What the guard would say, in other words, to a child who has just heard it and goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field

from teddy_edge.conversation.skills.lines import Line, Spoken, numbered, pick
from teddy_edge.conversation.skills.offers import Offers
from teddy_edge.conversation.skills.skill import Heard, Recent, Reply
from teddy_edge.safety.authored import Authored, parse_authored, read_authored
from teddy_shared.clock import Chance

# What is tried on a bear rather than a worry; something else is offered there, and a grown-up elsewhere.
LIGHT: Final = frozenset(("hate_profanity", "jailbreak_injection", "buying"))


@dataclass(frozen=True, slots=True)
class InsistingBook:
    light: tuple[Line, ...]
    grave: tuple[Line, ...]


class Insisting:
    """Not for emergencies: their script is said as often as it takes."""

    def __init__(self, *, book: InsistingBook, offers: Offers) -> None:
        self._book = book
        self._offers = offers

    def again(self, reply: Reply, category: str, heard: Heard, recent: Recent, chance: Chance) -> Reply:
        """In place of a reply of the guard's that was said lately."""
        if category not in LIGHT:
            line = pick(self._book.grave, recent, chance)
            return Reply(text=line.text, skill=reply.skill, topic=reply.topic, lines=(line.id,))
        line, offered = pick(self._book.light, recent, chance), self._offers.two(heard.band, recent, chance)
        return Reply(
            text=f"{line.text} {offered.lines[0].text}",
            skill=reply.skill,
            topic=reply.topic,
            note=offered.note,
            lines=(line.id, *offered.ids),
        )


def parse_insisting(data: bytes, *, name: str = "insisting.toml") -> InsistingBook:
    """Raises ConfigError naming the place."""
    file = parse_authored(_File, data, name)
    return InsistingBook(numbered("guard.light", file.light), numbered("guard.grave", file.grave))


def load_insisting(offers: Offers) -> Insisting:
    """Reads a file. Raises ConfigError."""
    book = parse_insisting(read_authored("teddy_edge.conversation.skills", "insisting.toml"))
    return Insisting(book=book, offers=offers)


LEAST: Final = 21  # of each, so that none comes again within twenty turns
_Enough = Annotated[tuple[Spoken, ...], Field(min_length=LEAST)]


class _File(Authored):
    light: _Enough
    grave: _Enough
