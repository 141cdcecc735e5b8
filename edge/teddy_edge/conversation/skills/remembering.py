"""Games of memory: a bag that gets fuller every time, and rows of words to say again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import StringConstraints

from teddy_edge.conversation.skills.lines import Line, pick
from teddy_edge.conversation.skills.playing import Playing
from teddy_edge.conversation.skills.quiz import Question, QuizLines, Round
from teddy_edge.conversation.skills.quiz_game import GameBook, QuizGame
from teddy_edge.conversation.skills.steering import Steering
from teddy_edge.conversation.skills.templates import Templates, filled
from teddy_edge.conversation.skills.understanding import Vocabulary, understand
from teddy_edge.safety.authored import Authored, parse_authored, read_authored
from teddy_shared.ages import AgeBand
from teddy_shared.clock import Chance

NAME: Final = "remembering"
PACKED_FIRST: Final = {AgeBand.LITTLE: 1, AgeBand.MIDDLE: 2, AgeBand.BIG: 3}
PACKED_MOST: Final = {AgeBand.LITTLE: 4, AgeBand.MIDDLE: 7, AgeBand.BIG: 10}
IN_A_ROW: Final = {AgeBand.LITTLE: 1, AgeBand.MIDDLE: 2, AgeBand.BIG: 3}  # words at the easiest level


@dataclass(frozen=True, slots=True)
class MemoryBook:
    game: GameBook
    things: tuple[str, ...]  # each with its article
    vocabulary: Vocabulary

    def in_words(self, row: list[str]) -> str:
        return f"{', '.join(row[:-1])} and {row[-1]}" if len(row) > 1 else row[0]


class _Examiner:
    def __init__(self, book: MemoryBook) -> None:
        self._book = book

    def question(self, asked: Round, chance: Chance) -> Question:
        row = self._packed(asked, chance) if asked.kind == "bag" else self._new(self._long(asked), [], chance)
        line = pick(self._book.game.said[f"ask_{asked.kind}"], asked.recent, chance)
        words = self._book.in_words(row)
        ask = filled(line, row=words).text
        hint = (
            f"The first one was {row[0]}." if len(row) > 1 else f"It starts with {_plain(row[0])[0].upper()}."
        )
        where = f"{NAME}.{asked.kind}.{'.'.join(_plain(each) for each in row)}"
        return Question(Line(where, ask), ",".join(row), f"It was {words}.", hint)

    def judge(self, kind: str, said: str, right: str) -> bool | None:  # noqa: ARG002  # the port's own
        """In any order: that it was kept in mind counts."""
        named = understand(said, self._book.vocabulary).every
        kept = [_plain(each) in named for each in right.split(",")]
        if any(kept):
            return all(kept)
        return False if any(_plain(each) in named for each in self._book.things) else None

    def wish_for(self, kind: str) -> str:
        return "pack a bag game" if kind == "bag" else "memory game with words"

    def _packed(self, asked: Round, chance: Chance) -> list[str]:
        """One thing more than before, and what the child put in; one less where it was too much."""
        before = asked.before.split(",") if asked.before else []
        if not before:
            return self._new(PACKED_FIRST[asked.heard.band], [], chance)
        if not asked.right:
            return before[:-1] if asked.right is False and len(before) > 1 else before
        named = understand(asked.heard.text, self._book.vocabulary).every
        own = [each for each in self._book.things if _plain(each) in named and each not in before]
        row = [*before, *own[:1]]
        return [*row, *self._new(1, row, chance)][-PACKED_MOST[asked.heard.band] :]

    def _long(self, asked: Round) -> int:
        return IN_A_ROW[asked.heard.band] + asked.level

    def _new(self, many: int, besides: list[str], chance: Chance) -> list[str]:
        row: list[str] = []
        while len(row) < many:
            left = [each for each in self._book.things if each not in besides and each not in row]
            row.append(left[chance.below(len(left))])
        return row


def parse_remembering(data: bytes, *, name: str = "remembering.toml") -> MemoryBook:
    """Raises ConfigError naming the place."""
    file = parse_authored(_File, data, name)
    things = tuple(each.strip() for each in file.things.split(","))
    game = GameBook.of(heard=file.heard, said=file.said, gaps=_GAPS, name=NAME)
    return MemoryBook(game, things, Vocabulary(_plain(each) for each in things))


def load_remembering(lines: QuizLines, steering: Steering, playing: Playing) -> QuizGame:
    """Reads a file. Raises ConfigError."""
    book = parse_remembering(read_authored("teddy_edge.conversation.skills", "remembering.toml"))
    return QuizGame(
        name=NAME,
        book=book.game,
        examiner=_Examiner(book),
        lines=lines,
        steering=steering,
        playing=playing,
    )


_GAPS: Final = {"begin_bag": (), "begin_row": (), "ask_bag": ("row",), "ask_row": ("row",)}


class _File(Authored):
    heard: dict[str, tuple[str, ...]]
    said: dict[str, Templates]
    things: Annotated[str, StringConstraints(pattern=r"^(\s*(a|an|some) [a-z]+,?)+\s*$")]


def _plain(thing: str) -> str:
    """The word alone."""
    return thing.split()[-1]
