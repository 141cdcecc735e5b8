"""The book of animals: who they are and what is known about them, checked and ready for questions. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

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
from teddy_edge.conversation.skills.groups import heard_as, sources
from teddy_edge.conversation.skills.lines import LONGEST, Line, Name, Spoken, numbered
from teddy_edge.conversation.skills.understanding import Vocabulary, Words
from teddy_edge.safety.authored import Authored, parse_authored
from teddy_edge.safety.phrases import Pattern, PatternError, Phrasebook, Span
from teddy_shared.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Asking:
    """How children ask about animals."""

    any_way: tuple[Pattern, ...]  # a question, or a wish to be told
    for_anything: tuple[Pattern, ...]  # a wish for whatever there is about the animal
    whether_liked: tuple[Pattern, ...]
    about_them: tuple[Pattern, ...]  # a question about "they"
    any_animal: tuple[Pattern, ...]  # a wish for whatever animal


@dataclass(frozen=True, slots=True)
class Named:
    """The animals in a sentence, in its order."""

    animals: tuple[Topic, ...] = ()
    stranger: str = ""  # an animal that the book has no facts about, as it is spoken
    words: int = 0  # that name them


@dataclass(frozen=True, slots=True)
class AnimalBook:
    animals: tuple[Topic, ...]
    strangers: Mapping[str, Pattern]
    passing: tuple[Pattern, ...]  # what only sounds like an animal: "hot dog"
    aspects: Mapping[str, frozenset[str]]
    asking: Asking
    openings: Mapping[str, tuple[Line, ...]]
    offers: tuple[Line, ...]
    unknown: tuple[Line, ...]
    vocabulary: Vocabulary

    def of_topic(self, topic: str | None) -> Topic | None:
        return next((animal for animal in self.animals if animal.name == topic), None)

    def outright(self, words: Words) -> tuple[Topic, Fact] | None:
        """What answers a question of its own, such as which animal is the biggest."""
        for animal in self.animals:
            for fact in animal.facts:
                if any(each.matches(words) for each in fact.asked):
                    return animal, fact
        return None

    def named(self, words: Words) -> Named:
        """Longer names first, so that a polar bear is no bear and a hot dog no dog."""
        kept = sorted(apart(self._spans(words)), key=lambda each: each[0].start)
        animals = [who for _, who in kept if isinstance(who, Topic)]
        special = [each for each in animals if not each.general]
        return Named(
            animals=tuple(special or animals),
            stranger=next((who for _, who in kept if isinstance(who, str) and who), ""),
            words=sum(span.end - span.start for span, who in kept if who),
        )

    def _spans(self, words: Words) -> Iterator[tuple[Span, Topic | str]]:
        for pattern in self.passing:
            yield from ((span, "") for span in pattern.spans(words))
        for name, pattern in self.strangers.items():
            yield from ((span, name) for span in pattern.spans(words))
        for animal in self.animals:
            yield from ((span, animal) for span in animal.pattern.spans(words))


def parse_animals(data: bytes, *, name: str = "animals.toml") -> AnimalBook:
    """Raises ConfigError naming the place."""
    file = parse_authored(_File, data, name)
    try:
        return _book(file, name)
    except PatternError as error:
        raise ConfigError(f"{name}: {error}") from None


_SpokenName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z -]*$", max_length=30)]
_Opening = Annotated[
    str,
    StringConstraints(pattern=r"^([A-Za-z ,.!?'-]|[{]animals[}]|[{]Animals[}])+[.!?]$", max_length=LONGEST),
]
_Unknown = Annotated[
    str,
    StringConstraints(pattern=r"^([A-Za-z ,.!?'-]|[{]animals[}]|[{]stranger[}])+[.!?]$", max_length=LONGEST),
]


class _Animal(Authored):
    name: _SpokenName
    names: str  # singular, an underscore within a name of two words
    general: bool = False
    facts: Annotated[tuple[FactRow, ...], Field(min_length=1)]


class _Openings(Authored):
    mention: Annotated[tuple[_Opening, ...], Field(min_length=1)]
    liked: Annotated[tuple[_Opening, ...], Field(min_length=1)]
    unsure: Annotated[tuple[_Opening, ...], Field(min_length=1)]


class _File(Authored):
    asking: dict[str, tuple[str, ...]]
    aspects: dict[Name, str]
    openings: _Openings
    offers: Annotated[tuple[Spoken, ...], Field(min_length=1)]
    unknown: Annotated[tuple[_Unknown, ...], Field(min_length=1)]
    passing: tuple[str, ...]
    strangers: dict[_SpokenName, str]
    animal: Annotated[tuple[_Animal, ...], Field(min_length=1)]


def _book(file: _File, name: str) -> AnimalBook:
    book = Phrasebook({})
    animals = [_animal(each, book) for each in file.animal]
    refuse_twice(animals, name)
    listened_for = (
        *sources(file.asking),
        *(each.names for each in file.animal),
        *file.strangers.values(),
        *file.aspects.values(),
        *(words for each in file.animal for words in words_of(each.facts)),
    )
    return AnimalBook(
        animals=tuple(animals),
        strangers={stranger: names_of(names, book) for stranger, names in file.strangers.items()},
        passing=book.patterns(file.passing),
        aspects={aspect: frozenset(words.split()) for aspect, words in file.aspects.items()},
        asking=heard_as(Asking, file.asking, f"{name}: asking"),
        openings={
            kind: numbered(f"animals.{kind}", texts) for kind, texts in file.openings.model_dump().items()
        },
        offers=numbered("animals.offer", file.offers),
        unknown=numbered("animals.unknown", file.unknown),
        vocabulary=Vocabulary.of_patterns(listened_for),
    )


def _animal(row: _Animal, book: Phrasebook) -> Topic:
    return Topic(row.name, names_of(row.names, book), row.general, facts_of(row.facts, row.name, book))
