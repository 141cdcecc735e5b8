"""Jokes, and riddles that wait one turn for the child's guess."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from teddy_edge.conversation.skills.content import PRODUCT, Content
from teddy_edge.conversation.skills.joke_book import JokeBook, Riddle, parse_jokes
from teddy_edge.conversation.skills.lines import Line, pick, reply_of
from teddy_edge.conversation.skills.skill import Heard, Recent, Reply
from teddy_edge.conversation.skills.steering import Steering, Wish
from teddy_edge.conversation.skills.understanding import Words, matches, understand
from teddy_shared.clock import Chance

GUESS_MOST: Final = 5  # words of a sentence that may be a guess rather than another wish


_LISTENING: Final = {"listening": "joke"}
_KNOCKED: Final = {"listening": "knock"}


class Move(Enum):
    """What the child does."""

    OTHER = auto()  # nothing about jokes
    ASKS = auto()  # for a joke or a riddle
    ASKS_RIDDLE = auto()
    TELLS = auto()  # would like to tell one
    KNOCKS = auto()
    GIVES_NAME = auto()  # to "who's there?"
    RIDDLES = auto()  # asks the bear something, in a joke of its own
    TOLD = auto()  # has told one, most likely
    GUESSES_RIGHT = auto()
    GUESSES_WRONG = auto()
    LIKELY_GUESSES = auto()  # says only a word or two
    MAY_GUESS = auto()  # says something that nobody else may want
    GIVES_UP = auto()
    WONDERS = auto()  # why a joke is funny


_FIT: Final = {
    Move.OTHER: 0.0,
    Move.ASKS: 0.95,
    Move.ASKS_RIDDLE: 0.95,
    Move.TELLS: 0.96,
    Move.KNOCKS: 0.96,
    Move.GIVES_NAME: 0.75,
    Move.RIDDLES: 0.89,
    Move.TOLD: 0.45,
    Move.GUESSES_RIGHT: 0.98,
    Move.GUESSES_WRONG: 0.9,
    Move.LIKELY_GUESSES: 0.75,
    Move.MAY_GUESS: 0.45,
    Move.GIVES_UP: 0.96,
    Move.WONDERS: 0.9,
}


_WRONG: Final = (Move.GUESSES_WRONG, Move.LIKELY_GUESSES, Move.MAY_GUESS)


@dataclass(frozen=True, slots=True)
class Situation:
    """A move, and the riddle that waits for a guess."""

    move: Move
    riddle: Riddle | None = None


class Jokes:
    name: Final = "jokes"

    def __init__(self, *, book: JokeBook, steering: Steering) -> None:
        self._book = book
        self._steering = steering

    def fit(self, heard: Heard, recent: Recent) -> float:
        return _FIT[self._see(heard, recent).move]

    def answer(self, heard: Heard, recent: Recent, chance: Chance) -> Reply:
        said = self._book.said
        seen = self._see(heard, recent)
        match seen:
            case Situation(Move.TELLS):
                return self._reply(pick(said.telling, recent, chance), note=_LISTENING)
            case Situation(Move.KNOCKS):
                return self._reply(pick(said.who_is_there, recent, chance), note=_KNOCKED)
            case Situation(Move.GIVES_NAME):
                return self._reply(pick(said.who_exactly, recent, chance), note=_LISTENING)
            case Situation(Move.RIDDLES):
                return self._reply(pick(said.asks_back, recent, chance), note=_LISTENING)
            case Situation(Move.WONDERS):
                return self._reply(pick(said.puzzled, recent, chance), note={"yes": "tell me another joke"})
            case Situation(Move.TOLD):
                return self._reply(pick(said.laughs, recent, chance))
            case Situation(Move.GUESSES_RIGHT, Riddle() as riddle):
                return self._reply(pick(said.cheers, recent, chance), riddle.answer)
            case Situation(Move.GIVES_UP, Riddle() as riddle):
                return self._reply(pick(said.reveals, recent, chance), riddle.answer)
            case Situation(_, Riddle() as riddle) if seen.move in _WRONG:
                return self._reply(pick(said.kind, recent, chance), riddle.answer)
            case _:
                return self._next(seen, heard, recent, chance)

    def _see(self, heard: Heard, recent: Recent) -> Situation:
        phrases = self._book.heard
        words = understand(heard.text, self._book.vocabulary)
        mine = recent.skill == self.name
        riddle = self._book.riddles.get(recent.note.get("riddle", "")) if mine else None
        wish = self._steering.wish(heard.text)
        if matches(phrases.knocks, words):
            return Situation(Move.KNOCKS)
        if matches(phrases.child_tells, words):
            return Situation(Move.TELLS)
        if matches(phrases.no_wish, words):
            return Situation(Move.OTHER)
        if matches(phrases.for_riddle, words):
            return Situation(Move.ASKS_RIDDLE, riddle)
        if matches(phrases.for_joke, words) or (mine and wish is Wish.MORE):
            return Situation(Move.ASKS, riddle)
        if riddle:
            return Situation(self._guess(riddle, words, wish), riddle)
        return Situation(self._listen(words, recent) if mine else Move.OTHER)

    def _guess(self, riddle: Riddle, words: Words, wish: Wish | None) -> Move:
        if matches(riddle.right, words):
            return Move.GUESSES_RIGHT
        if wish is Wish.HUH or matches(self._book.heard.giving_up, words):
            return Move.GIVES_UP
        if matches(self._book.heard.guesses, words):
            return Move.GUESSES_WRONG
        if len(words.row) <= GUESS_MOST and not matches(self._book.heard.no_guess, words):
            return Move.LIKELY_GUESSES
        return Move.MAY_GUESS

    def _listen(self, words: Words, recent: Recent) -> Move:
        match recent.note.get("listening"):
            case "knock":
                return Move.GIVES_NAME
            case "joke":
                return Move.RIDDLES if matches(self._book.heard.child_riddles, words) else Move.TOLD
            case None if "told" in recent.note and matches(self._book.heard.wonders, words):
                return Move.WONDERS
            case _:
                return Move.OTHER

    def _next(self, seen: Situation, heard: Heard, recent: Recent, chance: Chance) -> Reply:
        book = self._book
        riddles = tuple(riddle.line for riddle in book.riddles.values())
        line = pick(riddles if seen.move is Move.ASKS_RIDDLE else (*book.jokes, *riddles), recent, chance)
        said = [Line(line.id, line.words_for(heard.band))]
        if seen.riddle:  # the child would rather have another, and still learns the answer
            said.insert(0, seen.riddle.answer)
        return self._reply(*said, note={"riddle" if line.id in book.riddles else "told": line.id})

    def _reply(self, *lines: Line, note: Mapping[str, str] | None = None) -> Reply:
        return reply_of(*lines, skill=self.name, note=note)


def load_jokes(steering: Steering, content: Content = PRODUCT) -> Jokes:
    """Reads a file. Raises ConfigError."""
    book = parse_jokes(content.read("jokes.toml"))
    return Jokes(book=book, steering=steering)
