"""Hello and goodbye, what the bear is, and kind words for a feeling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field

from teddy_edge.conversation.skills.lines import Line, Name, Spoken, fresh, numbered, pick
from teddy_edge.conversation.skills.offers import Offered, Offers
from teddy_edge.conversation.skills.skill import Heard, Recent, Reply
from teddy_edge.conversation.skills.understanding import Vocabulary, covered, understand
from teddy_edge.safety.authored import Authored, parse_authored, read_authored
from teddy_edge.safety.phrases import Pattern, PatternError, Phrasebook
from teddy_shared.ages import AgeBand
from teddy_shared.clock import Chance
from teddy_shared.errors import ConfigError

Worn = Literal["again", "offer", "care", "same"]
"""The oldest line and an offer, an offer alone, words that lead to a grown-up, or the oldest line alone."""

PASSING: Final = 0.4  # a greeting before a question leaves the question to others


@dataclass(frozen=True, slots=True)
class Cue:
    """Something children say, and what the bear says to it."""

    topic: str
    sure: float  # how surely it is meant when it is said
    passing: bool  # whether it may stand beside what the sentence is really about
    heard: tuple[Pattern, ...]
    lines: tuple[Line, ...]
    lines_little: tuple[Line, ...]
    leads_to: str  # what a "yes" to it asks for
    after: str  # the topic it must follow; empty for any
    offers: str  # what stands behind the line: anything, games, or what the bear can do; empty for nothing
    worn: Worn  # what becomes of it when all its lines were said lately


@dataclass(frozen=True, slots=True)
class CompanyBook:
    cues: tuple[Cue, ...]
    vocabulary: Vocabulary
    heard_you: tuple[Line, ...]  # before an offer, in place of lines that are worn
    care: tuple[Line, ...]


class Company:
    name: Final = "company"

    def __init__(self, *, book: CompanyBook, offers: Offers) -> None:
        self._book = book
        self._offers = offers

    def fit(self, heard: Heard, recent: Recent) -> float:
        return self._best(heard, recent)[0]

    def answer(self, heard: Heard, recent: Recent, chance: Chance) -> Reply:
        cue = self._best(heard, recent)[1]
        first = cue.lines_little if heard.band is AgeBand.LITTLE and cue.lines_little else cue.lines
        left = fresh(first, recent) or fresh(cue.lines, recent)
        if not left:
            return self._worn(cue, first, heard, recent, chance)
        line = pick(left, recent, chance)
        if cue.offers:
            return self._reply(cue, line, self._offered(cue, heard, recent, chance))
        return self._reply(cue, line)

    def _worn(self, cue: Cue, lines: Sequence[Line], heard: Heard, recent: Recent, chance: Chance) -> Reply:
        """The child has said it so often that all there is to say was said."""
        match cue.worn:
            case "same":
                return self._reply(cue, pick(lines, recent, chance))
            case "care":
                return self._reply(cue, pick(self._book.care, recent, chance))
        pool = self._book.heard_you if cue.worn == "offer" or cue.leads_to else lines
        return self._reply(cue, pick(pool, recent, chance), self._offered(cue, heard, recent, chance))

    def _offered(self, cue: Cue, heard: Heard, recent: Recent, chance: Chance) -> Offered:
        match cue.offers:
            case "all":
                return self._offers.what_i_can(heard.band, recent, chance)
            case "games":
                return self._offers.two(heard.band, recent, chance, kind="game")
            case _:
                return self._offers.two(heard.band, recent, chance)

    def _reply(self, cue: Cue, line: Line, offered: Offered | None = None) -> Reply:
        if offered is None:
            note = {"yes": cue.leads_to} if cue.leads_to else {}
            return Reply(text=line.text, skill=self.name, topic=cue.topic, note=note, lines=(line.id,))
        return Reply(
            text=f"{line.text} {offered.lines[0].text}",
            skill=self.name,
            topic=cue.topic,
            note=offered.note,
            lines=(line.id, *offered.ids),
        )

    def _best(self, heard: Heard, recent: Recent) -> tuple[float, Cue]:
        """The surest cue; among equals the one that stands first in the book."""
        words = understand(heard.text, self._book.vocabulary)
        cues = (cue for cue in self._book.cues if cue.after in ("", recent.topic))
        scored = ((self._score(cue, covered(cue.heard, words)), cue) for cue in cues)
        return max(scored, key=lambda each: each[0])

    @staticmethod
    def _score(cue: Cue, share: float) -> float:
        if not share:
            return 0.0
        return PASSING + (cue.sure - PASSING) * share if cue.passing else cue.sure


def parse_company(data: bytes, *, name: str = "company.toml") -> CompanyBook:
    """Raises ConfigError naming the place."""
    file = parse_authored(_File, data, name)
    book = Phrasebook(file.words)
    names = [row.known_as for row in file.cue]
    if twice := next((each for each in names if names.count(each) > 1), None):
        raise ConfigError(f"{name}: there are two cues {twice}")
    cues = []
    for row in file.cue:
        try:
            heard = book.patterns(row.heard)
        except PatternError as error:
            raise ConfigError(f"{name}: cue {row.known_as}: {error}") from None
        said = numbered(f"company.{row.known_as}", row.say)
        little = numbered(f"company.{row.known_as}.little", row.little)
        if doubled := sorted({*row.say} & {*row.little}):
            raise ConfigError(f"{name}: cue {row.known_as}: {doubled[0]!r} stands there twice")
        cue = Cue(
            row.topic,
            row.sure,
            row.passing,
            heard,
            said,
            little,
            row.leads_to,
            row.after,
            row.offers,
            row.worn,
        )
        cues.append(cue)
    sources = (*file.words.values(), *(source for row in file.cue for source in row.heard))
    heard_you, care = numbered("company.heard_you", file.heard_you), numbered("company.care", file.care)
    return CompanyBook(tuple(cues), Vocabulary.of_patterns(sources), heard_you, care)


def load_company(offers: Offers) -> Company:
    """Reads a file. Raises ConfigError."""
    book = parse_company(read_authored("teddy_edge.conversation.skills", "company.toml"))
    return Company(book=book, offers=offers)


class _Cue(Authored):
    name: Name | None = None  # the topic's, where it has but one cue
    topic: Name
    sure: Annotated[float, Field(gt=0, le=1)] = 0.9
    passing: bool = False
    heard: Annotated[tuple[str, ...], Field(min_length=1)]
    say: Annotated[tuple[Spoken, ...], Field(min_length=1)]
    little: tuple[Spoken, ...] = ()
    leads_to: str = ""
    after: Name | Literal[""] = ""
    offers: Literal["", "all", "games", "any"] = ""
    worn: Worn = "again"

    @property
    def known_as(self) -> str:
        return self.name or self.topic


class _File(Authored):
    heard_you: Annotated[tuple[Spoken, ...], Field(min_length=1)]
    care: Annotated[tuple[Spoken, ...], Field(min_length=1)]
    words: dict[str, str] = Field(default_factory=dict)
    cue: Annotated[tuple[_Cue, ...], Field(min_length=1)]
