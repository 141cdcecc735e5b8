"""What a child has told about itself, in so many words: a small value that skills are handed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

NAME: Final = "name"  # as a fact; the others are the kinds of favourites


class Kind(StrEnum):
    """Of what a child may have a favourite. None of them says who or where it is."""

    ANIMAL = "animal"
    COLOUR = "colour"
    FOOD = "food"
    GAME = "game"
    STORY = "story"
    SONG = "song"
    TOY = "toy"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Stopped:
    """Where a story waits to go on."""

    story: str
    scene: str


@dataclass(frozen=True, slots=True)
class Known:
    """Empty where nothing was told, or all was forgotten."""

    name: str | None = None  # a first name
    favourites: Mapping[Kind, str] = field(default_factory=dict)
    stopped: Stopped | None = None

    @property
    def anything(self) -> bool:
        return self.name is not None or bool(self.favourites)

    def called(self, name: str) -> Known:
        return replace(self, name=name)

    def liking(self, kind: Kind, what: str) -> Known:
        return replace(self, favourites={**self.favourites, kind: what})

    def stopped_at(self, stopped: Stopped | None) -> Known:
        return replace(self, stopped=stopped)

    def without(self, fact: str) -> Known:
        """`fact` is a kind of favourite, or `NAME`."""
        if fact == NAME:
            return replace(self, name=None)
        return replace(
            self, favourites={kind: what for kind, what in self.favourites.items() if kind != fact}
        )

    def has_lost_something_of(self, before: Known) -> bool:
        """Whether a fact is gone that was there: that must not wait."""
        gone = before.favourites.keys() - self.favourites.keys()
        return bool(gone) or (before.name is not None and self.name is None)


NOBODY: Final = Known()
