"""Which skill answers: the one it fits best, or the fallback, which is never a dead end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from teddy_edge.conversation.skills.acquaintance import load_acquaintance
from teddy_edge.conversation.skills.animals import load_animals
from teddy_edge.conversation.skills.calm import load_calm
from teddy_edge.conversation.skills.company import load_company
from teddy_edge.conversation.skills.content import PRODUCT, Content
from teddy_edge.conversation.skills.fallback import load_fallback
from teddy_edge.conversation.skills.follow_up import load_follow_ups
from teddy_edge.conversation.skills.insisting import Insisting, load_insisting
from teddy_edge.conversation.skills.jokes import load_jokes
from teddy_edge.conversation.skills.knowing import load_nature, load_space
from teddy_edge.conversation.skills.numbers import load_numbers
from teddy_edge.conversation.skills.offers import load_offers
from teddy_edge.conversation.skills.playing import load_playing
from teddy_edge.conversation.skills.quiz import load_quiz_lines
from teddy_edge.conversation.skills.remembering import load_remembering
from teddy_edge.conversation.skills.repeating import Repeating
from teddy_edge.conversation.skills.skill import Heard, Meant, Recent, Reply, Skill
from teddy_edge.conversation.skills.songs import load_songs
from teddy_edge.conversation.skills.steering import Steering, Wish, load_steering
from teddy_edge.conversation.skills.stories import load_stories
from teddy_edge.conversation.skills.telling import with_favourites
from teddy_edge.conversation.skills.timing import Timing, load_timing
from teddy_edge.conversation.skills.twenty_questions import load_twenty_questions
from teddy_edge.conversation.skills.who_is_it import load_who_is_it
from teddy_edge.conversation.skills.wondering import load_wondering
from teddy_edge.conversation.skills.word_games import load_word_games
from teddy_edge.conversation.timers import Timers
from teddy_shared.clock import Chance, SystemClock

LEAST_FIT: Final = 0.3  # below, nobody would be sure enough to answer
UNSURE: Final = 0.5  # below, what the words resemble counts more than what the rules found in them
DISPUTABLE: Final = 0.94  # below, it does so if it resembles that by far; a cue of distress stands above
BY_FAR: Final = 0.3


@dataclass(frozen=True, slots=True)
class Choice:
    """Who answers, to which words, and how surely that is right."""

    heard: Heard
    skill: Skill
    fit: float

    def answer(self, recent: Recent, chance: Chance) -> Reply:
        """Never empty, and never the same line twice lately where others are left."""
        return self.skill.answer(self.heard, recent, chance)


class Chooser:
    """Holds no state, so that every turn of a talk may ask it."""

    def __init__(
        self,
        *,
        skills: Sequence[Skill],
        fallback: Skill,
        steering: Steering | None = None,
        insisting: Insisting | None = None,
    ) -> None:
        self._skills = tuple(skills)
        self._fallback = fallback
        self._steering = steering
        self._insisting = insisting

    @property
    def names(self) -> frozenset[str]:
        """Of all who may answer."""
        return frozenset(skill.name for skill in (*self._skills, self._fallback))

    def choose(self, heard: Heard, recent: Recent) -> Choice:
        """By rules alone."""
        heard = self._accepted(heard, recent)
        fits = [(skill.fit(heard, recent), skill) for skill in self._skills]
        fit, best = max(fits, key=lambda each: each[0], default=(0.0, self._fallback))
        return Choice(heard, best if fit >= LEAST_FIT else self._fallback, fit)

    def choose_meant(self, choice: Choice, meant: Meant, recent: Recent) -> Choice:
        """What the words resemble stands in for them, unless the rules know better.

        They do where they find the same skill, in the child's own words, and where the skill that spoke
        last is the one that takes the words for an answer to it.
        """
        if choice.skill.name == meant.skill or choice.fit >= DISPUTABLE:
            return choice
        if choice.fit >= UNSURE and (meant.lead < BY_FAR or choice.skill.name == recent.skill):
            return choice
        return self.choose(replace(choice.heard, text=meant.request), recent)

    def insisted(self, reply: Reply, category: str, heard: Heard, recent: Recent, chance: Chance) -> Reply:
        """A reply of the guard's, in other words where the child has heard it lately."""
        if self._insisting is None or not set(reply.lines) & set(recent.lines):
            return reply
        return self._insisting.again(reply, category, heard, recent, chance)

    def answer(self, heard: Heard, recent: Recent, chance: Chance) -> Reply:
        """By rules alone."""
        return self.choose(heard, recent).answer(recent, chance)

    def _accepted(self, heard: Heard, recent: Recent) -> Heard:
        """A "yes" to an offer is what was offered, "the other one" the second, a favourite the thing."""
        if self._steering is None:
            return heard
        offered, other = recent.note.get("yes"), recent.note.get("other")
        taken = self._steering.taken(heard.text) if other else None
        if other and taken is Wish.OTHER:
            return replace(heard, text=other)
        if offered and (taken is Wish.FIRST or self._steering.wish(heard.text) is Wish.YES):
            return replace(heard, text=offered)
        named = with_favourites(heard.text, recent.child)
        return heard if named == heard.text else replace(heard, text=named)


def load_chooser(content: Content = PRODUCT, timing: Timing | None = None) -> Chooser:
    """Everything the bear can talk about; blocks. Raises ConfigError for content that is wrong."""
    steering, playing, quiz_lines = load_steering(), load_playing(), load_quiz_lines()
    follow_ups = load_follow_ups(steering)
    offers = load_offers()
    skills = (
        load_acquaintance(steering),
        load_company(offers),
        load_wondering(steering, offers),
        load_jokes(steering, content),
        load_animals(steering, follow_ups),
        load_stories(steering, playing, content),
        load_songs(steering, follow_ups, content),
        load_calm(steering),
        load_numbers(quiz_lines, steering, playing),
        load_word_games(quiz_lines, steering, playing),
        timing or load_timing(Timers(clock=SystemClock())),
        load_who_is_it(quiz_lines, steering, playing),
        load_remembering(quiz_lines, steering, playing),
        load_twenty_questions(steering, playing),
        load_space(steering, follow_ups),
        load_nature(steering, follow_ups, content),
        Repeating(steering=steering),
    )
    return Chooser(
        skills=skills, fallback=load_fallback(offers), steering=steering, insisting=load_insisting(offers)
    )
