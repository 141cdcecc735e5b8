"""What the bear says when it knows no answer: that it does not know, and two things it can do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field

from teddy_edge.conversation.skills.lines import Line, Spoken, pick
from teddy_edge.conversation.skills.skill import Heard, Recent, Reply
from teddy_edge.safety.authored import Authored, parse_authored, read_authored
from teddy_shared.clock import Chance
from teddy_shared.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Offer:
    line: Line
    first: str  # what a bare "yes" asks for


class Fallback:
    name: Final = "fallback"

    def __init__(self, *, offers: tuple[Offer, ...]) -> None:
        self._offers = {offer.line.id: offer for offer in offers}

    @classmethod
    def parse(cls, data: bytes, *, name: str = "fallback.toml") -> Fallback:
        """Raises ConfigError."""
        rows = parse_authored(_File, data, name).offer
        lines = (Line(f"fallback.{at}", row.text, row.little) for at, row in enumerate(rows, 1))
        offers = tuple(Offer(line, row.yes) for line, row in zip(lines, rows, strict=True))
        if len({offer.line.text for offer in offers}) < len(offers):
            raise ConfigError(f"{name}: two offers say the same")
        return cls(offers=offers)

    def fit(self, heard: Heard, recent: Recent) -> float:  # noqa: ARG002  # the port's own
        return 0.0

    def answer(self, heard: Heard, recent: Recent, chance: Chance) -> Reply:
        line = pick([offer.line for offer in self._offers.values()], recent, chance)
        return Reply(
            text=line.words_for(heard.band),
            skill=self.name,
            topic="something_else",
            note={"yes": self._offers[line.id].first},
            lines=(line.id,),
        )


def load_fallback() -> Fallback:
    """Reads a file. Raises ConfigError."""
    return Fallback.parse(read_authored("teddy_edge.conversation.skills", "fallback.toml"))


class _Offer(Authored):
    text: Spoken
    little: Spoken
    yes: Annotated[str, Field(min_length=2)]


class _File(Authored):
    offer: Annotated[tuple[_Offer, ...], Field(min_length=4)]
