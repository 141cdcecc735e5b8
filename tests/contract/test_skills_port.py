"""What every skill promises, whatever it is told and whatever was before."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teddy_edge.conversation.skills.animals import load_animals
from teddy_edge.conversation.skills.company import load_company
from teddy_edge.conversation.skills.fallback import load_fallback
from teddy_edge.conversation.skills.follow_up import load_follow_ups
from teddy_edge.conversation.skills.jokes import load_jokes
from teddy_edge.conversation.skills.knowing import load_space
from teddy_edge.conversation.skills.offers import load_offers
from teddy_edge.conversation.skills.playing import load_playing
from teddy_edge.conversation.skills.quiz import load_quiz_lines
from teddy_edge.conversation.skills.remembering import load_remembering
from teddy_edge.conversation.skills.repeating import Repeating
from teddy_edge.conversation.skills.skill import Heard, Recent, Reply, Skill
from teddy_edge.conversation.skills.steering import Steering, load_steering
from teddy_edge.conversation.skills.twenty_questions import load_twenty_questions
from teddy_edge.conversation.skills.who_is_it import load_who_is_it
from teddy_edge.conversation.skills.wondering import load_wondering
from teddy_shared.ages import AgeBand
from teddy_shared.clock import Chance, SeededChance

TEXTS = st.text(max_size=80) | st.lists(
    st.sampled_from(
        ("what", "why", "is", "it", "a", "cats", "joke", "riddle", "clock", "again", "yes", "no", "zorblax")
    ),
    max_size=8,
).map(" ".join)
HEARD = st.builds(Heard, text=TEXTS, confidence=st.floats(0, 1), band=st.sampled_from(AgeBand))
NOTES = st.sampled_from(
    (
        {},
        {"riddle": "riddles.clock"},
        {"riddle": "gone"},
        {"listening": "joke"},
        {"yes": "hello"},
        {"then": "cats.purr"},
        {"then": "gone"},
        {"other": "x"},
        {"secret": "a cow", "count": "3"},
    )
)
RECENT = st.builds(
    Recent,
    skill=st.sampled_from((None, "jokes", "animals", "company", "twenty_questions", "why", "gone")),
    topic=st.sampled_from((None, "jokes", "cats", "gone")),
    text=st.just("What has hands?"),
    note=NOTES,
    lines=st.just(("cats.purr", "riddles.clock")),
)


class Plain:
    """The smallest skill: a fake for those who need one."""

    name = "plain"

    def fit(self, heard: Heard, recent: Recent) -> float:
        return 0.5 if heard.text else 0.0

    def answer(self, heard: Heard, recent: Recent, chance: Chance) -> Reply:
        return Reply(text="Hm.", skill=self.name, topic="nothing")


MAKERS: dict[str, Callable[[Steering], Skill]] = {
    "fake": lambda _: Plain(),
    "animals": lambda steering: load_animals(steering, load_follow_ups(steering)),
    "space": lambda steering: load_space(steering, load_follow_ups(steering)),
    "jokes": load_jokes,
    "company": lambda _: load_company(load_offers()),
    "again": lambda steering: Repeating(steering=steering),
    "fallback": lambda _: load_fallback(load_offers()),
    "why": lambda steering: load_wondering(steering, load_offers()),
    "who_is_it": lambda steering: load_who_is_it(load_quiz_lines(), steering, load_playing()),
    "remembering": lambda steering: load_remembering(load_quiz_lines(), steering, load_playing()),
    "twenty_questions": lambda steering: load_twenty_questions(steering, load_playing()),
}


@pytest.fixture(scope="module", params=MAKERS)
def skill(request: pytest.FixtureRequest) -> Skill:
    return MAKERS[request.param](load_steering())


@given(heard=HEARD, recent=RECENT)
@settings(max_examples=60, deadline=None)
def test_how_well_it_fits_lies_between_nothing_and_certainty(
    skill: Skill, heard: Heard, recent: Recent
) -> None:
    assert 0.0 <= skill.fit(heard, recent) <= 1.0


@given(heard=HEARD, recent=RECENT, seed=st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_whoever_is_asked_answers_with_words_of_its_own(
    skill: Skill, heard: Heard, recent: Recent, seed: int
) -> None:
    reply = skill.answer(heard, recent, SeededChance(seed))

    assert reply.text.strip()
    assert reply.text.isascii()
    assert reply.skill
    assert reply.topic
    assert "zorblax" not in repr(reply)


@given(heard=HEARD, recent=RECENT, seed=st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_it_keeps_nothing_to_itself(skill: Skill, heard: Heard, recent: Recent, seed: int) -> None:
    first = skill.answer(heard, recent, SeededChance(seed))
    skill.answer(Heard("tell me a joke", 1.0, heard.band), Recent(), SeededChance(seed))

    assert skill.answer(heard, recent, SeededChance(seed)) == first
