"""The book of jokes and riddles, and how children ask for them and guess, checked and ready. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from teddy_edge.conversation.skills.groups import heard_as, said_as, sources
from teddy_edge.conversation.skills.lines import Line, Name, Spoken, Texts
from teddy_edge.conversation.skills.understanding import Vocabulary
from teddy_edge.safety.authored import Authored, parse_authored
from teddy_edge.safety.phrases import Pattern, PatternError, Phrasebook
from teddy_shared.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Riddle:
    """A joke that asks something. The child may guess, or hear the answer."""

    line: Line
    answer: Line
    right: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Heard:
    """What children say around jokes."""

    for_joke: tuple[Pattern, ...]
    for_riddle: tuple[Pattern, ...]
    no_wish: tuple[Pattern, ...]  # jokes are spoken of, and none is asked for
    giving_up: tuple[Pattern, ...]
    wonders: tuple[Pattern, ...]  # why a joke is funny
    guesses: tuple[Pattern, ...]  # how a guess begins
    no_guess: tuple[Pattern, ...]  # how a sentence begins that is no guess
    child_tells: tuple[Pattern, ...]  # the child would like to tell one
    knocks: tuple[Pattern, ...]
    child_riddles: tuple[Pattern, ...]  # how a joke begins that the bear is asked


@dataclass(frozen=True, slots=True)
class Said:
    """What the bear says around jokes."""

    cheers: tuple[Line, ...]
    kind: tuple[Line, ...]  # before the answer after a wrong guess
    puzzled: tuple[Line, ...]  # when a joke was not understood; each offers another
    reveals: tuple[Line, ...]  # before the answer of a riddle that was given up
    telling: tuple[Line, ...]  # when the child would like to tell one
    laughs: tuple[Line, ...]
    who_is_there: tuple[Line, ...]
    who_exactly: tuple[Line, ...]
    asks_back: tuple[Line, ...]  # when the child asks the bear a riddle


@dataclass(frozen=True, slots=True)
class JokeBook:
    jokes: tuple[Line, ...]
    riddles: Mapping[str, Riddle]  # by the id of its line
    heard: Heard
    said: Said
    vocabulary: Vocabulary


def parse_jokes(data: bytes, *, name: str = "jokes.toml") -> JokeBook:
    """Raises ConfigError naming the place."""
    file = parse_authored(_File, data, name)
    ids = [row.id for row in (*file.joke, *file.riddle)]
    if twice := next((each for each in ids if ids.count(each) > 1), None):
        raise ConfigError(f"{name}: there are two jokes {twice}")
    book = Phrasebook({})
    try:
        riddles = [_riddle(row, book) for row in file.riddle]
    except PatternError as error:
        raise ConfigError(f"{name}: {error}") from None
    guesses = (source for row in file.riddle for source in row.right)
    return JokeBook(
        jokes=tuple(Line(f"jokes.{row.id}", row.text, row.little) for row in file.joke),
        riddles={riddle.line.id: riddle for riddle in riddles},
        heard=heard_as(Heard, file.heard, f"{name}: heard"),
        said=said_as(Said, file.said, "jokes", f"{name}: said"),
        vocabulary=Vocabulary.of_patterns((*sources(file.heard), *guesses)),
    )


class JokeRow(Authored):
    """A joke as it stands in a file."""

    id: Name
    text: Spoken
    little: Spoken | None = None


class RiddleRow(JokeRow):
    """A riddle as it stands in a file."""

    answer: Spoken
    right: Annotated[tuple[str, ...], Field(min_length=1)]


class _File(Authored):
    heard: dict[str, tuple[str, ...]]
    said: dict[str, Texts]
    joke: Annotated[tuple[JokeRow, ...], Field(min_length=1)]
    riddle: Annotated[tuple[RiddleRow, ...], Field(min_length=1)]


def _riddle(row: RiddleRow, book: Phrasebook) -> Riddle:
    line = Line(f"riddles.{row.id}", row.text, row.little)
    return Riddle(line, Line(f"{line.id}.answer", row.answer), book.patterns(row.right))
