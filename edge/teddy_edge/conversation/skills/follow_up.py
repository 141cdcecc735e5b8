"""The question that follows a fact, and what the bear says to it whatever the child answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from teddy_edge.conversation.skills.fact_book import Fact, Then, Topic
from teddy_edge.conversation.skills.groups import heard_as, said_as, sources
from teddy_edge.conversation.skills.lines import Line, Texts, pick
from teddy_edge.conversation.skills.skill import Heard, Recent
from teddy_edge.conversation.skills.steering import Steering, Wish
from teddy_edge.conversation.skills.understanding import Vocabulary, matches, understand
from teddy_edge.safety.authored import Authored, parse_authored, read_authored
from teddy_edge.safety.phrases import Pattern
from teddy_shared.clock import Chance

NOTE: Final = "then"  # under this name the fact is noted whose question waits
DARE: Final = "Can you"  # so begins what the child is asked to do
ANSWER_MOST: Final = 8  # words; in a longer sentence there may be something else

_PLAIN: Final = 0.96  # yes, no, I don't know
_ANSWER: Final = 0.905  # above a question about an animal, below any wish and any feeling
_LONG_ANSWER: Final = 0.7


@dataclass(frozen=True, slots=True)
class Answered:
    """What children say to such a question."""

    unsure: tuple[Pattern, ...]
    leaves: tuple[Pattern, ...]  # no answer, but a question or a wish


@dataclass(frozen=True, slots=True)
class Reactions:
    """What comes before the bear's own word."""

    yes: tuple[Line, ...]
    no: tuple[Line, ...]
    unsure: tuple[Line, ...]
    done: tuple[Line, ...]  # what was asked for with "can you"
    told: tuple[Line, ...]


class FollowUps:
    """Hears answers that have no right or wrong."""

    def __init__(
        self, *, answered: Answered, reactions: Reactions, vocabulary: Vocabulary, steering: Steering
    ) -> None:
        self._answered = answered
        self._reactions = reactions
        self._vocabulary = vocabulary
        self._steering = steering

    def fit(self, heard: Heard) -> float:
        """How surely the words are an answer."""
        words = understand(heard.text, self._vocabulary)
        wish = self._steering.wish(heard.text)
        if wish in (Wish.YES, Wish.NO) or matches(self._answered.unsure, words):
            return _PLAIN
        if wish or not words.row or matches(self._answered.leaves, words):
            return 0.0
        return _ANSWER if len(words.row) <= ANSWER_MOST else _LONG_ANSWER

    def reply(self, fact: Fact, heard: Heard, recent: Recent, chance: Chance) -> tuple[Line, ...]:
        """A word for the answer, and the bear's own."""
        assert fact.then is not None  # a fact that waits has a question
        return pick(self._fitting(fact.then, heard), recent, chance), fact.then.reply

    def _fitting(self, then: Then, heard: Heard) -> Sequence[Line]:
        said = self._reactions
        if matches(self._answered.unsure, understand(heard.text, self._vocabulary)):
            return said.unsure
        match self._steering.wish(heard.text):
            case Wish.YES:
                return said.yes
            case Wish.NO:
                return said.no
            case _:
                return said.done if then.ask.text.startswith(DARE) else said.told


def waiting(topics: Iterable[Topic], recent: Recent) -> tuple[Topic, Fact] | None:
    """The fact whose question was asked last; a note of an older release leads nowhere."""
    noted = recent.note.get(NOTE, "")
    return next(
        (
            (topic, fact)
            for topic in topics
            if noted and topic.name == recent.topic
            for fact in topic.facts
            if fact.line.id == noted and fact.then
        ),
        None,
    )


def parse_follow_ups(data: bytes, steering: Steering, *, name: str = "follow_up.toml") -> FollowUps:
    """Raises ConfigError naming the place."""
    file = parse_authored(_File, data, name)
    return FollowUps(
        answered=heard_as(Answered, file.heard, f"{name}: heard"),
        reactions=said_as(Reactions, file.said, "follow_up", f"{name}: said"),
        vocabulary=Vocabulary.of_patterns(sources(file.heard)),
        steering=steering,
    )


def load_follow_ups(steering: Steering) -> FollowUps:
    """Reads a file. Raises ConfigError."""
    return parse_follow_ups(read_authored("teddy_edge.conversation.skills", "follow_up.toml"), steering)


class _File(Authored):
    heard: dict[str, tuple[str, ...]]
    said: dict[str, Texts]
