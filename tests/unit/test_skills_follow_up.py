"""A fact ends with a question, and whatever the child answers is taken up kindly."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle

import pytest

from teddy_edge.conversation.skills.animal_facts import parse_animals
from teddy_edge.conversation.skills.chooser import Chooser, load_chooser
from teddy_edge.conversation.skills.fact_book import Fact, Topic
from teddy_edge.conversation.skills.knowledge import parse_knowledge
from teddy_edge.conversation.skills.skill import Recent
from teddy_edge.safety.authored import read_authored
from teddy_edge.safety.guard import load_guard
from teddy_shared.ages import AgeBand
from teddy_shared.clock import SeededChance
from teddy_shared.errors import ConfigError
from tests.skills_talk import SkillTalk

GUARD = load_guard()


def read(name: str) -> bytes:
    return read_authored("teddy_edge.conversation.skills", f"{name}.toml")


def asking() -> Iterator[tuple[str, Topic, Fact]]:
    """All facts that have a question, and whose they are."""
    topics = [("animals", topic) for topic in parse_animals(read("animals")).animals]
    for name in ("space", "nature"):
        topics += [(name, topic) for topic in parse_knowledge(read(name), name=f"{name}.toml").topics]
    for skill, topic in topics:
        yield from ((skill, topic, fact) for fact in topic.facts if fact.then)


ASKING = list(asking())


@pytest.fixture(scope="module")
def chooser() -> Chooser:
    return load_chooser()


def asked(chooser: Chooser, skill: str, topic: Topic, fact: Fact, band: AgeBand) -> SkillTalk:
    talk = SkillTalk(chooser, band=band)
    talk.recent = Recent(skill=skill, topic=topic.name, note={"then": fact.line.id})
    return talk


def test_more_than_half_of_the_facts_ask_something() -> None:
    assert len(ASKING) >= 200


def test_a_question_is_short_and_its_reply_is_no_question() -> None:
    for _, _, fact in ASKING:
        assert fact.then
        assert fact.then.ask.text.endswith("?"), fact.line.id
        assert len(fact.then.ask.text.split()) <= 15, fact.line.id
        assert fact.then.reply.text[-1] in ".!", fact.line.id
        assert len(fact.then.reply.text.split()) <= 16, fact.line.id


@pytest.mark.parametrize(
    ("says", "reaction"),
    [
        ("yes", "yes"),
        ("yeah I do", "yes"),
        ("no", "no"),
        ("nope", "no"),
        ("I don't know", "unsure"),
        ("um I dunno", "unsure"),
        ("maybe", "unsure"),
        ("a big purple bus", "told"),
        ("with my nose", "told"),
        ("I would wiggle and hop", "told"),
        ("banana", "told"),
        ("a dog", "told"),
        ("my grandma", "told"),
        ("strawberries and cream", "told"),
        ("I like blue", "told"),
        ("three", "told"),
        ("to the moon", "told"),
        ("roar", "told"),
        ("I would take my brother and my sister and then we would eat all of it", "told"),
    ],
)
def test_every_answer_is_taken_up(chooser: Chooser, says: str, reaction: str) -> None:
    for (skill, topic, fact), band in zip(ASKING[::29], cycle(AgeBand), strict=False):
        reply = asked(chooser, skill, topic, fact, band).say(says)

        assert reply.skill == skill, fact.line.id
        dared = reaction == "told" and fact.then and fact.then.ask.text.startswith("Can you")
        assert reply.lines[0].startswith(f"follow_up.{'done' if dared else reaction}."), fact.line.id
        assert reply.lines[1] == f"{fact.line.id}.reply"


@pytest.mark.parametrize(
    ("says", "skill"),
    [
        ("tell me a joke", "jokes"),
        ("sing me a song", "songs"),
        ("tell me a story", "stories"),
        ("why is the sky blue", "nature"),
        ("what is two plus two", "numbers"),
        ("bye bye", "company"),
        ("stop", "company"),
        ("I'm sad", "company"),
        ("thank you", "company"),
        ("I love you", "company"),
        ("my dog died", "calm"),
        ("I can't sleep", "calm"),
        ("how do you spell cat", "words"),
    ],
)
def test_another_wish_goes_before_an_answer(chooser: Chooser, says: str, skill: str) -> None:
    for owner, topic, fact in ASKING[::79]:
        assert asked(chooser, owner, topic, fact, AgeBand.MIDDLE).say(says).skill == skill, fact.line.id


def test_a_question_about_the_same_gets_its_fact(chooser: Chooser) -> None:
    talk = SkillTalk(chooser)
    assert talk.say("why do cats purr").lines == ("cats.purr", "cats.purr.then")

    assert "cats.eat" in talk.say("what do they eat").lines


def test_more_goes_on_without_an_answer(chooser: Chooser) -> None:
    talk = SkillTalk(chooser)
    talk.say("why do cats purr")

    reply = talk.say("tell me more")

    assert reply.topic == "cats"
    assert not reply.lines[0].startswith("follow_up")


def test_a_question_is_not_asked_twice(chooser: Chooser) -> None:
    talk = SkillTalk(chooser)
    talk.say("why do cats purr")

    assert "cats.purr.then" not in talk.say("why do cats purr").lines


def test_what_did_you_say_keeps_the_question(chooser: Chooser) -> None:
    talk = SkillTalk(chooser)
    first = talk.say("why do cats purr")

    assert talk.say("what did you say").text == first.text
    assert "cats.purr.reply" in talk.say("my blanket").lines


def test_a_reply_leads_on_now_and_then(chooser: Chooser) -> None:
    offered = 0
    for seed in range(12):
        talk = SkillTalk(chooser, chance=SeededChance(seed))
        talk.say("why do cats purr")
        offered += talk.say("my blanket").note.get("yes") == "tell me about cats"

    assert 0 < offered < 12


async def test_the_guard_passes_a_fact_with_its_question_and_its_reply() -> None:
    for (_, _, fact), band in zip(ASKING, cycle(AgeBand), strict=False):
        assert fact.then
        told = f"{fact.line.words_for(band)} {fact.then.ask.text}"
        assert await GUARD.clear_reply(told, band) is None, fact.line.id
        assert await GUARD.clear_reply(fact.then.reply.text, band) is None, fact.line.id


@pytest.mark.parametrize("name", ["animals", "nature"])
def test_a_question_without_a_reply_is_refused(name: str) -> None:
    parse = parse_animals if name == "animals" else parse_knowledge
    half = read(name).split(b', reply = "', 1)
    broken = half[0] + half[1][half[1].index(b'"') + 1 :]

    with pytest.raises(ConfigError, match=rf"{name}\.toml: .*needs both then and reply"):
        parse(broken, name=f"{name}.toml")


def test_a_note_of_an_older_release_waits_for_nothing(chooser: Chooser) -> None:
    talk = SkillTalk(chooser)
    talk.recent = Recent(skill="animals", topic="cats", note={"then": "cats.hat"})

    assert not talk.say("banana").lines[0].startswith("follow_up")
