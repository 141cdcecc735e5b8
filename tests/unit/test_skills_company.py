"""The bear is honest about itself, lets a child go, and has kind words."""

from __future__ import annotations

import re

import pytest

from teddy_edge.conversation.skills.chooser import Chooser, load_chooser
from teddy_edge.conversation.skills.company import parse_company
from teddy_edge.conversation.skills.offers import parse_offers
from teddy_edge.conversation.skills.skill import Recent
from teddy_edge.conversation.skills.steering import Steering
from teddy_edge.safety.authored import read_authored
from teddy_shared.ages import AgeBand
from teddy_shared.clock import SeededChance
from teddy_shared.errors import ConfigError
from tests.skills_talk import SkillTalk

PACKAGE = "teddy_edge.conversation.skills"


@pytest.fixture(scope="module")
def chooser() -> Chooser:
    return load_chooser()


def every_answer(chooser: Chooser, text: str) -> set[str]:
    return {
        SkillTalk(chooser, band=band, chance=SeededChance(seed)).say(text).text
        for band in AgeBand
        for seed in range(12)
    }


@pytest.mark.parametrize("text", ["Are you real?", "are you alive", "what are you"])
def test_the_bear_says_that_it_is_a_toy(chooser: Chooser, text: str) -> None:
    for answer in every_answer(chooser, text):
        assert "toy" in answer or "computer" in answer


@pytest.mark.parametrize(
    "text",
    [
        "Goodbye.",
        "Good night, Teddy.",
        "I have to go now.",
        "Bye!",
        "night night",
        "nighty night teddy",
        "okay bye",
    ],
)
def test_a_goodbye_is_accepted_at_once(chooser: Chooser, text: str) -> None:
    for answer in every_answer(chooser, text):
        assert "?" not in answer
        assert not re.search(r"\b(wait|stay|don't go|miss|come back|sad|already)\b", answer.lower())


@pytest.mark.parametrize("text", ["Stop.", "Be quiet!"])
def test_stop_gets_a_short_yes(chooser: Chooser, text: str) -> None:
    for answer in every_answer(chooser, text):
        assert answer.startswith(("Okay", "All right"))
        assert len(answer.split()) <= 5


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("louder", "voice"), ("can you talk slower please", "voice"), ("you talk too fast", "voice"),
        ("wait", "wait"), ("hold on a minute", "wait"), ("another game", "what_i_can_do"),
        ("look at this", "cannot_see"),
    ],
)  # fmt: skip
def test_what_steers_a_talk_is_answered_truly(chooser: Chooser, text: str, topic: str) -> None:
    assert SkillTalk(chooser).say(text).topic == topic


def test_what_it_can_do_is_real_and_differs_each_time(chooser: Chooser) -> None:
    for band in AgeBand:
        talk = SkillTalk(chooser, band=band)
        replies = [talk.say("what can you do") for _ in range(20)]

        assert len({reply.text for reply in replies}) == 20
        for reply in replies:
            assert SkillTalk(chooser).say(reply.note["yes"]).skill not in ("company", "fallback")


def test_a_child_that_only_says_no_is_never_told_the_same_twice_in_twenty_turns(chooser: Chooser) -> None:
    for band in AgeBand:
        talk = SkillTalk(chooser, band=band)
        said = [talk.say("no").text for _ in range(60)]

        assert all(said[at] not in said[max(0, at - 20) : at] for at in range(60))


@pytest.mark.parametrize("text", ["Do you love me?", "I love you Teddy"])
def test_love_is_answered_warmly_and_truly(chooser: Chooser, text: str) -> None:
    for answer in every_answer(chooser, text):
        assert "i love you" not in answer.lower()
        assert re.search(r"toy|hug|bear", answer)


@pytest.mark.parametrize("text", ["I fell down and my knee hurts", "I'm sad", "I'm scared", "my tummy hurts"])
def test_what_hurts_leads_to_a_person(chooser: Chooser, text: str) -> None:
    for answer in every_answer(chooser, text):
        assert re.search(r"grown-up|hug", answer)


def test_a_greeting_leaves_a_question_to_others(chooser: Chooser) -> None:
    assert SkillTalk(chooser).say("Hello Teddy, why do cats purr?").topic == "cats"
    assert SkillTalk(chooser).say("Thank you, tell me a joke").skill == "jokes"


@pytest.mark.parametrize(
    "text", ["Yes.", "okay", "but I don't want to", "It hurts a lot", "My mommy is in the kitchen"]
)
def test_after_comfort_no_joke_is_offered(chooser: Chooser, text: str) -> None:
    for band in AgeBand:
        talk = SkillTalk(chooser, band=band)
        talk.recent = Recent(skill="guard", topic="comfort_and_alert", text="Run to a grown-up now.")

        assert "grown-up" in talk.say(text).text


def test_after_comfort_a_child_may_still_ask_for_something_else(chooser: Chooser) -> None:
    talk = SkillTalk(chooser)
    talk.recent = Recent(skill="guard", topic="comfort_and_alert", text="Run to a grown-up now.")

    assert talk.say("Tell me about elephants").topic == "elephants"


def test_of_what_a_child_tells_about_itself_no_more_than_a_first_name_is_said(chooser: Chooser) -> None:
    for text in (
        "My name is Barnaby Dunkelberg.",
        "I am called Barnaby Dunkelberg",
        "my name is barnaby dunkelberg",
    ):
        assert not any("unkelberg" in answer for answer in every_answer(chooser, text))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ('[[cue]]\ntopic = "a"\nheard = ["hi"]\nsay = ["Hi"]', "cue.1.say.1"),
        ('[[cue]]\ntopic = "a"\nheard = ["@who"]\nsay = ["Hi."]', "cue a"),
        ('[[cue]]\ntopic = "a"\nheard = []\nsay = ["Hi."]', "cue.1.heard"),
        ('[[cue]]\ntopic = "a"\nsure = 2\nheard = ["hi"]\nsay = ["Hi."]', "cue.1.sure"),
        ('[[cue]]\ntopic = "The child"\nheard = ["hi"]\nsay = ["Hi."]', "cue.1.topic"),
        (2 * '[[cue]]\ntopic = "a"\nheard = ["hi"]\nsay = ["Hi."]\n', "two cues a"),
        ("", "cue"),
    ],
)
def test_wrong_content_is_refused_with_the_place(content: str, complaint: str) -> None:
    pools = 'heard_you = ["Mhm."]\ncare = ["Tell a grown-up."]\n'
    with pytest.raises(ConfigError, match=r"company\.toml") as refused:
        parse_company(f"{pools}{content}".encode())

    assert complaint in str(refused.value)


def test_wrong_steering_and_offers_are_refused_with_the_place() -> None:
    steering = read_authored(PACKAGE, "steering.toml").decode()
    offers = read_authored(PACKAGE, "offers.toml").decode()

    with pytest.raises(ConfigError, match=r"steering\.toml: heard: huh is missing"):
        Steering.parse(re.sub(r"^huh.*$", "", steering, flags=re.M).encode())
    with pytest.raises(ConfigError, match=r"steering\.toml"):
        Steering.parse(steering.replace("< repeat", "< (repeat").encode())
    with pytest.raises(ConfigError, match=r"offers\.toml: offer\.game\.1\.ask"):
        parse_offers(re.sub(r"^ask = .*$", 'ask = ""', offers, flags=re.M).encode())
