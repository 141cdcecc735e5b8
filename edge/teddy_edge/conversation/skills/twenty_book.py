"""Things to think of, what is true of them, and how children ask about it, checked and ready. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from teddy_edge.conversation.skills.groups import heard_as, said_with_gaps, sources
from teddy_edge.conversation.skills.lines import Line, Name, Spoken
from teddy_edge.conversation.skills.templates import Templates
from teddy_edge.conversation.skills.understanding import Vocabulary
from teddy_edge.safety.authored import Authored, parse_authored
from teddy_edge.safety.phrases import Pattern, PatternError, Phrasebook
from teddy_shared.errors import ConfigError

Truth = Literal["yes", "no", "some"]  # some of them, or sometimes


@dataclass(frozen=True, slots=True)
class Trait:
    """Something that is true of some things."""

    name: str
    heard: tuple[Pattern, ...]
    ask: str  # as the bear asks it, "Can it fly?"
    clue: str  # as the bear tells it, "It can fly."


@dataclass(frozen=True, slots=True)
class Thing:
    what: str  # with its article
    words: frozenset[str]  # by which a child may call it
    size: int  # from 1, an ant, to 9, the sun
    true: frozenset[str]  # names of traits
    some: frozenset[str]

    def truth(self, trait: str) -> Truth:
        if trait in self.true:
            return "yes"
        return "some" if trait in self.some else "no"


@dataclass(frozen=True, slots=True)
class Heard:
    """What children say around the game."""

    bear_thinks: tuple[Pattern, ...]  # the bear shall think of something
    bear_guesses: tuple[Pattern, ...]  # the child does
    not_wished: tuple[Pattern, ...]
    bigger: tuple[Pattern, ...]
    smaller: tuple[Pattern, ...]
    yes: tuple[Pattern, ...]
    no: tuple[Pattern, ...]
    some: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class TwentyBook:
    heard: Heard
    said: Mapping[str, tuple[Line, ...]]
    traits: Mapping[str, Trait]
    things: Mapping[str, Thing]
    vocabulary: Vocabulary


def parse_twenty(data: bytes, *, name: str = "twenty_questions.toml") -> TwentyBook:
    """Raises ConfigError naming the place."""
    file = parse_authored(_File, data, name)
    traits = {}
    for trait, asked in file.trait.items():
        try:
            traits[trait] = Trait(trait, Phrasebook({}).patterns(asked.heard), asked.ask, asked.clue)
        except PatternError as error:
            raise ConfigError(f"{name}: trait {trait}: {error}") from None
    things = {}
    for row in file.thing:
        true, some = frozenset(row.true.split()), frozenset(row.some.split())
        if strange := sorted((true | some) - traits.keys()):
            raise ConfigError(f"{name}: {row.what}: there is no trait {strange[0]}")
        words = frozenset((row.what.split()[-1], *row.also.split()))
        things[row.what] = Thing(row.what, words, row.size, true, some)
    asked_for = [source for trait in file.trait.values() for source in trait.heard]
    named = [word for thing in things.values() for word in thing.words]
    return TwentyBook(
        heard=heard_as(Heard, file.heard, f"{name}: heard"),
        said=said_with_gaps(_GAPS, file.said, "twenty_questions", f"{name}: said"),
        traits=traits,
        things=things,
        vocabulary=Vocabulary.of_patterns((*sources(file.heard), *asked_for, *named)),
    )


_GAPS: Final = {
    "begin": (), "yes": (), "no": (), "some": (), "not_that": ("what",), "found": ("what",),
    "told": ("what",), "hint": (), "ask_me": (),
    "bigger": ("what",), "smaller": ("what",), "as_big": ("what",),
    "think": (), "asks": (), "once_more": (), "guess": ("what",), "proud": (), "beaten": (),
    "leaving": (),
}  # fmt: skip

_Words = Annotated[str, StringConstraints(pattern=r"^[a-z_ ]*$")]


class _Trait(Authored):
    heard: Annotated[tuple[str, ...], Field(min_length=1)]
    ask: Spoken
    clue: Spoken


class _Thing(Authored):
    what: Annotated[str, StringConstraints(pattern=r"^(a|an|the|some) [a-z ]+$")]
    also: _Words = ""
    size: Annotated[int, Field(ge=1, le=9)]
    true: _Words
    some: _Words = ""


class _File(Authored):
    heard: dict[str, tuple[str, ...]]
    said: dict[str, Templates]
    trait: Annotated[dict[Name, _Trait], Field(min_length=15)]
    thing: Annotated[tuple[_Thing, ...], Field(min_length=30)]
