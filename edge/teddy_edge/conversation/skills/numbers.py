"""Counts together, answers sums and asks some that fit the age."""

from __future__ import annotations

from typing import Final

from teddy_edge.conversation.skills.lines import Line, pick, reply_of
from teddy_edge.conversation.skills.number_book import NumberBook, parse_numbers
from teddy_edge.conversation.skills.number_words import MOST, in_words, numbers_in
from teddy_edge.conversation.skills.playing import Playing
from teddy_edge.conversation.skills.quiz import Question, Quiz, QuizLines, Round
from teddy_edge.conversation.skills.skill import Heard, Recent, Reply
from teddy_edge.conversation.skills.steering import Steering
from teddy_edge.conversation.skills.sums import Sum, plain_row, some_sum, sum_in
from teddy_edge.conversation.skills.templates import filled
from teddy_edge.conversation.skills.understanding import Words, matches, understand
from teddy_edge.safety.authored import read_authored
from teddy_shared.ages import AgeBand
from teddy_shared.clock import Chance

ANSWER_MOST: Final = 8  # words of a sentence that may be an answer rather than another wish
MISHEARD_MOST: Final = 4  # words of one in which "to" may be a two
COUNTED_MOST: Final = 20  # aloud, number by number
COUNTED_TO: Final = {AgeBand.LITTLE: 5, AgeBand.MIDDLE: 10, AgeBand.BIG: 20}
NEXT_MOST: Final = {AgeBand.LITTLE: 8, AgeBand.MIDDLE: 17, AgeBand.BIG: 60}
TRIES: Final = 6
SHOWN: Final = 3  # numbers ahead of "what comes next?"

_WISHED: Final = 0.97


class Numbers:
    name: Final = "numbers"

    def __init__(self, *, book: NumberBook, lines: QuizLines, steering: Steering, playing: Playing) -> None:
        self._book = book
        self._examiner = _Examiner(book)
        self._quiz = Quiz(
            skill=self.name, examiner=self._examiner, lines=lines, steering=steering, playing=playing
        )

    def fit(self, heard: Heard, recent: Recent) -> float:
        return max(_WISHED if self._wish(heard) else 0.0, self._quiz.fit(heard, recent))

    def answer(self, heard: Heard, recent: Recent, chance: Chance) -> Reply:
        wish = self._wish(heard)
        if self._quiz.waits(recent) and (not wish or self._quiz.answered_rightly(heard, recent)):
            return self._quiz.answer(heard, recent, chance)
        if wish == "none":
            return self._quiz.leave(recent, chance)
        row = plain_row(heard.text)
        numbers = [number.value for number in numbers_in(row)]
        match wish:
            case "sum":
                return self._worked_out(sum_in(row), recent, chance)
            case "after" | "before" if numbers:
                step = 1 if wish == "after" else -1
                return self._beside(numbers[0], step, recent, chance)
            case "down":
                return self._count_down(min(numbers[0], COUNTED_MOST) if numbers else 10, recent, chance)
            case "count":
                return self._count(numbers[-1] if numbers else COUNTED_TO[heard.band], heard, recent, chance)
            case "times" if heard.band is not AgeBand.LITTLE:
                return self._quiz.begin("times", heard, recent, chance)
        kind = "next" if heard.band is AgeBand.LITTLE else "sum"
        return self._quiz.begin(kind, heard, recent, chance)

    def _wish(self, heard: Heard) -> str:
        """What is asked for, the most particular first; empty for nothing of ours."""
        asked = self._book.heard
        words = understand(heard.text, self._book.vocabulary)
        row = plain_row(heard.text)
        if matches(asked.refused, words):
            return "none"
        if matches(asked.not_wished, words):
            return ""
        if sum_in(row) and (matches(asked.sum_asked, words) or len(row) <= 5):
            return "sum"
        numbers = numbers_in(row)
        if numbers and matches(asked.before, words):
            return "before"
        if numbers and matches(asked.after, words):
            return "after"
        return self._game(words)

    def _game(self, words: Words) -> str:
        asked = self._book.heard
        if matches(asked.count_down, words):
            return "down"
        if matches(asked.count, words):
            return "count"
        if matches(asked.times, words):
            return "times"
        return "quiz" if matches(asked.quiz, words) else ""

    def _worked_out(self, asked: Sum | None, recent: Recent, chance: Chance) -> Reply:
        if asked is None or (result := asked.result) is None:
            return self._reply(pick(self._book.said["too_hard"], recent, chance))
        line = pick(self._book.said["sum"], recent, chance)
        told = filled(line, sum=asked.asked, result=in_words(result))
        return self._reply(told, yes="give me a sum")

    def _beside(self, number: int, step: int, recent: Recent, chance: Chance) -> Reply:
        if not (0 <= number + step <= MOST and number <= MOST):
            return self._reply(pick(self._book.said["too_hard"], recent, chance))
        line = pick(self._book.said["after" if step > 0 else "before"], recent, chance)
        return self._reply(filled(line, number=in_words(number), next=in_words(number + step)))

    def _count_down(self, start: int, recent: Recent, chance: Chance) -> Reply:
        line = pick(self._book.said["counted_down"], recent, chance)
        return self._reply(filled(line, row=_row(range(start, -1, -1))))

    def _count(self, to: int, heard: Heard, recent: Recent, chance: Chance) -> Reply:
        if not 2 <= to <= 100:
            to = COUNTED_TO[heard.band]
        steps = range(1, to + 1) if to <= COUNTED_MOST else range(10, to + 1, 10)
        counted = filled(pick(self._book.said["counted"], recent, chance), row=_row(steps))
        turn = pick(self._book.said["your_turn"], recent, chance)
        asking = Question(turn, f"count {steps[-1]}", counted.text)
        return self._quiz.ask("next", asking, counted)

    def _reply(self, line: Line, *, yes: str = "") -> Reply:
        return reply_of(line, skill=self.name, note={"yes": yes} if yes else {})


class _Examiner:
    """Sums, times and "what comes next?"."""

    def __init__(self, book: NumberBook) -> None:
        self._book = book

    def question(self, asked: Round, chance: Chance) -> Question:
        made = self._made(asked, chance)
        for _ in range(TRIES):  # the same question twice in a row would be dull
            if made.ask.id not in asked.recent.lines:
                break
            made = self._made(asked, chance)
        return made

    def _made(self, round_: Round, chance: Chance) -> Question:
        kind, band, recent = round_.kind, round_.heard.band, round_.recent
        if kind == "next":
            most = max(NEXT_MOST[band] * (1 + round_.level) // 2, 2 * SHOWN)
            start = 1 + chance.below(most - SHOWN)
            shown = range(start, start + SHOWN)
            ask = filled(pick(self._book.said["what_next"], recent, chance), row=_row(shown))
            told = f"After {in_words(start + SHOWN - 1)} comes {in_words(start + SHOWN)}."
            hint = filled(
                pick(self._book.said["hint_next"], recent, chance), row=_row(range(start, start + 2))
            )
            return Question(Line(f"numbers.next.{start}", ask.text), str(start + SHOWN), told, hint.text)
        asked = some_sum(band, chance, times=kind == "times", level=round_.level)
        result = asked.result or 0
        ask = filled(pick(self._book.said["ask_sum"], recent, chance), sum=asked.asked)
        where = f"numbers.{asked.a}.{asked.sign.name.lower()}.{asked.b}"
        told = f"{asked.asked.capitalize()} is {in_words(result)}."
        return Question(Line(where, ask.text), str(result), told, self._hint(asked, recent, chance))

    def _hint(self, asked: Sum, recent: Recent, chance: Chance) -> str:
        """How it may be worked out, and never the result."""
        line = pick(self._book.said[f"hint_{asked.sign.name.lower()}"], recent, chance)
        return filled(line, a=in_words(asked.a), b=in_words(asked.b)).text

    def judge(self, kind: str, said: str, right: str) -> bool | None:  # noqa: ARG002  # the port's own
        row = plain_row(said)
        if right.startswith("count "):  # the child counts along; how far it comes does not matter
            least = min(SHOWN, int(right.removeprefix("count ")))
            return True if len(numbers_in(row)) >= least else None
        given = _given(row)
        return None if given is None else given == int(right)

    def wish_for(self, kind: str) -> str:
        return {"times": "ask me times tables", "next": "let us play a counting game"}.get(
            kind, "give me a sum"
        )


def load_numbers(lines: QuizLines, steering: Steering, playing: Playing) -> Numbers:
    """Reads a file. Raises ConfigError."""
    book = parse_numbers(read_authored("teddy_edge.conversation.skills", "numbers.toml"))
    return Numbers(book=book, lines=lines, steering=steering, playing=playing)


def _row(numbers: range) -> str:
    return ", ".join(in_words(number) for number in numbers)


def _given(row: tuple[str, ...]) -> int | None:
    """The number that a sentence gives as its answer: it stands first or last in it."""
    numbers = numbers_in(row, kindly=len(row) <= MISHEARD_MOST)
    if not numbers or len(row) > ANSWER_MOST:
        return None
    first, last = numbers[0], numbers[-1]
    if last.end == len(row):
        return last.value
    counted = row[first.start] == "one" and row[1:2] not in (("is",), ("i",))  # "one more", "one joke"
    return first.value if first.start == 0 and not counted else None
