"""True and friendly facts about animals, found by what the child asked about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from teddy_edge.conversation.skills.animal_facts import AnimalBook, parse_animals
from teddy_edge.conversation.skills.fact_book import Fact, Topic
from teddy_edge.conversation.skills.follow_up import NOTE, FollowUps, waiting
from teddy_edge.conversation.skills.lines import Line, fresh, pick, pick_of, reply_of
from teddy_edge.conversation.skills.skill import Heard, Recent, Reply
from teddy_edge.conversation.skills.steering import Steering, Wish
from teddy_edge.conversation.skills.understanding import Words, matches, understand
from teddy_edge.safety.authored import read_authored
from teddy_shared.clock import Chance

OFFERED: Final = 3  # about every third fact ends with an offer of another
CHATTER: Final = 6  # further words; a longer sentence that only mentions an animal is about something else

_ASKING_WORDS: Final = frozenset(("why", "how", "where", "when", "who", "many", "much", "do", "make"))

_MORE: Final = 0.93
_OUTRIGHT: Final = 0.92
_ASKED: Final = 0.88
_ANY_ANIMAL: Final = 0.85
_NAMED: Final = 0.65  # nothing but its name, which may be a guess at a riddle
_MENTIONED: Final = 0.5
_IN_PASSING: Final = 0.35


@dataclass(frozen=True, slots=True)
class Question:
    """What a sentence asks for."""

    fit: float = 0.0
    animal: Topic | None = None  # none: any
    facts: tuple[Fact, ...] = ()  # those that answer it equally well; none: any
    opening: Literal["mention", "liked", "unsure"] | None = None  # what belongs before the fact
    stranger: str = ""  # an animal that we know nothing about


class Animals:
    name: Final = "animals"

    def __init__(self, *, book: AnimalBook, steering: Steering, follow_ups: FollowUps) -> None:
        self._book = book
        self._steering = steering
        self._follow_ups = follow_ups

    def fit(self, heard: Heard, recent: Recent) -> float:
        return max(self._understand(heard, recent).fit, self._answered(heard, recent))

    def answer(self, heard: Heard, recent: Recent, chance: Chance) -> Reply:
        question = self._understand(heard, recent)
        asked = waiting(self._book.animals, recent)
        if asked and self._answered(heard, recent) > question.fit:
            return self._react(*asked, heard, recent, chance)
        if question.stranger:
            return self._offer_another(question.stranger, recent, chance)
        animal = question.animal or self._any(recent, chance)
        fact = pick_of(question.facts or animal.facts, recent, chance)
        lines = [Line(fact.line.id, fact.line.words_for(heard.band))]
        note: Mapping[str, str] = {}
        if question.opening:
            lines.insert(0, _filled(pick(self._book.openings[question.opening], recent, chance), animal))
        if fact.then and question.opening != "unsure" and fresh([fact.then.ask], recent):
            lines.append(fact.then.ask)
            note = {NOTE: fact.line.id}
        elif not question.opening:
            note = self._offer(lines, animal, fact, recent, chance)
        return reply_of(*lines, skill=self.name, topic=animal.name, note=note)

    def _answered(self, heard: Heard, recent: Recent) -> float:
        """How surely the words answer the question behind the fact before."""
        mine = recent.skill == self.name and waiting(self._book.animals, recent)
        return self._follow_ups.fit(heard) if mine else 0.0

    def _react(self, animal: Topic, fact: Fact, heard: Heard, recent: Recent, chance: Chance) -> Reply:
        lines = [*self._follow_ups.reply(fact, heard, recent, chance)]
        note = self._offer(lines, animal, fact, recent, chance)
        return reply_of(*lines, skill=self.name, topic=animal.name, note=note)

    def _offer(
        self, lines: list[Line], animal: Topic, fact: Fact, recent: Recent, chance: Chance
    ) -> Mapping[str, str]:
        """Now and then another one, where more is left."""
        lucky = chance.below(OFFERED) == 0
        if not lucky or not fresh([each.line for each in animal.facts if each is not fact], recent):
            return {}
        lines.append(pick(self._book.offers, recent, chance))
        return {"yes": f"tell me about {animal.name}"}

    def _understand(self, heard: Heard, recent: Recent) -> Question:
        book = self._book
        words = understand(heard.text, book.vocabulary)
        before = book.of_topic(recent.topic) if recent.skill == self.name else None
        if before and self._steering.wish(heard.text) is Wish.MORE:
            return Question(_MORE, before)
        if outright := book.outright(words):
            return Question(_OUTRIGHT, outright[0], outright[1:])
        named = book.named(words)
        asks = matches(book.asking.any_way, words)
        further = len(words.row) - named.words
        if named.animals:
            if asks:
                return self._asked(named.animals, words)
            if further <= 2:
                return Question(_NAMED, named.animals[0])
            fit = _MENTIONED if further <= CHATTER else _IN_PASSING
            animal, facts = self._fitting(named.animals, words)
            return Question(fit, animal, facts, opening="mention")
        if named.stranger:
            fit = _ASKED if asks else _NAMED if further <= 2 else _IN_PASSING
            return Question(fit, stranger=named.stranger)
        if before and matches(book.asking.about_them, words):
            return self._asked((before,), words)
        if matches(book.asking.any_animal, words):
            return Question(_ANY_ANIMAL)
        return Question()

    def _asked(self, animals: Sequence[Topic], words: Words) -> Question:
        asking = self._book.asking
        animal, facts = self._fitting(animals, words)
        if facts:
            return Question(_ASKED, animal, facts)
        if animal.general:
            return Question(_ANY_ANIMAL)
        if matches(asking.whether_liked, words):
            return Question(_ASKED, animal, opening="liked")
        if matches(asking.for_anything, words):
            return Question(_ASKED, animal)
        return Question(_ASKED, animal, opening="unsure")

    def _fitting(self, animals: Sequence[Topic], words: Words) -> tuple[Topic, tuple[Fact, ...]]:
        """The facts that share most with the sentence, and whose they are; none where none shares a word."""
        aspects = self._book.aspects
        scored = [
            (_score(fact.shared(words, aspects), fact), animal, fact)
            for animal in animals
            for fact in animal.facts
        ]
        best, animal, _ = max(scored, key=lambda each: each[0])
        if not best:
            return animals[0], ()
        return animal, tuple(fact for score, owner, fact in scored if score == best and owner == animal)

    def _any(self, recent: Recent, chance: Chance) -> Topic:
        """One that was not talked about lately."""
        said = frozenset(line.partition(".")[0] for line in recent.lines)
        every = [each for each in self._book.animals if not each.general]
        new = [each for each in every if each.name not in said] or every
        return new[chance.below(len(new))]

    def _offer_another(self, stranger: str, recent: Recent, chance: Chance) -> Reply:
        animal = self._any(recent, chance)
        line = pick(self._book.unknown, recent, chance)
        return Reply(
            text=line.text.format(stranger=stranger, animals=animal.name),
            skill=self.name,
            topic="animals",
            note={"yes": f"tell me about {animal.name}"},
            lines=(line.id,),
        )


def load_animals(steering: Steering, follow_ups: FollowUps) -> Animals:
    """Reads a file. Raises ConfigError."""
    book = parse_animals(read_authored("teddy_edge.conversation.skills", "animals.toml"))
    return Animals(book=book, steering=steering, follow_ups=follow_ups)


def _score(shared: tuple[str, ...], fact: Fact) -> int:
    """How well a fact fits a question: by the words that both have, the chief one twice."""
    if _ASKING_WORDS.issuperset(shared):  # "why" alone is every question
        return 0
    return len(shared) + (shared[0] == fact.about[0])


def _filled(opening: Line, animal: Topic) -> Line:
    return Line(opening.id, opening.text.format(animals=animal.name, Animals=animal.name.capitalize()))
