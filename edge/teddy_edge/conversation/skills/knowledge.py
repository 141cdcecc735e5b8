"""Books of what the bear knows: topics, facts and the questions they answer, checked and ready. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from teddy_edge.conversation.skills.fact_book import (
    Fact,
    FactRow,
    Topic,
    apart,
    facts_of,
    names_of,
    refuse_twice,
    words_of,
)
from teddy_edge.conversation.skills.groups import heard_as, said_with_gaps, sources
from teddy_edge.conversation.skills.lines import Line, Name
from teddy_edge.conversation.skills.templates import Templates, templates
from teddy_edge.conversation.skills.understanding import Vocabulary, Words
from teddy_edge.safety.authored import Authored, parse_authored
from teddy_edge.safety.phrases import Pattern, PatternError, Phrasebook, Span
from teddy_shared.errors import ConfigError


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
        found = ((span, topic) for topic in self.topics for span in topic.pattern.spans(words))
        kept = sorted(apart(found, taken), key=lambda each: (each[1].general, each[0].start))
        return tuple((topic, span) for span, topic in kept)


def parse_knowledge(data: bytes, *, name: str) -> Knowledge:
    """Raises ConfigError naming the place. `name` is the file's, and begins the ids of its lines."""
    file = parse_authored(_File, data, name)
    book = Phrasebook({})
    prefix = name.removesuffix(".toml")
    try:
        topics = tuple(_topic(prefix, row, book) for row in file.topic)
    except PatternError as error:
        raise ConfigError(f"{name}: {error}") from None
    refuse_twice(topics, name)
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
        yield from words_of(topic.fact)


def _topic(prefix: str, row: TopicRow, book: Phrasebook) -> Topic:
    facts = facts_of(row.fact, f"{prefix}.{row.name.replace(' ', '_')}", book)
    return Topic(row.name, names_of(row.names, book), row.general, facts)


_GAPS: Final = dict.fromkeys(("mention", "liked", "unsure", "why"), ("topic",))


class TopicRow(Authored):
    """A topic as it stands in a file."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z ]*$", max_length=30)]
    names: str  # an underscore within a name of two words
    general: bool = False
    fact: Annotated[tuple[FactRow, ...], Field(min_length=1)]


class _File(Authored):
    asking: dict[str, tuple[str, ...]]
    aspects: dict[Name, str]
    openings: dict[str, Templates]
    offers: Templates
    ordinary: tuple[str, ...] = ()  # words that are no mistake for one of the book's
    topic: Annotated[tuple[TopicRow, ...], Field(min_length=1)]
