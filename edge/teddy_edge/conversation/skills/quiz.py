"""A game of questions: asks, helps, hears the answer at the next turn, praises the effort and moves on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Final, Protocol

from pydantic import Field

from teddy_edge.conversation.skills.groups import said_as
from teddy_edge.conversation.skills.levels import Level
from teddy_edge.conversation.skills.lines import Line, Spoken, pick, reply_of
from teddy_edge.conversation.skills.playing import Move, Playing
from teddy_edge.conversation.skills.skill import Heard, Recent, Reply
from teddy_edge.conversation.skills.steering import Steering, Wish
from teddy_edge.safety.authored import Authored, parse_authored, read_authored
from teddy_shared.clock import Chance

ROUND: Final = 5  # questions, then the child is asked whether it goes on

ANSWERED: Final = 0.98
STOPPED: Final = 0.985
UNSURE: Final = 0.97
WAITING: Final = 0.55  # whatever nobody else wants is an unclear answer

_AGAIN: Final = (Wish.REPEAT, Wish.HUH)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and what is told once the child has answered."""

    ask: Line
    right: str  # for `Examiner.judge`; travels in the note
    told: str  # the answer as a whole sentence
    hint: str = ""  # for who does not know


@dataclass(frozen=True, slots=True)
class Round:
    """For whom a question is, and what went before."""

    kind: str
    heard: Heard
    recent: Recent
    level: int
    right: bool | None = None  # the answer before; None where there was none

    @property
    def before(self) -> str:
        """What was right for the last question of this game; empty for the first."""
        return self.recent.note.get("right", "") if self.recent.note.get("quiz") == self.kind else ""


class Examiner(Protocol):
    """Knows the questions of a game and what is right."""

    def question(self, asked: Round, chance: Chance) -> Question: ...

    def judge(self, kind: str, said: str, right: str) -> bool | None:
        """Whether the answer is right; None where the sentence holds no answer."""

    def wish_for(self, kind: str) -> str:
        """The sentence that begins a game of this kind."""


@dataclass(frozen=True, slots=True)
class QuizLines:
    cheers: tuple[Line, ...]
    kind: tuple[Line, ...]  # before the answer after another one
    told: tuple[Line, ...]  # before the answer that the child did not know
    hints: tuple[Line, ...]  # before a hint
    once_more: tuple[Line, ...]
    enough: tuple[Line, ...]
    leaving: tuple[Line, ...]


class Quiz:
    def __init__(
        self, *, skill: str, examiner: Examiner, lines: QuizLines, steering: Steering, playing: Playing
    ) -> None:
        self._skill = skill
        self._examiner = examiner
        self._lines = lines
        self._steering = steering
        self._playing = playing

    def fit(self, heard: Heard, recent: Recent) -> float:
        """How surely the sentence is about the question that waits; 0 when none does."""
        if not self.waits(recent):
            return 0.0
        move, wish = self._playing.move(heard.text), self._steering.wish(heard.text)
        if move is Move.STOP:
            return STOPPED
        if wish in _AGAIN:
            return UNSURE
        if self._judge(heard, recent) is not None:
            return ANSWERED
        if move is Move.UNSURE or wish is Wish.MORE:
            return UNSURE
        return STOPPED if wish is Wish.NO else WAITING

    def waits(self, recent: Recent) -> bool:
        return recent.skill == self._skill and "ask" in recent.note

    def answered_rightly(self, heard: Heard, recent: Recent) -> bool:
        return self.waits(recent) and self._judge(heard, recent) is True

    def begin(self, kind: str, heard: Heard, recent: Recent, chance: Chance, *before: Line) -> Reply:
        return self.ask(kind, self._question(kind, heard, recent, chance), *before)

    def ask(self, kind: str, question: Question, *before: Line) -> Reply:
        """Begins with a question of the skill's own."""
        return self._asking(kind, question, 1, *before)

    def answer(self, heard: Heard, recent: Recent, chance: Chance) -> Reply:
        """Only while a question waits."""
        lines, note = self._lines, recent.note
        told = Line(f"{self._skill}.told", note["told"])
        move, wish = self._playing.move(heard.text), self._steering.wish(heard.text)
        judged = None if wish in _AGAIN else self._judge(heard, recent)
        if move is Move.STOP or (judged is None and wish is Wish.NO):
            return self.leave(recent, chance)
        if judged is True:
            return self._on(heard, recent, chance, pick(lines.cheers, recent, chance), told, right=True)
        if judged is False:
            return self._on(heard, recent, chance, pick(lines.kind, recent, chance), told, right=False)
        if wish in _AGAIN:
            return self._reply(self._asked(note), note=note)
        if move is Move.UNSURE and "hint" in note and not self._playing.gives_up(heard.text):
            hint = Line(f"{self._skill}.hint", note["hint"])
            without = {key: value for key, value in note.items() if key != "hint"}
            return self._reply(pick(lines.hints, recent, chance), hint, note=without)
        if move is Move.UNSURE or "unclear" in note:
            return self._on(heard, recent, chance, pick(lines.told, recent, chance), told, right=False)
        if wish is Wish.MORE:  # asked for another one, which says nothing about what it knows
            return self._on(heard, recent, chance, pick(lines.told, recent, chance), told)
        once_more = pick(lines.once_more, recent, chance)
        return self._reply(once_more, self._asked(note), note={**note, "unclear": "yes"})

    def leave(self, recent: Recent, chance: Chance) -> Reply:
        return self._reply(pick(self._lines.leaving, recent, chance))

    def _on(
        self, heard: Heard, recent: Recent, chance: Chance, *before: Line, right: bool | None = None
    ) -> Reply:
        kind, count = recent.note["quiz"], int(recent.note["count"])
        level, game = Level.of(f"{self._skill}.{kind}", recent), f"{self._skill}.{kind}"
        kept = level.kept(game) if right is None else level.after(right=right).kept(game)
        then = replace(recent, kept={**recent.kept, **kept})
        if count >= ROUND:
            enough = pick(self._lines.enough, recent, chance)
            return self._reply(*before, enough, note={"yes": self._examiner.wish_for(kind)}, kept=kept)
        question = self._question(kind, heard, then, chance, right=right)
        return self._asking(kind, question, count + 1, *before, kept=kept)

    def _question(
        self, kind: str, heard: Heard, recent: Recent, chance: Chance, *, right: bool | None = None
    ) -> Question:
        level = Level.of(f"{self._skill}.{kind}", recent)
        return self._examiner.question(Round(kind, heard, recent, level.at, right), chance)

    def _asking(
        self, kind: str, question: Question, count: int, *before: Line, kept: Mapping[str, str] | None = None
    ) -> Reply:
        note = {
            "quiz": kind,
            "ask": question.ask.text,
            "right": question.right,
            "told": question.told,
            "count": str(count),
        }
        if question.hint:
            note["hint"] = question.hint
        return self._reply(*before, question.ask, note=note, kept=kept)

    def _judge(self, heard: Heard, recent: Recent) -> bool | None:
        judged = self._examiner.judge(recent.note["quiz"], heard.text, recent.note["right"])
        if judged is False and self._playing.move(heard.text) is Move.ELSEWHERE:
            return None  # "let's play guess who" is no wrong answer
        return judged

    def _asked(self, note: Mapping[str, str]) -> Line:
        return Line(f"{self._skill}.asked", note["ask"])

    def _reply(
        self, *lines: Line, note: Mapping[str, str] | None = None, kept: Mapping[str, str] | None = None
    ) -> Reply:
        return reply_of(*lines, skill=self._skill, note=note, kept=kept)


def parse_quiz_lines(data: bytes, *, name: str = "quiz.toml") -> QuizLines:
    """Raises ConfigError naming the place."""
    file = parse_authored(_File, data, name)
    return said_as(QuizLines, file.said, "quiz", f"{name}: said")


def load_quiz_lines() -> QuizLines:
    """Reads a file. Raises ConfigError."""
    return parse_quiz_lines(read_authored("teddy_edge.conversation.skills", "quiz.toml"))


class _File(Authored):
    said: dict[str, Annotated[tuple[Spoken, ...], Field(min_length=2)]]
