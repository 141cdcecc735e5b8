"""The bear counts, adds and asks, and hears a child's number however it was written down."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teddy_edge.conversation.skills.chooser import Chooser, load_chooser
from teddy_edge.conversation.skills.number_words import MOST, in_words, numbers_in
from teddy_edge.conversation.skills.skill import Recent, Reply
from teddy_edge.conversation.skills.sums import Sign, Sum, plain_row, some_sum, sum_in
from teddy_shared.ages import AgeBand
from teddy_shared.clock import SeededChance
from tests.skills_talk import SkillTalk


@pytest.fixture(scope="module")
def chooser() -> Chooser:
    return load_chooser()


def asked(chooser: Chooser, right: int, band: AgeBand = AgeBand.MIDDLE) -> SkillTalk:
    """A child who was just asked something whose answer is `right`."""
    talk = SkillTalk(chooser, band=band)
    note = {"quiz": "sum", "ask": "How much is it?", "right": str(right), "told": "It is that.", "count": "1"}
    talk.recent = Recent(skill="numbers", topic="numbers", text="How much is it?", note=note)
    return talk


def praised(reply: Reply) -> bool:
    return reply.lines[0].startswith("quiz.cheers")


@given(st.integers(0, MOST))
def test_a_number_in_words_is_read_back(number: int) -> None:
    assert [found.value for found in numbers_in(in_words(number).split())] == [number]


@given(st.sampled_from(list(AgeBand)), st.integers(0, 10_000), st.booleans())
def test_a_sum_fits_its_age_and_is_understood_when_it_is_asked_back(
    band: AgeBand, seed: int, times: bool
) -> None:
    made = some_sum(band, SeededChance(seed), times=times)

    assert made.result is not None
    assert made.result <= 50
    if not times:
        assert max(made.a, made.b, made.result) <= {"3-4": 5, "5-7": 10, "8-10": 50}[band]
    assert sum_in(plain_row(f"what is {made.asked}")) == made


@pytest.mark.parametrize(
    ("says", "found"),
    [
        ("what's 2+3", Sum(2, Sign.PLUS, 3)),
        ("what is two plus three", Sum(2, Sign.PLUS, 3)),
        ("how much is two and three", Sum(2, Sign.PLUS, 3)),
        ("nine take away five", Sum(9, Sign.MINUS, 5)),
        ("5 - 2", Sum(5, Sign.MINUS, 2)),
        ("six times seven", Sum(6, Sign.TIMES, 7)),
        ("4x5", Sum(4, Sign.TIMES, 5)),
        ("twelve divided by four", Sum(12, Sign.DIVIDED, 4)),
        ("what's half of twenty", Sum(20, Sign.DIVIDED, 2)),
        ("double eight", Sum(2, Sign.TIMES, 8)),
        ("twenty-one plus thirty four", Sum(21, Sign.PLUS, 34)),
        ("a hundred plus one", Sum(100, Sign.PLUS, 1)),
        ("I have two dogs", None),
        ("two cats and a dog", None),
    ],
)
def test_a_sum_is_heard_as_children_say_it(says: str, found: Sum | None) -> None:
    assert sum_in(plain_row(says)) == found


@pytest.mark.parametrize(
    ("says", "text"),
    [
        ("what is five plus four", "nine"),
        ("what's 6 times 7", "forty two"),
        ("what's half of 20", "ten"),
        ("what comes after three", "four"),
        ("what number comes before ten", "nine"),
        ("count backwards from three", "hree, two, one, zero"),
        ("what is 1000 times 1000", "paper"),
        ("ten divided by three", "paper"),
        ("three minus five", "paper"),
    ],
)
def test_a_question_gets_its_number(chooser: Chooser, says: str, text: str) -> None:
    reply = SkillTalk(chooser, band=AgeBand.BIG).say(says)

    assert reply.skill == "numbers"
    assert text in reply.text


@pytest.mark.parametrize(
    ("says", "right"),
    [
        ("four", 4), ("4", 4), ("Four!", 4), ("I think it's four", 4), ("is it four?", 4), ("um, four", 4),
        ("for", 4), ("fore", 4), ("to", 2), ("too", 2), ("tree", 3), ("won", 1), ("ate", 8), ("it's ate", 8),
        ("six, no, seven", 7), ("twenty one", 21), ("twenty-one", 21), ("42", 42), ("four is the answer", 4),
    ],
)  # fmt: skip
def test_a_right_answer_is_heard_however_it_was_written(chooser: Chooser, says: str, right: int) -> None:
    reply = asked(chooser, right).say(says)

    assert reply.skill == "numbers"
    assert praised(reply)
    assert reply.note["count"] == "2"


@pytest.mark.parametrize("says", ["nine", "is it nine", "I don't know", "you tell me", "too hard", "skip"])
def test_any_other_answer_is_taken_kindly_and_told(chooser: Chooser, says: str) -> None:
    reply = asked(chooser, 4).say(says)

    assert not praised(reply)
    assert "It is that." in reply.text
    assert reply.note["count"] == "2"


def test_an_unclear_answer_is_asked_once_more_and_then_told(chooser: Chooser) -> None:
    talk = asked(chooser, 4)

    assert talk.say("banana pancakes").text.endswith("How much is it?")
    assert "It is that." in talk.say("banana pancakes").text


@pytest.mark.parametrize(
    "says", ["stop", "no more math", "I don't want to play anymore", "no thanks", "I'm done"]
)
def test_the_game_ends_at_once_when_the_child_has_enough(chooser: Chooser, says: str) -> None:
    reply = asked(chooser, 4).say(says)

    assert "ask" not in reply.note
    assert "It is that." not in reply.text


@pytest.mark.parametrize(
    ("says", "skill"),
    [
        ("tell me a joke", "jokes"),
        ("tell me one joke", "jokes"),
        ("tell me a story", "stories"),
        ("how many planets are there", "space"),
        ("what do cats eat", "animals"),
        ("hello", "company"),
        ("I want to go to bed", "company"),
        ("what is two plus two", "numbers"),
    ],
)
def test_another_wish_leaves_the_game(chooser: Chooser, says: str, skill: str) -> None:
    talk = asked(chooser, 99)
    reply = talk.say(says)

    assert reply.skill == skill
    assert "It is that." not in reply.text


def test_after_five_questions_the_child_is_asked_whether_it_goes_on(chooser: Chooser) -> None:
    talk = SkillTalk(chooser)
    talk.say("give me a math question")

    replies = [talk.say(talk.recent.note["right"]) for _ in range(5)]

    assert all(praised(reply) for reply in replies)
    assert "ask" not in replies[-1].note
    assert "ask" in talk.say("yes please").note


def test_the_same_question_does_not_come_twice_in_a_row(chooser: Chooser) -> None:
    for seed in range(20):
        talk = SkillTalk(chooser, band=AgeBand.LITTLE, chance=SeededChance(seed))
        first = talk.say("number game")
        assert talk.say("I don't know").lines[-1] != first.lines[-1]


@pytest.mark.parametrize(
    ("band", "last"), [(AgeBand.LITTLE, "five"), (AgeBand.MIDDLE, "ten"), (AgeBand.BIG, "twenty")]
)
def test_counting_goes_as_far_as_the_age_does(chooser: Chooser, band: AgeBand, last: str) -> None:
    talk = SkillTalk(chooser, band=band)

    assert f"{last}!" in talk.say("let's count").text
    assert praised(talk.say("one two three four five"))
