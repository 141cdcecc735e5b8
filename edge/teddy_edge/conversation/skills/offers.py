"""Two things that the bear can do, offered in ever new words: nobody is left without a next step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from teddy_edge.conversation.skills.groups import said_with_gaps
from teddy_edge.conversation.skills.lines import Line, pick
from teddy_edge.conversation.skills.skill import Recent
from teddy_edge.conversation.skills.templates import Templates, filled
from teddy_edge.safety.authored import Authored, parse_authored, read_authored
from teddy_shared.ages import AgeBand
from teddy_shared.clock import Chance

Kind = Literal["game", "quiet", "tale", "fact"]


@dataclass(frozen=True, slots=True)
class Offer:
    """Something the bear can do."""

    line: Line  # as it is named in an offer
    request: str  # the sentence that begins it
    kind: Kind


@dataclass(frozen=True, slots=True)
class Offered:
    """What is said, and what a "yes" and "the other one" then mean."""

    lines: tuple[Line, ...]  # the first is spoken; the others are only kept in mind
    note: Mapping[str, str]

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(line.id for line in self.lines)


@dataclass(frozen=True, slots=True)
class Offers:
    every: tuple[Offer, ...]
    said: Mapping[str, tuple[Line, ...]]

    def two(self, band: AgeBand, recent: Recent, chance: Chance, *, kind: Kind | None = None) -> Offered:
        """Of different kinds, unless one kind is asked for; not what was offered lately."""
        first = self._one([each for each in self.every if kind in (None, each.kind)], recent, chance)
        fitting = [each for each in self.every if (each.kind == kind if kind else each.kind != first.kind)]
        second = self._one([each for each in fitting if each is not first], recent, chance)
        group = "either_little" if band is AgeBand.LITTLE else "either"
        return self._offered(pick(self.said[group], recent, chance), (first, second))

    def what_i_can(self, band: AgeBand, recent: Recent, chance: Chance) -> Offered:
        """Real things, and others each time."""
        named: list[Offer] = []
        for kind in _KINDS[: 2 if band is AgeBand.LITTLE else None]:
            named.append(self._one([each for each in self.every if each.kind == kind], recent, chance))
        group = "can_little" if band is AgeBand.LITTLE else "can"
        return self._offered(pick(self.said[group], recent, chance), tuple(named))

    def _one(self, offers: Sequence[Offer], recent: Recent, chance: Chance) -> Offer:
        line = pick([each.line for each in offers], recent, chance)
        return next(each for each in offers if each.line == line)

    def _offered(self, template: Line, named: Sequence[Offer]) -> Offered:
        gaps = dict(zip(("a", "b", "c", "d"), (each.line.text for each in named), strict=False))
        spoken = filled(template, **gaps)
        note = {"yes": named[0].request, "other": named[1].request}
        return Offered((spoken, *(each.line for each in named)), note)


def parse_offers(data: bytes, *, name: str = "offers.toml") -> Offers:
    """Raises ConfigError naming the place."""
    file = parse_authored(_File, data, name)
    return Offers(tuple(_read(file.offer)), said_with_gaps(_GAPS, file.said, "offers", f"{name}: said"))


def load_offers() -> Offers:
    """Reads a file. Raises ConfigError."""
    return parse_offers(read_authored("teddy_edge.conversation.skills", "offers.toml"))


_KINDS: Final[tuple[Kind, ...]] = ("game", "tale", "fact", "quiet")
_GAPS: Final = {
    "either": ("a", "b"), "either_little": ("a", "b"), "can": ("a", "b", "c", "d"), "can_little": ("a", "b"),
}  # fmt: skip


class _Offer(Authored):
    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z ,'-]+$")]
    ask: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z ']+$")]


class _File(Authored):
    said: dict[str, Templates]
    offer: dict[Kind, Annotated[tuple[_Offer, ...], Field(min_length=4)]]


def _read(offers: Mapping[Kind, Sequence[_Offer]]) -> Iterator[Offer]:
    for kind, rows in offers.items():
        for row in rows:
            yield Offer(Line(f"offers.of.{row.name.replace(' ', '_')}", row.name), row.ask, kind)
