"""A simulated child of a temperament: hears what the bear said last, and says something. Seeded."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeVar

from teddy_edge.conversation.skills.skill import Recent
from teddy_shared.ages import AgeBand
from teddy_shared.clock import Chance
from workshop.talks.sentences import Sentences, Ways

T = TypeVar("T")

GOODBYE_EVERY: Final = 33  # turns; then the child comes back and says hello


class Act(StrEnum):
    """What a child means with a sentence."""

    HELLO = "hello"
    GOODBYE = "goodbye"
    WISH = "wish"
    ASK = "ask"
    TELL = "tell"
    FEEL = "feel"
    OPTION = "option"  # one of two that the bear named
    RIGHT = "right"  # the answer that is right
    ANSWER = "answer"  # something that may be one
    UNSURE = "unsure"
    YES = "yes"
    NO = "no"
    STOP = "stop"
    MUMBLE = "mumble"
    WHY = "why"
    MORE = "more"
    REPEAT = "repeat"
    THANK = "thank"


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence, what is meant, and what a fitting answer has to do with."""

    text: str
    act: Act
    about: str = ""  # the thing that is asked about
    skills: tuple[str, ...] = ()  # who may answer


Weights = Mapping[Act, int]

# How often each does what, when the bear has asked nothing; and, of a hundred questions, how many it answers.
TEMPERAMENTS: Final[Mapping[str, tuple[Weights, int]]] = {
    "chatty": ({Act.TELL: 8, Act.FEEL: 1, Act.WISH: 2, Act.ASK: 2, Act.THANK: 1}, 70),
    "no-sayer": ({Act.NO: 5, Act.STOP: 2, Act.WISH: 4, Act.TELL: 2, Act.ASK: 1}, 45),
    "why-asker": ({Act.WHY: 5, Act.ASK: 8, Act.TELL: 1, Act.WISH: 1}, 60),
    "same-again": ({Act.MORE: 8, Act.WISH: 3, Act.REPEAT: 1, Act.YES: 1}, 75),
    "mumbler": ({Act.MUMBLE: 6, Act.UNSURE: 2, Act.TELL: 1, Act.WISH: 1, Act.YES: 1}, 50),
    "wanderer": ({Act.WISH: 5, Act.ASK: 5, Act.TELL: 4, Act.FEEL: 1, Act.REPEAT: 1, Act.THANK: 1}, 35),
}

_OR: Final = re.compile(r",? or ")
_WORD: Final = re.compile(r"[a-z]+(?:'[a-z]+)*")
_PLAIN: Final = frozenset(
    ("a", "an", "the", "to", "it", "its", "in", "on", "up", "out", "of", "with", "for", "at", "by")
)
_YES_NO: Final = re.compile(
    r"^(?:and |so |hmm, |well, )?"
    r"(?:do|does|did|can|could|would|shall|will|is|are|am|have|has|was|were) "
)


@dataclass
class Child:
    """Keeps only what its temperament needs: what it wished last."""

    temperament: str
    band: AgeBand
    sentences: Sentences
    chance: Chance
    _wished: Said | None = field(default=None)

    def says(self, turn: int, recent: Recent) -> Said:
        """`recent` is what was said last, and what a clever child could find out: the right answer."""
        if turn == 0 or (turn % GOODBYE_EVERY == 1 and turn > 1):
            return self._said(self.sentences.hello, Act.HELLO)
        if turn % GOODBYE_EVERY == 0:
            return self._said(self.sentences.goodbye, Act.GOODBYE)
        weights, answering = TEMPERAMENTS[self.temperament]
        if recent.text.endswith("?") and self.chance.below(100) < answering:
            return self._answer(recent)
        return self._own(self._drawn(weights))

    def _own(self, act: Act) -> Said:
        sentences = self.sentences
        match act:
            case Act.WISH:
                return self._wish()
            case Act.ASK:
                asked = self._of(sentences.question)
                word = self._of(asked.words)
                text = self._of(asked.for_band(self.band)).format(word=word)
                return Said(text, act, about=word)
            case Act.TELL:
                return self._said(sentences.tells, act)
            case Act.FEEL:
                return self._said(sentences.feelings, act)
            case Act.NO:
                return self._said(sentences.no, act)
            case Act.STOP:
                return self._said(sentences.stops, act)
            case Act.MUMBLE:
                return self._said(sentences.mumbles, act)
            case Act.UNSURE:
                return self._said(sentences.unsure, act)
            case Act.WHY:
                return self._said(sentences.whys, act)
            case Act.MORE:
                return self._said(sentences.more, act)
            case Act.REPEAT:
                return self._said(sentences.repeats, act)
            case Act.THANK:
                return self._said(sentences.thanks, act)
            case _:
                return self._said(sentences.yes, Act.YES)

    def _wish(self) -> Said:
        """The one who wants the same again wishes most often what it wished before."""
        if self._wished and self.temperament == "same-again" and self.chance.below(3):
            return self._wished
        fitting = [each for each in self.sentences.wish if self.band is not AgeBand.LITTLE or each.small]
        wished = self._of(fitting)
        self._wished = Said(self._of(wished.for_band(self.band)), Act.WISH, skills=wished.skills)
        return self._wished

    def _answer(self, recent: Recent) -> Said:
        question = re.split(r"(?<=[.!?]) ", recent.text)[-1].lower()
        if self.chance.below(8) == 0:
            return self._said(self.sentences.unsure, Act.UNSURE)
        if right := recent.note.get("right"):
            return self._quizzed(right)
        if option := self._option(question):
            return Said(option, Act.OPTION)
        if _YES_NO.match(question):
            likes = self.chance.below(10) < (2 if self.temperament == "no-sayer" else 7)
            return self._said(*(self.sentences.yes, Act.YES) if likes else (self.sentences.no, Act.NO))
        return self._said(self.sentences.answers, Act.ANSWER)

    def _quizzed(self, right: str) -> Said:
        if self.chance.below(10) < 6:
            return Said(right.split("/")[0], Act.RIGHT)
        return self._said(self.sentences.answers, Act.ANSWER)

    def _option(self, question: str) -> str:
        """One of two, in the last words of it; empty where the question names none."""
        options = _OR.split(question.rstrip("?"))
        if len(options) != 2:
            return ""
        words = _WORD.findall(options[self.chance.below(2)])[-3:]
        while len(words) > 1 and words[0] in _PLAIN:
            words = words[1:]
        return " ".join(words)

    def _said(self, ways: Ways, act: Act) -> Said:
        return Said(self._of(ways.for_band(self.band)), act)

    def _drawn(self, weights: Weights) -> Act:
        return self._of([act for act, weight in weights.items() for _ in range(weight)])

    def _of(self, things: Sequence[T]) -> T:
        return things[self.chance.below(len(things))]
