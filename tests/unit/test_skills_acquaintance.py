"""The bear knows of a child what it was told in so many words, and forgets it at a word."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teddy_edge.conversation.skills.acquaintance import GAPS, parse_acquaintance
from teddy_edge.conversation.skills.chooser import Chooser, load_chooser
from teddy_edge.conversation.skills.known import NAME, Kind, Known
from teddy_edge.conversation.skills.skill import Recent
from teddy_edge.conversation.skills.telling import Told, told
from teddy_edge.conversation.skills.templates import filled
from teddy_edge.safety.authored import read_authored
from teddy_edge.safety.guard import load_guard
from teddy_shared.ages import AgeBand
from teddy_shared.clock import SeededChance
from tests.skills_talk import SkillTalk

GUARD = load_guard()
BOOK = parse_acquaintance(read_authored("teddy_edge.conversation.skills", "acquaintance.toml"))


@pytest.fixture(scope="module")
def chooser() -> Chooser:
    return load_chooser()


@pytest.fixture
def talk(chooser: Chooser) -> SkillTalk:
    return SkillTalk(chooser)


@pytest.mark.parametrize(
    ("says", "name"),
    [
        ("My name is Mia.", "Mia"),
        ("my name is mia", "Mia"),
        ("MY NAME IS MIA", "Mia"),
        ("Teddy, my name's Leo!", "Leo"),
        ("Hi! You can call me Benny.", "Benny"),
        ("I'm called Anna-Lena.", "Anna-Lena"),
        ("My name is Zoë and I am five.", "Zoe"),
        ("My name is, um, Tim. What's yours?", "Tim"),
        ("my name is rose", "Rose"),
        ("My name is Mia Miller.", "Mia"),
        ("my name is mia miller", "Mia"),
        ("My name is Mia from Elm Street.", "Mia"),
        ("My brother's name is Tom and my name is Mia.", "Mia"),
    ],
)
def test_a_first_name_is_taken_where_it_is_told_and_nothing_more(says: str, name: str) -> None:
    assert told(says) == Told(NAME, name)


@pytest.mark.parametrize(
    "says",
    [
        "what is my name",
        "do you know what my name is",
        "my name is not mia",
        "Don't call me Ben.",
        "They call me names.",
        "my brother's name is tom",
        "If my name is Bob, what then?",
        "Let's pretend my name is Elsa.",
        "my name is hard to spell",
        "my name is really cool",
        "My name is Cool.",
        "My name is a secret.",
        "my name is five letters long",
        "My name is on my backpack.",
        "call me later",
        "I'm hungry.",
        "I am Mia.",
        "My mommy is called Susan.",
        "my last name is miller",
        "My name is 5.",
        "my favourite teacher is Mrs Smith",
        "my favorite friend is Tom",
        "my favourite place is 12 elm street",
        "my favourite game is at my school",
        "my favourite number is 5551234",
        "my favourite animal is not a dog",
        "what is my favourite colour",
        "dogs are nice",
        "I live in Elm Street and go to the Green School.",
        "my phone number is 555 12 34",
    ],
)
def test_what_was_not_told_plainly_or_says_where_a_child_lives_is_not_taken(says: str) -> None:
    assert told(says) is None


@pytest.mark.parametrize(
    ("says", "kind", "what"),
    [
        ("my favourite animal is a cat", Kind.ANIMAL, "a cat"),
        ("My favorite color is blue!", Kind.COLOUR, "blue"),
        ("Purple is my favourite colour because it is pretty", Kind.COLOUR, "purple"),
        (
            "My favorite food is spaghetti and meatballs and I like it hot.",
            Kind.FOOD,
            "spaghetti and meatballs",
        ),
        ("my favourite game is hide and seek", Kind.GAME, "hide and seek"),
        ("My favorite story is Goldilocks.", Kind.STORY, "goldilocks"),
        ("my favorite toy is my train", Kind.TOY, "train"),
        ("my favourite number is 7", Kind.NUMBER, "7"),
        ("giraffes are my favourite animals", Kind.ANIMAL, "giraffes"),
    ],
)
def test_a_favourite_is_taken_as_it_was_told(says: str, kind: Kind, what: str) -> None:
    assert told(says) == Told(kind, what)


@settings(max_examples=40)
@given(st.text(max_size=60))
def test_whatever_is_said_what_is_taken_can_be_spoken_and_holds_no_figure(text: str) -> None:
    for says in (text, f"my name is {text}", f"my favorite food is {text}"):
        fact = told(says)
        if fact is not None and not fact.silly:
            assert fact.what.isascii()
            assert not any(letter.isdigit() for letter in fact.what)
            assert len(fact.what.split()) <= (1 if fact.fact == NAME else 5)


def test_a_name_is_kept_and_said_when_it_is_asked_for_and_now_and_then(talk: SkillTalk) -> None:
    talk.say("My name is Mia.")
    asked = talk.say("What is my name?")
    greetings = [talk.say("Hello Teddy.").text for _ in range(4)]

    assert talk.recent.child.name == "Mia"
    assert "Mia" in asked.text
    assert sum("Mia" in each for each in greetings) == 1
    assert "Mia" not in talk.say("Tell me something about elephants.").text


def test_the_bear_asks_for_a_name_only_when_it_is_asked_and_takes_a_bare_answer_then(talk: SkillTalk) -> None:
    assert talk.say("Mia").skill != "acquaintance"
    talk.say("Do you remember me?")
    talk.say("Mia")

    assert talk.recent.child.name == "Mia"


@pytest.mark.parametrize(
    "evades", ["no", "I don't want to tell you", "tell me a joke", "why do you want to know", "um"]
)
def test_who_does_not_want_to_tell_is_left_in_peace(talk: SkillTalk, evades: str) -> None:
    talk.say("what is my name")
    talk.say(evades)

    assert talk.recent.child == Known()


@pytest.mark.parametrize(
    "says", ["my name is poopy head", "My name is Mr. Fart.", "my favourite food is poop"]
)
def test_rudeness_as_a_name_is_laughed_about_and_not_kept(talk: SkillTalk, says: str) -> None:
    reply = talk.say(says)

    assert reply.skill == "acquaintance"
    assert talk.recent.child == Known()
    assert not {"poop", "fart"} & set(reply.text.lower().replace(".", "").split())


def test_favourites_are_known_and_a_yes_needs_no_guess(talk: SkillTalk) -> None:
    talk.say("my favourite animal is a red panda")
    known = talk.say("What's my favorite animal?")
    unknown = talk.say("what is my favourite colour")
    talk.say("blue")

    assert "a red panda" in known.text
    assert "color" in unknown.text
    assert talk.recent.child.favourites == {Kind.ANIMAL: "a red panda", Kind.COLOUR: "blue"}


def test_another_child_is_asked_and_takes_nothing_away(talk: SkillTalk) -> None:
    talk.say("my name is Mia")
    asked = talk.say("my name is Ben")
    greeted = talk.say("yes")

    assert "Mia" in asked.text and asked.text.endswith("?")
    assert "Ben" in greeted.text
    assert talk.recent.child.name == "Mia"
    assert "Mia" in talk.say("what is my name").text


@pytest.mark.parametrize("way", [("no", "yes"), ("no, my name is Ben",)])
def test_the_same_child_may_be_called_otherwise(talk: SkillTalk, way: tuple[str, ...]) -> None:
    talk.say("my name is Benjamin")
    talk.say("my name is Ben")
    for says in way:
        talk.say(says)

    assert talk.recent.child.name == "Ben"


def test_who_only_tried_a_name_keeps_the_old_one(talk: SkillTalk) -> None:
    for says in ("my name is Mia", "my name is Batman", "no", "no"):
        talk.say(says)

    assert talk.recent.child.name == "Mia"


@pytest.mark.parametrize("told_first", ["my name is Mia", "what is my name"])
@pytest.mark.parametrize("says", ["forget that", "Forget that, please.", "don't remember that"])
def test_what_was_just_spoken_of_is_forgotten_at_a_word(talk: SkillTalk, told_first: str, says: str) -> None:
    talk.recent = Recent(child=Known(name="Mia", favourites={Kind.ANIMAL: "a cat"}))
    talk.say(told_first)

    reply = talk.say(says)

    assert talk.recent.child == Known(favourites={Kind.ANIMAL: "a cat"})
    assert "Mia" not in reply.text
    assert reply.topic == "forgetting"


@pytest.mark.parametrize(
    "says",
    ["forget everything about me", "forget me", "delete everything", "please forget what you know about me"],
)
def test_everything_is_forgotten_at_a_word(talk: SkillTalk, says: str) -> None:
    talk.recent = Recent(child=Known(name="Mia", favourites={Kind.ANIMAL: "a cat"}))

    talk.say(says)

    assert talk.recent.child == Known()


def test_forget_that_means_no_fact_where_none_was_spoken_of(talk: SkillTalk) -> None:
    talk.recent = Recent(child=Known(name="Mia"))
    talk.say("Tell me something about elephants.")
    talk.say("forget that")

    assert talk.recent.child.name == "Mia"


def test_a_child_hears_all_that_is_known_about_it(talk: SkillTalk) -> None:
    for says in ("my name is Mia", "my favourite animal is a cat", "my favourite food is pizza"):
        talk.say(says)
    reply = talk.say("What do you know about me?")

    assert all(fact in reply.text for fact in ("Mia", "a cat", "pizza", "forget"))


def test_a_story_goes_on_where_it_stopped_also_in_another_talk(talk: SkillTalk, chooser: Chooser) -> None:
    begun = talk.say("tell me a story")
    talk.say("the first one")
    left = talk.recent.note
    talk.say("tell me a joke")

    tomorrow = SkillTalk(chooser)
    tomorrow.recent = Recent(child=talk.recent.child)
    reply = tomorrow.say("Go on with the story.")

    assert begun.skill == reply.skill == "stories"
    assert "scene" in left
    assert tomorrow.recent.note == left


def test_a_story_that_has_ended_does_not_go_on(talk: SkillTalk) -> None:
    talk.say("tell me a story")
    for _ in range(12):
        if talk.recent.child.stopped is None:
            break
        talk.say("the first one")

    assert talk.recent.child.stopped is None
    assert "kept our place" not in talk.say("go on with the story").text


def test_what_a_child_likes_is_told_a_story_about(chooser: Chooser) -> None:
    told_of = set()
    for seed in range(5):
        talk = SkillTalk(chooser, band=AgeBand.LITTLE, chance=SeededChance(seed))
        talk.recent = Recent(child=Known(favourites={Kind.ANIMAL: "a duck"}))
        talk.say("tell me a story")
        told_of.add(talk.recent.note["story"])

    assert len(told_of) <= 2


def test_a_wish_about_a_favourite_is_a_wish_about_the_thing(talk: SkillTalk) -> None:
    talk.recent = Recent(child=Known(favourites={Kind.ANIMAL: "an elephant"}))
    known = talk.say("Tell me something about my favorite animal.")
    talk.recent = Recent()
    unknown = talk.say("Tell me something about my favorite animal.")

    assert (known.topic, unknown.topic != "elephants") == ("elephants", True)


@pytest.mark.parametrize("band", AgeBand)
async def test_the_guard_passes_every_line_with_names_and_favourites_in_it(band: AgeBand) -> None:
    gaps = (
        {"name": "Mia", "other": "Ben", "kind": "animal", "what": "a cat"},
        {"name": "Noah", "other": "Zoe"},
    )
    for lines, gap in itertools.product(BOOK.said.values(), gaps):
        for line in lines:
            text = filled(line, **{"kind": "food", "what": "spaghetti and meatballs", **gap}).text
            assert await GUARD.clear(text, so_far="", band=band)
            assert await GUARD.clear_reply(text, band) is None, text
    assert set(BOOK.said) == set(GAPS)
