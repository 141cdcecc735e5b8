"""Twenty questions: the bear thinks of something and answers truthfully, or guesses what the child has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from teddy_edge.conversation.skills.lines import Line, pick, reply_of
from teddy_edge.conversation.skills.playing import Move, Playing
from teddy_edge.conversation.skills.skill import Heard, Recent, Reply
from teddy_edge.conversation.skills.steering import Steering, Wish
from teddy_edge.conversation.skills.templates import filled
from teddy_edge.conversation.skills.twenty_book import Thing, TwentyBook, parse_twenty
from teddy_edge.conversation.skills.twenty_guessing import (
    GUESSES_MOST,
    Known,
    likeliest,
    next_question,
)
from teddy_edge.conversation.skills.understanding import Words, matches, understand
from teddy_edge.safety.authored import read_authored
from teddy_shared.clock import Chance

QUESTIONS: Final = 20
UNCLEAR_MOST: Final = 2  # in a row; who talks of something else has left the game
QUESTION_MOST: Final = 9  # words of a sentence that may be one about the thing

_WISHED: Final = 0.975
_STOPPED: Final = 0.985
_ANSWERED: Final = 0.98
_WAITING: Final = 0.55  # whatever nobody else wants is an unclear question or answer
_ASKING: Final = frozenset(
    ["is", "does", "can", "has", "do", "are", "could", "will", "would", "it", "have", "a", "an"]
)
_THINK_AGAIN: Final = "you think of something and i guess"
_GUESS_AGAIN: Final = "guess what i am thinking of"


class TwentyQuestions:
    name: Final = "twenty_questions"

    def __init__(self, *, book: TwentyBook, steering: Steering, playing: Playing) -> None:
        self._book = book
        self._steering = steering
        self._playing = playing

    def fit(self, heard: Heard, recent: Recent) -> float:
        words = understand(heard.text, self._book.vocabulary)
        wished = _WISHED if self._wish(words) else 0.0
        if not self._waits(recent):
            return wished
        move = self._playing.move(heard.text)
        if move is Move.STOP:
            return _STOPPED
        clear = self._truth(words) if "ask" in recent.note else self._asks(words)
        steered = self._steering.wish(heard.text) in (Wish.REPEAT, Wish.HUH, Wish.MORE)
        if clear or move is Move.UNSURE or steered:
            return _ANSWERED
        patient = int(recent.note.get("unclear", "0")) < UNCLEAR_MOST
        return max(wished, _WAITING if patient else 0.0)

    def answer(self, heard: Heard, recent: Recent, chance: Chance) -> Reply:
        words = understand(heard.text, self._book.vocabulary)
        wish, waits = self._wish(words), self._waits(recent)
        if waits and self._playing.move(heard.text) is Move.STOP:
            return self._reply(pick(self._book.said["leaving"], recent, chance))
        if waits and "ask" in recent.note and (not wish or self._truth(words)):
            return self._hear_answer(words, heard, recent, chance)
        if waits and "secret" in recent.note and (not wish or self._asks(words)):
            return self._hear_question(words, heard, recent, chance)
        if wish == "bear_guesses":
            return self._ask(Known(), recent, chance, pick(self._book.said["think"], recent, chance))
        things = [each for each in self._book.things if f"{self.name}.{each}" not in recent.lines]
        things = things or list(self._book.things)
        secret = things[chance.below(len(things))]
        begin = pick(self._book.said["begin"], recent, chance)
        return self._thinking(begin, note={"secret": secret, "count": "0"}, also=f"{self.name}.{secret}")

    def _wish(self, words: Words) -> str:
        heard = self._book.heard
        if matches(heard.not_wished, words):
            return ""
        if matches(heard.bear_guesses, words):
            return "bear_guesses"
        return "bear_thinks" if matches(heard.bear_thinks, words) else ""

    def _waits(self, recent: Recent) -> bool:
        return recent.skill == self.name and bool({"ask", "secret"} & recent.note.keys())

    # The bear has thought of something.

    def _asks(self, words: Words) -> bool:
        """Whether the sentence asks about the thing."""
        if not words.row or len(words.row) > QUESTION_MOST:
            return False
        first = words.row[0]
        if len(words.row) > 2 and not _ASKING & {*first, *words.every & {"it"}}:
            return False
        return bool(self._named(words)) or any(matches(t.heard, words) for t in self._book.traits.values())

    def _named(self, words: Words) -> Thing | None:
        return next((each for each in self._book.things.values() if each.words & words.every), None)

    def _hear_question(self, words: Words, heard: Heard, recent: Recent, chance: Chance) -> Reply:
        said, note = self._book.said, recent.note
        secret = self._book.things[note["secret"]]
        if self._playing.gives_up(heard.text):
            return self._over("told", secret, recent, chance)
        if self._steering.wish(heard.text) in (Wish.REPEAT, Wish.HUH):
            return self._thinking(Line(f"{self.name}.said", recent.text), note=note)
        if not self._asks(words):
            if self._playing.move(heard.text) is Move.UNSURE:
                return self._clue(secret, recent, chance)
            return self._thinking(pick(said["ask_me"], recent, chance), note=_unclear(note))
        count = int(note["count"]) + 1
        line, found = self._answered(secret, words, recent, chance)
        if found:
            return self._over("found", secret, recent, chance)
        if count >= QUESTIONS:
            return self._over("told", secret, recent, chance, line)
        return self._thinking(line, note={**note, "count": str(count), "unclear": "0"})

    def _answered(self, secret: Thing, words: Words, recent: Recent, chance: Chance) -> tuple[Line, bool]:
        """The truth about it, and whether it was found."""
        said, named = self._book.said, self._named(words)
        compared = matches(self._book.heard.bigger, words) or matches(self._book.heard.smaller, words)
        if named and compared:
            kind = "as_big"
            if secret.size != named.size:
                kind = "bigger" if secret.size > named.size else "smaller"
            return filled(pick(said[kind], recent, chance), what=named.what), False
        if named:
            return filled(pick(said["not_that"], recent, chance), what=named.what), named is secret
        trait = next(name for name, each in self._book.traits.items() if matches(each.heard, words))
        return pick(said[secret.truth(trait)], recent, chance), False

    def _clue(self, secret: Thing, recent: Recent, chance: Chance) -> Reply:
        """Something true of it that was not told yet."""
        told = recent.note.get("told", "").split()
        left = [trait for trait in self._book.traits if trait in secret.true and trait not in told]
        if not left:
            return self._over("told", secret, recent, chance)
        trait = left[chance.below(len(left))]
        clue = Line(f"{self.name}.clue.{trait}", self._book.traits[trait].clue)
        note = {**recent.note, "told": " ".join((*told, trait))}
        return self._reply(pick(self._book.said["hint"], recent, chance), clue, note=note)

    # The child has thought of something.

    def _truth(self, words: Words) -> str:
        """Yes, no or sometimes, however it is said; empty for anything else."""
        heard = self._book.heard
        if matches(heard.some, words):
            return "some"
        if matches(heard.no, words):
            return "no"
        return "yes" if matches(heard.yes, words) else ""

    def _hear_answer(self, words: Words, heard: Heard, recent: Recent, chance: Chance) -> Reply:
        said, note, known = self._book.said, recent.note, Known.read(recent.note)
        truth = self._truth(words)
        guess = note["ask"].removeprefix("guess:") if note["ask"].startswith("guess:") else ""
        if not truth and self._playing.move(heard.text) is Move.UNSURE:
            truth = "unsure"
        if not truth:
            asked = Line(f"{self.name}.asked", note["asked"])
            if self._steering.wish(heard.text) in (Wish.REPEAT, Wish.HUH):
                return self._reply(asked, note=note)
            return self._reply(pick(said["once_more"], recent, chance), asked, note=_unclear(note))
        if not guess:
            return self._ask(known.with_answer(note["ask"], truth), recent, chance)
        if truth == "yes":
            return self._reply(pick(said["proud"], recent, chance), note={"yes": _GUESS_AGAIN})
        known = known.without(guess)
        if len(known.guessed) >= GUESSES_MOST or not likeliest(self._book, known):
            return self._reply(pick(said["beaten"], recent, chance), note={"yes": _GUESS_AGAIN})
        return self._ask(known, recent, chance)

    def _ask(self, known: Known, recent: Recent, chance: Chance, *before: Line) -> Reply:
        """The next question, or a guess."""
        trait = next_question(self._book, known, chance)
        if trait is not None:
            before = before or (pick(self._book.said["asks"], recent, chance),)
            line, asked = Line(f"{self.name}.asks.{trait}", self._book.traits[trait].ask), trait
        else:
            left = likeliest(self._book, known)
            thing = left[chance.below(len(left))].what
            line = filled(pick(self._book.said["guess"], recent, chance), what=thing)
            asked = f"guess:{thing}"
        return self._reply(*before, line, note={"ask": asked, "asked": line.text, **known.note()})

    def _over(self, how: str, secret: Thing, recent: Recent, chance: Chance, *before: Line) -> Reply:
        line = filled(pick(self._book.said[how], recent, chance), what=secret.what)
        return self._reply(*before, line, note={"yes": _THINK_AGAIN})

    def _thinking(self, line: Line, *, note: Mapping[str, str], also: str = "") -> Reply:
        reply = self._reply(line, note=note)
        return replace(reply, lines=(*reply.lines, also)) if also else reply

    def _reply(self, *lines: Line, note: Mapping[str, str] | None = None) -> Reply:
        return reply_of(*lines, skill=self.name, note=note)


def _unclear(note: Mapping[str, str]) -> Mapping[str, str]:
    return {**note, "unclear": str(int(note.get("unclear", "0")) + 1)}


def load_twenty_questions(steering: Steering, playing: Playing) -> TwentyQuestions:
    """Reads a file. Raises ConfigError."""
    book = parse_twenty(read_authored("teddy_edge.conversation.skills", "twenty_questions.toml"))
    return TwentyQuestions(book=book, steering=steering, playing=playing)
