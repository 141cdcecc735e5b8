"""Breathing together, winding down for the night, and a longer word for worries; a hug is always near."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field

from teddy_edge.conversation.skills.lines import Line, Name, Spoken, numbered, pick
from teddy_edge.conversation.skills.skill import Heard, Recent, Reply
from teddy_edge.conversation.skills.steering import Steering, Wish
from teddy_edge.conversation.skills.understanding import Vocabulary, Words, matches, understand
from teddy_edge.safety.authored import Authored, parse_authored, read_authored
from teddy_edge.safety.phrases import Pattern, PatternError, Phrasebook
from teddy_shared.ages import AgeBand
from teddy_shared.clock import Chance
from teddy_shared.errors import ConfigError

_MORE: Final = 0.94


@dataclass(frozen=True, slots=True)
class Comfort:
    """Something that weighs on a child or keeps it awake, and what the bear says to it."""

    topic: str
    sure: float  # how surely it is meant when it is said
    heard: tuple[Pattern, ...]
    unless: tuple[Pattern, ...]
    lines: tuple[Line, ...]
    lines_little: tuple[Line, ...]
    steps: tuple[Line, ...]  # said one a turn, for "again" and "yes"
    leads_to: str  # what a "yes" to it asks for


@dataclass(frozen=True, slots=True)
class CalmBook:
    comforts: tuple[Comfort, ...]
    vocabulary: Vocabulary

    def of_topic(self, topic: str | None) -> Comfort | None:
        return next((each for each in self.comforts if each.topic == topic), None)


class Calm:
    name: Final = "calm"

    def __init__(self, *, book: CalmBook, steering: Steering) -> None:
        self._book = book
        self._steering = steering

    def fit(self, heard: Heard, recent: Recent) -> float:
        found = self._found(understand(heard.text, self._book.vocabulary))
        if self._goes_on(heard, recent):
            return max(_MORE, found.sure if found else 0.0)
        return found.sure if found else 0.0

    def answer(self, heard: Heard, recent: Recent, chance: Chance) -> Reply:
        found = self._found(understand(heard.text, self._book.vocabulary))
        comfort = found or self._goes_on(heard, recent) or self._book.comforts[0]
        line = self._line(comfort, heard.band, recent, chance)
        note = {"yes": comfort.leads_to} if comfort.leads_to else {}
        return Reply(text=line.text, skill=self.name, topic=comfort.topic, note=note, lines=(line.id,))

    def _goes_on(self, heard: Heard, recent: Recent) -> Comfort | None:
        if recent.skill != self.name or self._steering.wish(heard.text) is not Wish.MORE:
            return None
        return self._book.of_topic(recent.topic)

    def _found(self, words: Words) -> Comfort | None:
        """The surest; among equals the one that stands first in the book."""
        fitting = [
            each
            for each in self._book.comforts
            if matches(each.heard, words) and not matches(each.unless, words)
        ]
        return max(fitting, key=lambda each: each.sure, default=None)

    def _line(self, comfort: Comfort, band: AgeBand, recent: Recent, chance: Chance) -> Line:
        """The next step of what goes on, or one of the lines."""
        if comfort.steps and recent.skill == self.name and recent.topic == comfort.topic:
            ids = [line.id for line in comfort.steps]
            done = max((ids.index(line) for line in recent.lines if line in ids), default=-1)
            return comfort.steps[(done + 1) % len(ids)]
        lines = comfort.lines_little if band is AgeBand.LITTLE and comfort.lines_little else comfort.lines
        return pick(lines, recent, chance)


def parse_calm(data: bytes, *, name: str = "calm.toml") -> CalmBook:
    """Raises ConfigError naming the place."""
    file = parse_authored(_File, data, name)
    book = Phrasebook(file.words)
    comforts = []
    for topic, row in file.comfort.items():
        try:
            heard, unless = book.patterns(row.heard), book.patterns(row.unless)
        except PatternError as error:
            raise ConfigError(f"{name}: {topic}: {error}") from None
        lines, little, steps = (
            numbered(f"calm.{topic}{part}", texts)
            for part, texts in (("", row.say), (".little", row.little), (".step", row.steps))
        )
        comforts.append(Comfort(topic, row.sure, heard, unless, lines, little, steps, row.leads_to))
    sources = (source for row in file.comfort.values() for source in (*row.heard, *row.unless))
    return CalmBook(tuple(comforts), Vocabulary.of_patterns((*file.words.values(), *sources, *file.ordinary)))


def load_calm(steering: Steering) -> Calm:
    """Reads a file. Raises ConfigError."""
    book = parse_calm(read_authored("teddy_edge.conversation.skills", "calm.toml"))
    return Calm(book=book, steering=steering)


class _Comfort(Authored):
    sure: Annotated[float, Field(gt=0, le=1)] = 0.965
    heard: Annotated[tuple[str, ...], Field(min_length=1)]
    unless: tuple[str, ...] = ()
    say: Annotated[tuple[Spoken, ...], Field(min_length=1)]
    little: tuple[Spoken, ...] = ()
    steps: tuple[Spoken, ...] = ()
    leads_to: str = ""


class _File(Authored):
    words: dict[str, str]
    ordinary: tuple[str, ...] = ()  # words that are no small mistake for one that is listened for
    comfort: Annotated[dict[Name, _Comfort], Field(min_length=1)]
