"""Guess who: an animal is known by its voice, or by what it tells of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from teddy_edge.conversation.skills.levels import USUAL
from teddy_edge.conversation.skills.lines import Line, Spoken, pick
from teddy_edge.conversation.skills.playing import Playing
from teddy_edge.conversation.skills.quiz import Question, QuizLines, Round
from teddy_edge.conversation.skills.quiz_game import GameBook, QuizGame
from teddy_edge.conversation.skills.steering import Steering
from teddy_edge.conversation.skills.templates import Templates, filled
from teddy_edge.conversation.skills.understanding import Vocabulary, understand
from teddy_edge.safety.authored import Authored, parse_authored, read_authored
from teddy_shared.clock import Chance

NAME: Final = "who_is_it"
ANSWER_MOST: Final = 7  # words of a sentence that may be an answer rather than another wish


@dataclass(frozen=True, slots=True)
class Animal:
    who: str  # with its article
    words: frozenset[str]  # by which a child may call it
    says: str  # empty for one without a voice that children know
    clues: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WhoBook:
    game: GameBook
    animals: tuple[Animal, ...]
    vocabulary: Vocabulary


class _Examiner:
    """Asks for one that was not asked for lately; two clues at once where one is too hard."""

    def __init__(self, book: WhoBook) -> None:
        self._book = book

    def question(self, asked: Round, chance: Chance) -> Question:
        said = self._book.game.said
        animal = self._some(asked, chance)
        first, second = animal.clues[:2]
        if asked.kind == "sound":
            line = pick(said["ask_sound"], asked.recent, chance)
            ask, hint = filled(line, sound=animal.says).text, first
        else:
            line = pick(said["ask_mystery"], asked.recent, chance)
            clue = f"{first} {second}" if asked.level < USUAL else first
            ask, hint = filled(line, clue=clue).text, animal.clues[-1] if asked.level < USUAL else second
        told = f"It's {animal.who}."
        return Question(Line(f"{NAME}.{asked.kind}.{animal.who}", ask), animal.who, told, hint)

    def judge(self, kind: str, said: str, right: str) -> bool | None:  # noqa: ARG002  # the port's own
        words = understand(said, self._book.vocabulary)
        if len(words.row) > ANSWER_MOST:
            return None
        named = [animal.who for animal in self._book.animals if animal.words & words.every]
        return right in named if named else None

    def wish_for(self, kind: str) -> str:
        return "animal sounds game" if kind == "sound" else "guess the animal game"

    def _some(self, asked: Round, chance: Chance) -> Animal:
        animals = [each for each in self._book.animals if each.says or asked.kind != "sound"]
        said = frozenset(asked.recent.lines)
        new = [each for each in animals if f"{NAME}.{asked.kind}.{each.who}" not in said] or animals
        return new[chance.below(len(new))]


def parse_who(data: bytes, *, name: str = "who_is_it.toml") -> WhoBook:
    """Raises ConfigError naming the place."""
    file = parse_authored(_File, data, name)
    game = GameBook.of(heard=file.heard, said=file.said, gaps=_GAPS, name=NAME)
    animals = tuple(
        Animal(row.who, frozenset((row.who.split()[-1], *row.also.split())), row.says, row.clues)
        for row in file.animal
    )
    return WhoBook(game, animals, Vocabulary(word for animal in animals for word in animal.words))


def load_who_is_it(lines: QuizLines, steering: Steering, playing: Playing) -> QuizGame:
    """Reads a file. Raises ConfigError."""
    book = parse_who(read_authored("teddy_edge.conversation.skills", "who_is_it.toml"))
    return QuizGame(
        name=NAME,
        book=book.game,
        examiner=_Examiner(book),
        lines=lines,
        steering=steering,
        playing=playing,
    )


_GAPS: Final = {
    "begin_sound": (), "begin_mystery": (), "ask_sound": ("sound",), "ask_mystery": ("clue",),
}  # fmt: skip


class _Animal(Authored):
    who: Annotated[str, StringConstraints(pattern=r"^an? [a-z ]+$")]
    also: Annotated[str, StringConstraints(pattern=r"^[a-z ]*$")] = ""
    says: Annotated[str, StringConstraints(pattern=r"^[a-z ,]*$")] = ""
    clues: Annotated[tuple[Spoken, ...], Field(min_length=3, max_length=3)]


class _File(Authored):
    heard: dict[str, tuple[str, ...]]
    said: dict[str, Templates]
    animal: Annotated[tuple[_Animal, ...], Field(min_length=21)]
