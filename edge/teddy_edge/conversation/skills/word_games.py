"""Spells words, knows opposites and rhymes, and plays games with them."""

from __future__ import annotations

from typing import Final

from teddy_edge.conversation.skills.letters import letters_in, spelled_out, spells
from teddy_edge.conversation.skills.levels import USUAL
from teddy_edge.conversation.skills.lines import Line, pick, reply_of
from teddy_edge.conversation.skills.playing import Playing
from teddy_edge.conversation.skills.quiz import Question, Quiz, QuizLines, Round
from teddy_edge.conversation.skills.skill import Heard, Recent, Reply
from teddy_edge.conversation.skills.steering import Steering
from teddy_edge.conversation.skills.templates import filled
from teddy_edge.conversation.skills.understanding import matches, understand
from teddy_edge.conversation.skills.word_book import WordBook, parse_words
from teddy_edge.safety.authored import read_authored
from teddy_edge.safety.normalise import plain_words
from teddy_shared.ages import AgeBand
from teddy_shared.clock import Chance

ANSWER_MOST: Final = 6  # words of a sentence that may be an answer rather than another wish
NAMED: Final = 3  # words that are named for a rhyme or a letter

_WISHED: Final = 0.975


class WordGames:
    name: Final = "words"

    def __init__(self, *, book: WordBook, lines: QuizLines, steering: Steering, playing: Playing) -> None:
        self._book = book
        examiner = _Examiner(book)
        self._quiz = Quiz(skill=self.name, examiner=examiner, lines=lines, steering=steering, playing=playing)

    def fit(self, heard: Heard, recent: Recent) -> float:
        return max(_WISHED if self._wish(heard) else 0.0, self._quiz.fit(heard, recent))

    def answer(self, heard: Heard, recent: Recent, chance: Chance) -> Reply:
        wish = self._wish(heard)
        if self._quiz.waits(recent) and not wish:
            return self._quiz.answer(heard, recent, chance)
        word = self._word(heard.text, wish)
        match wish:
            case "none":
                return self._quiz.leave(recent, chance)
            case "alphabet":
                return self._reply(pick(self._book.said["alphabet"], recent, chance))
            case "spelled" if word:
                line = pick(self._book.said["spelled"], recent, chance)
                return self._reply(filled(line, word=word, letters=spelled_out(word)), yes="spelling game")
            case "opposite" if word:
                line = pick(self._book.said["opposite"], recent, chance)
                return self._reply(
                    filled(line, word=word, other=self._book.opposites[word]), yes="opposites game"
                )
            case "rhyme" if word:
                line = pick(self._book.said["rhyme"], recent, chance)
                others = _listed(self._book.rhyming(word)[:NAMED])
                return self._reply(filled(line, word=word, others=others), yes="rhyming game")
            case "begins":
                return self._begins(heard.text, recent, chance)
            case "spelled" | "opposite" | "rhyme" if self._particular(heard.text):
                return self._reply(pick(self._book.said["unknown_word"], recent, chance))
        return self._quiz.begin(_GAMES.get(wish, "spell"), heard, recent, chance)

    def _wish(self, heard: Heard) -> str:
        """What is asked for, the most particular first; empty for nothing of ours."""
        asked = self._book.heard
        words = understand(heard.text, self._book.vocabulary)
        if matches(asked.refused, words):
            return "none"
        if matches(asked.not_wished, words):
            return ""
        if matches(asked.opposite, words):
            return "opposite"
        if matches(asked.rhyme, words):
            return "rhyme"
        if matches(asked.alphabet, words):
            return "alphabet"
        if matches(asked.begins, words):
            return "begins"
        spelled = matches(asked.spelled, words)
        word = self._word(heard.text, "spelled") if spelled else ""
        game = matches(asked.spelling_game, words)
        if word and ("how" in words.every or not (game and word in self._book.of_games)):
            return "spelled"
        if game:
            return "game"
        return "spelled" if spelled else ""

    def _word(self, text: str, wish: str) -> str:
        """The word that is asked about, if the book knows what is asked about it."""
        known = {
            "spelled": self._book.known,
            "opposite": self._book.opposites.keys(),
            "rhyme": {word for family in self._book.rhymes for word in family},
        }.get(wish, frozenset())
        named = [word for word in plain_words(text) if word not in self._book.around]
        if not named and wish != "rhyme":  # "how do you spell you"
            named = list(plain_words(text)[-1:]) if _asked_for_last(text) else []
        return next((word for word in reversed(named) if word in known), "")

    def _particular(self, text: str) -> bool:
        return any(
            word not in self._book.around and word not in self._book.of_games for word in plain_words(text)
        )

    def _begins(self, text: str, recent: Recent, chance: Chance) -> Reply:
        """Words with a letter, or the letter of a word."""
        named = [word for word in plain_words(text) if word not in self._book.around or len(word) == 1]
        if word := next((word for word in reversed(named) if len(word) > 1 and word in self._book.known), ""):
            line = pick(self._book.said["begins_with"], recent, chance)
            return self._reply(filled(line, word=word, letter=word[0].upper()))
        letter = next((reading[-1] for reading in letters_in(" ".join(named[-1:])) if len(reading) == 1), "")
        found = sorted(word for word in self._book.known if word.startswith(letter) and len(word) > 2)
        if not letter or len(found) < NAMED:
            return self._reply(pick(self._book.said["unknown_word"], recent, chance))
        first = chance.below(len(found) - NAMED + 1)
        line = pick(self._book.said["begins"], recent, chance)
        others = _listed(tuple(found[first : first + NAMED]))
        return self._reply(filled(line, letter=letter.upper(), others=others))

    def _reply(self, line: Line, *, yes: str = "") -> Reply:
        return reply_of(line, skill=self.name, note={"yes": yes} if yes else {})


class _Examiner:
    """First letters for the little ones, whole words for the others, opposites and rhymes."""

    def __init__(self, book: WordBook) -> None:
        self._book = book

    def question(self, asked: Round, chance: Chance) -> Question:
        book, kind, recent = self._book, asked.kind, asked.recent
        if kind == "opposite":
            word = _any(tuple(book.opposites), recent, chance, kind)
            other = book.opposites[word]
            return self._asked("opposite", word, kind, f"It's {other}.", other, recent, chance)
        if kind == "rhyme":
            word = _any(tuple(family[0] for family in book.rhymes), recent, chance, kind)
            others = book.rhyming(word)
            told = f"{_listed(others[:NAMED]).capitalize()} rhyme with {word}."
            if len(others) == 1:
                told = f"{others[0].capitalize()} rhymes with {word}."
            return self._asked("rhyme", word, kind, told, others[0], recent, chance)
        word = _any(_fitting(book, asked), recent, chance, kind)
        if asked.heard.band is AgeBand.LITTLE:
            told = f"The word {word} starts with {word[0].upper()}."
            alike = tuple(sorted(each for each in book.known if each[:2] == word[:2] and each != word))
            alike = alike or (word,)
            other = alike[chance.below(len(alike))]
            return self._asked("letter", word, "letter", told, other, recent, chance)
        told = f"{word.capitalize()} is spelled {spelled_out(word)}."
        return self._asked("spell", word, "spell", told, word, recent, chance)

    def judge(self, kind: str, said: str, right: str) -> bool | None:  # noqa: ARG002  # right says it, too
        what, _, word = right.partition(" ")
        row = plain_words(said)
        if what == "spell":
            return spells(said, word)
        if what == "letter":
            return _letter(said, word)
        fitting = (self._book.opposites[word],) if what == "opposite" else self._book.rhyming(word)
        if any(each in row for each in fitting):
            return True
        another = bool(row) and len(row) <= ANSWER_MOST and row[-1] in self._book.known
        return False if another and row[-1] not in self._book.around else None

    def wish_for(self, kind: str) -> str:
        return {"opposite": "opposites game", "rhyme": "rhyming game"}.get(kind, "spelling game")

    def _asked(
        self, kind: str, word: str, what: str, told: str, other: str, recent: Recent, chance: Chance
    ) -> Question:
        """A hint names the letter that the answer begins with, or a word that begins like it."""
        said = self._book.said
        ask = filled(pick(said[f"ask_{kind}"], recent, chance), word=word)
        hint = filled(pick(said[f"hint_{kind}"], recent, chance), letter=other[0].upper(), other=other)
        return Question(Line(f"words.{what}.{word}", ask.text), f"{what} {word}", told, hint.text)


_GAMES: Final = {"opposite": "opposite", "rhyme": "rhyme"}


def load_word_games(lines: QuizLines, steering: Steering, playing: Playing) -> WordGames:
    """Reads a file. Raises ConfigError."""
    book = parse_words(read_authored("teddy_edge.conversation.skills", "words.toml"))
    return WordGames(book=book, lines=lines, steering=steering, playing=playing)


def _fitting(book: WordBook, asked: Round) -> tuple[str, ...]:
    """Words to spell: the shorter half where it is hard, the longer half where it is easy."""
    words = tuple(sorted(book.to_spell[asked.heard.band], key=len))
    half = len(words) // 2
    if asked.level < USUAL:
        return words[:half]
    return words if asked.level == USUAL else words[half:]


def _asked_for_last(text: str) -> bool:
    row = plain_words(text)
    return len(row) >= 2 and row[-2] in ("spell", "of", "word")


def _any(words: tuple[str, ...], recent: Recent, chance: Chance, kind: str) -> str:
    """One that was not asked lately."""
    prefixes = {"spell": ("spell", "letter")}.get(kind, (kind,))
    said = frozenset(recent.lines)
    new = [word for word in words if all(f"words.{prefix}.{word}" not in said for prefix in prefixes)]
    every = new or list(words)
    return every[chance.below(len(every))]


def _letter(said: str, word: str) -> bool | None:
    found = [reading for reading in letters_in(said) if len(reading) <= 2]
    if any(reading[-1] == word[0] or reading[0] == word[0] for reading in found):
        return True
    if word in plain_words(said):
        return None  # only the word again
    return False if found else None


def _listed(words: tuple[str, ...]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)
