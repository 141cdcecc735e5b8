"""A game of questions: asks, hears the answer at the next turn, praises the effort and moves on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Protocol

from pydantic import Field

from teddy_edge.conversation.skills.groups import said_as
from teddy_edge.conversation.skills.lines import Line, Spoken, pick, reply_of
from teddy_edge.conversation.skills.playing import Move, Playing
from teddy_edge.conversation.skills.skill import Heard, Recent, Reply
from teddy_edge.conversation.skills.steering import Steering, Wish
from teddy_edge.safety.authored import Authored, parse_authored, read_authored
from teddy_shared.ages import AgeBand
from teddy_shared.clock import Chance

ROUND: Final = 5  # questions, then the child is asked whether it goes on

ANSWERED: Final = 0.98
STOPPED: Final = 0.985
UNSURE: Final = 0.97
WAITING: Final = 0.55  # whatever nobody else wants is an unclear answer


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and what is told once the child has answered."""

    ask: Line
    right: str  # for `Examiner.judge`; travels in the note
    told: str  # the answer as a whole sentence


class Examiner(Protocol):
    """Knows the questions of a game and what is right."""

    def question(self, kind: str, band: AgeBand, recent: Recent, chance: Chance) -> Question: ...

    def judge(self, kind: str, said: str, right: str) -> bool | None:
        """Whether the answer is right; None where the sentence holds no answer."""

    def wish_for(self, kind: str) -> str:
        """The sentence that begins a game of this kind."""


@dataclass(frozen=True, slots=True)
class QuizLines:
    cheers: tuple[Line, ...]
    kind: tuple[Line, ...]  # before the answer after another one
    told: tuple[Line, ...]  # before the answer that the child did not know
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
        move = self._playing.move(heard.text)
        if move is Move.STOP:
            return STOPPED
        if self._judge(heard, recent) is not None:
            return ANSWERED
        if move is Move.UNSURE or self._steering.wish(heard.text) is Wish.MORE:
            return UNSURE
        return STOPPED if self._steering.wish(heard.text) is Wish.NO else WAITING

    def waits(self, recent: Recent) -> bool:
        return recent.skill == self._skill and "ask" in recent.note

    def answered_rightly(self, heard: Heard, recent: Recent) -> bool:
        return self.waits(recent) and self._judge(heard, recent) is True

    def begin(self, kind: str, heard: Heard, recent: Recent, chance: Chance, *before: Line) -> Reply:
        return self.ask(kind, self._examiner.question(kind, heard.band, recent, chance), *before)

    def ask(self, kind: str, question: Question, *before: Line) -> Reply:
        """Begins with a question of the skill's own."""
        return self._asking(kind, question, 1, *before)

    def answer(self, heard: Heard, recent: Recent, chance: Chance) -> Reply:
        """Only while a question waits."""
        lines, note = self._lines, recent.note
        told = Line(f"{self._skill}.told", note["told"])
        move, wish = self._playing.move(heard.text), self._steering.wish(heard.text)
        judged = self._judge(heard, recent)
        if move is Move.STOP or (judged is None and wish is Wish.NO):
            return self.leave(recent, chance)
        if judged is True:
            return self._on(heard, recent, chance, pick(lines.cheers, recent, chance), told)
        if judged is False:
            return self._on(heard, recent, chance, pick(lines.kind, recent, chance), told)
        if move is Move.UNSURE or wish is Wish.MORE or "unclear" in note:
            return self._on(heard, recent, chance, pick(lines.told, recent, chance), told)
        again = Line(f"{self._skill}.asked", note["ask"])
        once_more = pick(lines.once_more, recent, chance)
        return self._reply(once_more, again, note={**note, "unclear": "yes"})

    def leave(self, recent: Recent, chance: Chance) -> Reply:
        return self._reply(pick(self._lines.leaving, recent, chance))

    def _on(self, heard: Heard, recent: Recent, chance: Chance, *before: Line) -> Reply:
        kind, count = recent.note["quiz"], int(recent.note["count"])
        if count >= ROUND:
            enough = pick(self._lines.enough, recent, chance)
            return self._reply(*before, enough, note={"yes": self._examiner.wish_for(kind)})
        question = self._examiner.question(kind, heard.band, recent, chance)
        return self._asking(kind, question, count + 1, *before)

    def _asking(self, kind: str, question: Question, count: int, *before: Line) -> Reply:
        note = {
            "quiz": kind,
            "ask": question.ask.text,
            "right": question.right,
            "told": question.told,
            "count": str(count),
        }
        return self._reply(*before, question.ask, note=note)

    def _judge(self, heard: Heard, recent: Recent) -> bool | None:
        return self._examiner.judge(recent.note["quiz"], heard.text, recent.note["right"])

    def _reply(self, *lines: Line, note: Mapping[str, str] | None = None) -> Reply:
        return reply_of(*lines, skill=self._skill, note=note)


def parse_quiz_lines(data: bytes, *, name: str = "quiz.toml") -> QuizLines:
    """Raises ConfigError naming the place."""
    file = parse_authored(_File, data, name)
    return said_as(QuizLines, file.said, "quiz", f"{name}: said")


def load_quiz_lines() -> QuizLines:
    """Reads a file. Raises ConfigError."""
    return parse_quiz_lines(read_authored("teddy_edge.conversation.skills", "quiz.toml"))


class _File(Authored):
    said: dict[str, Annotated[tuple[Spoken, ...], Field(min_length=2)]]
