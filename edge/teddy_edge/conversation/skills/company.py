"""Hello and goodbye, what the bear is, and kind words for a feeling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field

from teddy_edge.conversation.skills.lines import Line, Name, Spoken, numbered, pick
from teddy_edge.conversation.skills.skill import Heard, Recent, Reply
from teddy_edge.conversation.skills.understanding import Vocabulary, covered, understand
from teddy_edge.safety.authored import Authored, parse_authored, read_authored
from teddy_edge.safety.phrases import Pattern, PatternError, Phrasebook
from teddy_shared.ages import AgeBand
from teddy_shared.clock import Chance
from teddy_shared.errors import ConfigError

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


@dataclass(frozen=True, slots=True)
class CompanyBook:
    cues: tuple[Cue, ...]
    vocabulary: Vocabulary


class Company:
    name: Final = "company"

    def __init__(self, *, book: CompanyBook) -> None:
        self._book = book

    def fit(self, heard: Heard, recent: Recent) -> float:
        return self._best(heard, recent)[0]

    def answer(self, heard: Heard, recent: Recent, chance: Chance) -> Reply:
        cue = self._best(heard, recent)[1]
        lines = cue.lines_little if heard.band is AgeBand.LITTLE and cue.lines_little else cue.lines
        line = pick(lines, recent, chance)
        note = {"yes": cue.leads_to} if cue.leads_to else {}
        return Reply(text=line.text, skill=self.name, topic=cue.topic, note=note, lines=(line.id,))

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
        cues.append(Cue(row.topic, row.sure, row.passing, heard, said, little, row.leads_to, row.after))
    sources = (*file.words.values(), *(source for row in file.cue for source in row.heard))
    return CompanyBook(tuple(cues), Vocabulary.of_patterns(sources))


def load_company() -> Company:
    """Reads a file. Raises ConfigError."""
    return Company(book=parse_company(read_authored("teddy_edge.conversation.skills", "company.toml")))


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

    @property
    def known_as(self) -> str:
        return self.name or self.topic


class _File(Authored):
    words: dict[str, str] = Field(default_factory=dict)
    cue: Annotated[tuple[_Cue, ...], Field(min_length=1)]
