"""Answers questions from a book of topics, such as space or the weather; says so when it does not know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from teddy_edge.conversation.skills.content import PRODUCT, Content
from teddy_edge.conversation.skills.fact_book import Fact, Topic
from teddy_edge.conversation.skills.follow_up import NOTE, FollowUps, waiting
from teddy_edge.conversation.skills.knowledge import Knowledge, parse_knowledge
from teddy_edge.conversation.skills.lines import Line, fresh, pick, pick_of, reply_of
from teddy_edge.conversation.skills.skill import Heard, Recent, Reply
from teddy_edge.conversation.skills.steering import Steering, Wish
from teddy_edge.conversation.skills.templates import filled
from teddy_edge.conversation.skills.understanding import Words, matches, understand
from teddy_shared.clock import Chance

OFFERED: Final = 3  # about every third fact ends with an offer of another
CHATTER: Final = 6  # further words; a longer sentence that only mentions a topic is about something else

_OUTRIGHT: Final = 0.965
_MORE: Final = 0.93
_ASKED: Final = 0.89
_WHY: Final = 0.85
_ANY_TOPIC: Final = 0.87
_NAMED: Final = 0.66  # nothing but its name
_MENTIONED: Final = 0.51
_IN_PASSING: Final = 0.34


@dataclass(frozen=True, slots=True)
class Question:
    """What a sentence asks for."""

    fit: float = 0.0
    topic: Topic | None = None  # none: any
    facts: tuple[Fact, ...] = ()  # those that answer it equally well; none: any
    opening: Literal["mention", "liked", "unsure", "why"] | None = None  # what belongs before the fact


class Knowing:
    def __init__(self, *, name: str, book: Knowledge, steering: Steering, follow_ups: FollowUps) -> None:
        self.name = name
        self._book = book
        self._steering = steering
        self._follow_ups = follow_ups

    def fit(self, heard: Heard, recent: Recent) -> float:
        return max(self._understand(heard, recent).fit, self._answered(heard, recent))

    def answer(self, heard: Heard, recent: Recent, chance: Chance) -> Reply:
        question = self._understand(heard, recent)
        asked = waiting(self._book.topics, recent)
        if asked and self._answered(heard, recent) > question.fit:
            return self._react(*asked, heard, recent, chance)
        topic = question.topic or self._any(recent, chance)
        fact = pick_of(question.facts or topic.facts, recent, chance)
        lines = [Line(fact.line.id, fact.line.words_for(heard.band))]
        note: Mapping[str, str] = {}
        if question.opening:
            opening = pick(self._book.openings[question.opening], recent, chance)
            lines.insert(0, filled(opening, topic=topic.name))
        if fact.then and question.opening not in ("unsure", "why") and fresh([fact.then.ask], recent):
            lines.append(fact.then.ask)
            note = {NOTE: fact.line.id}
        elif not question.opening:
            note = self._offer(lines, topic, fact, recent, chance)
        return reply_of(*lines, skill=self.name, topic=topic.name, note=note)

    def _answered(self, heard: Heard, recent: Recent) -> float:
        """How surely the words answer the question behind the fact before."""
        mine = recent.skill == self.name and waiting(self._book.topics, recent)
        return self._follow_ups.fit(heard) if mine else 0.0

    def _react(self, topic: Topic, fact: Fact, heard: Heard, recent: Recent, chance: Chance) -> Reply:
        lines = [*self._follow_ups.reply(fact, heard, recent, chance)]
        note = self._offer(lines, topic, fact, recent, chance)
        return reply_of(*lines, skill=self.name, topic=topic.name, note=note)

    def _offer(
        self, lines: list[Line], topic: Topic, fact: Fact, recent: Recent, chance: Chance
    ) -> Mapping[str, str]:
        """Now and then another one, where more is left."""
        if not self._has_more(topic, fact, recent) or chance.below(OFFERED):
            return {}
        lines.append(pick(self._book.offers, recent, chance))
        return {"yes": f"tell me about {topic.name}"}

    def _understand(self, heard: Heard, recent: Recent) -> Question:
        book = self._book
        words = understand(heard.text, book.vocabulary)
        before = book.of_name(recent.topic) if recent.skill == self.name else None
        if before and matches(book.asking.why, words):
            return Question(_WHY, before, opening="why")
        if before and self._steering.wish(heard.text) is Wish.MORE:
            return Question(_MORE, self._with_more(before, recent))
        if outright := book.outright(words):
            return Question(_OUTRIGHT, outright[0], outright[1:])
        if named := book.named(words):
            further = len(words.row) - sum(span.end - span.start for _, span in named)
            return self._named([topic for topic, _ in named], words, further)
        if before and matches(book.asking.about_it, words):
            return self._asked((before,), words, len(words.row))
        return Question(_ANY_TOPIC) if matches(book.asking.any_topic, words) else Question()

    def _named(self, topics: Sequence[Topic], words: Words, further: int) -> Question:
        if matches(self._book.asking.any_way, words):
            return self._asked(topics, words, further)
        if further <= 2:
            return Question(_NAMED, topics[0])
        return Question(_MENTIONED if further <= CHATTER else _IN_PASSING, topics[0], opening="mention")

    def _asked(self, topics: Sequence[Topic], words: Words, further: int) -> Question:
        """The facts that share most with the question, of the topic that has the best."""
        asking, aspects = self._book.asking, self._book.aspects
        best, topic = max(
            ((max(len(fact.shared(words, aspects)) for fact in each.facts), each) for each in topics),
            key=lambda scored: scored[0],
        )
        if best > 0:
            facts = tuple(fact for fact in topic.facts if len(fact.shared(words, aspects)) == best)
            return Question(_ASKED, topic, facts)
        if matches(asking.whether_liked, words):
            return Question(_ASKED, topic, opening="liked")
        if matches(asking.for_anything, words) or further <= 2:
            return Question(_ASKED, None if topic.general else topic)
        return Question(_ASKED, topic, opening="unsure")

    def _has_more(self, topic: Topic, fact: Fact, recent: Recent) -> bool:
        return bool(fresh([each.line for each in topic.facts if each is not fact], recent))

    def _with_more(self, topic: Topic, recent: Recent) -> Topic | None:
        """The same topic as long as it has something new."""
        return topic if fresh([fact.line for fact in topic.facts], recent) else None

    def _any(self, recent: Recent, chance: Chance) -> Topic:
        """One that was not talked about lately."""
        said = frozenset(line.rpartition(".")[0] for line in recent.lines)
        every = [topic for topic in self._book.topics if topic.facts]
        new = [topic for topic in every if topic.facts[0].line.id.rpartition(".")[0] not in said] or every
        return new[chance.below(len(new))]


def load_space(steering: Steering, follow_ups: FollowUps) -> Knowing:
    """Reads a file. Raises ConfigError."""
    return _load("space", steering, follow_ups, PRODUCT)


def load_nature(steering: Steering, follow_ups: FollowUps, content: Content = PRODUCT) -> Knowing:
    """Reads a file. Raises ConfigError."""
    return _load("nature", steering, follow_ups, content)


def _load(name: str, steering: Steering, follow_ups: FollowUps, content: Content) -> Knowing:
    file = f"{name}.toml"
    book = parse_knowledge(content.read(file), name=file)
    return Knowing(name=name, book=book, steering=steering, follow_ups=follow_ups)
