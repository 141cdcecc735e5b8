"""Books of what the bear knows: topics, facts and the questions they answer, checked and ready. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from teddy_edge.conversation.skills.groups import heard_as, said_with_gaps, sources
from teddy_edge.conversation.skills.lines import Line, Name, Spoken
from teddy_edge.conversation.skills.templates import Templates, templates
from teddy_edge.conversation.skills.understanding import Vocabulary, Words
from teddy_edge.safety.authored import Authored, parse_authored
from teddy_edge.safety.phrases import Pattern, PatternError, Phrasebook, Span
from teddy_shared.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Fact:
    line: Line
    about: frozenset[str]  # words and aspects of a question about the topic that it answers
    asked: tuple[Pattern, ...]  # questions that it answers outright

    def score(self, words: Words, aspects: Mapping[str, frozenset[str]]) -> int:
        """How many of its words the question has."""
        return sum(not aspects.get(each, frozenset((each,))).isdisjoint(words.every) for each in self.about)


@dataclass(frozen=True, slots=True)
class Topic:
    name: str  # as it is spoken; the topic for the parents too
    pattern: Pattern  # its names
    general: bool  # about all of the book, as "space"
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Asking:
    """How children ask."""

    any_way: tuple[Pattern, ...]  # a question, or a wish to be told
    for_anything: tuple[Pattern, ...]  # a wish for whatever there is about the topic
    whether_liked: tuple[Pattern, ...]
    about_it: tuple[Pattern, ...]  # a question about "it" or "they"
    any_topic: tuple[Pattern, ...]  # a wish for whatever the book has
    why: tuple[Pattern, ...]  # a bare "why?"
    passing: tuple[Pattern, ...]  # what only sounds like a topic


@dataclass(frozen=True, slots=True)
class Knowledge:
    topics: tuple[Topic, ...]
    asking: Asking
    aspects: Mapping[str, frozenset[str]]
    openings: Mapping[str, tuple[Line, ...]]
    offers: tuple[Line, ...]
    vocabulary: Vocabulary

    def of_name(self, name: str | None) -> Topic | None:
        return next((topic for topic in self.topics if topic.name == name), None)

    def outright(self, words: Words) -> tuple[Topic, Fact] | None:
        """The fact whose own question takes most of the sentence."""
        longest, best = 0, None
        for topic in self.topics:
            for fact in topic.facts:
                spans = (span for each in fact.asked for span in each.spans(words))
                length = max((span.end - span.start for span in spans), default=0)
                if length > longest:
                    longest, best = length, (topic, fact)
        return best

    def named(self, words: Words) -> tuple[tuple[Topic, Span], ...]:
        """The topics in a sentence; longer names first, particular ones before the general."""
        taken = [span for each in self.asking.passing for span in each.spans(words)]
        found = [(topic, span) for topic in self.topics for span in topic.pattern.spans(words)]
        found.sort(key=lambda each: (each[1].start - each[1].end, each[1].start))
        kept: list[tuple[Topic, Span]] = []
        for topic, span in found:
            if not any(span.touches(each) for each in taken):
                taken.append(span)
                kept.append((topic, span))
        kept.sort(key=lambda each: (each[0].general, each[1].start))
        return tuple(kept)


def parse_knowledge(data: bytes, *, name: str) -> Knowledge:
    """Raises ConfigError naming the place. `name` is the file's, and begins the ids of its lines."""
    file = parse_authored(_File, data, name)
    book = Phrasebook({})
    prefix = name.removesuffix(".toml")
    try:
        topics = tuple(_topic(prefix, row, book) for row in file.topic)
    except PatternError as error:
        raise ConfigError(f"{name}: {error}") from None
    ids = [fact.line.id for topic in topics for fact in topic.facts]
    if twice := next((each for each in ids if ids.count(each) > 1), None):
        raise ConfigError(f"{name}: there are two facts {twice}")
    return Knowledge(
        topics=topics,
        asking=heard_as(Asking, file.asking, f"{name}: asking"),
        aspects={aspect: frozenset(words.split()) for aspect, words in file.aspects.items()},
        openings=said_with_gaps(_GAPS, file.openings, prefix, f"{name}: openings"),
        offers=templates(f"{prefix}.offer", file.offers, gaps=()),
        vocabulary=Vocabulary.of_patterns((*_sources(file), *file.ordinary)),
    )


def _sources(file: _File) -> Iterator[str]:
    yield from sources(file.asking)
    yield from file.aspects.values()
    for topic in file.topic:
        yield topic.names
        for fact in topic.fact:
            yield fact.about
            yield from fact.asked


def _topic(prefix: str, row: _Topic, book: Phrasebook) -> Topic:
    where = f"{prefix}.{row.name.replace(' ', '_')}"
    facts = tuple(
        Fact(
            line=Line(f"{where}.{fact.id}", fact.text, fact.little),
            about=frozenset(fact.about.split()),
            asked=book.patterns(fact.asked),
        )
        for fact in row.fact
    )
    names = book.pattern(f"({'|'.join(row.names.split()).replace('_', ' ')})")
    return Topic(row.name, names, row.general, facts)


_GAPS: Final = dict.fromkeys(("mention", "liked", "unsure", "why"), ("topic",))


class _Fact(Authored):
    id: Name
    about: str = ""
    asked: tuple[str, ...] = ()
    text: Spoken
    little: Spoken | None = None


class _Topic(Authored):
    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z ]*$", max_length=30)]
    names: str  # an underscore within a name of two words
    general: bool = False
    fact: Annotated[tuple[_Fact, ...], Field(min_length=1)]


class _File(Authored):
    asking: dict[str, tuple[str, ...]]
    aspects: dict[Name, str]
    openings: dict[str, Templates]
    offers: Templates
    ordinary: tuple[str, ...] = ()  # words that are no mistake for one of the book's
    topic: Annotated[tuple[_Topic, ...], Field(min_length=1)]
