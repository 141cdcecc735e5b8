"""Questions about space and nature find the fact that answers them; what is not known is owned up to."""

from __future__ import annotations

import pytest

from teddy_edge.conversation.skills.chooser import Chooser, load_chooser
from teddy_edge.conversation.skills.knowledge import parse_knowledge
from teddy_edge.safety.authored import read_authored
from teddy_shared.ages import AgeBand
from teddy_shared.clock import SeededChance
from teddy_shared.errors import ConfigError
from tests.skills_talk import SkillTalk

ANSWERED = {
    "space.the_sun.hot": ["How hot is the sun?", "is the sun hot"],
    "space.the_sun.far": ["how far away is the sun"],
    "space.the_sun.end": ["will the sun explode", "when does the sun die"],
    "space.the_moon.follow": ["why does the moon follow our car", "why is the moon following us"],
    "space.the_moon.cheese": ["is the moon made of cheese"],
    "space.the_moon.shape": ["why does the moon change shape"],
    "space.stars.twinkle": ["why do stars twinkle"],
    "space.stars.many": ["how many stars are in the sky"],
    "space.planets.many": ["how many planets are there"],
    "space.planets.biggest": ["what is the biggest planet"],
    "space.mars.red": ["why is mars red"],
    "space.mars.far": ["how long does it take to get to mars"],
    "space.saturn.rings": ["what are Saturn's rings made of", "which planet has rings"],
    "space.pluto.dwarf": ["why isn't pluto a planet"],
    "space.astronauts.sleep": ["how do astronauts sleep", "how do you sleep in space"],
    "space.astronauts.toilet": ["how do astronauts go to the bathroom"],
    "space.gravity.what": ["what is gravity", "why do things fall down"],
    "space.black_holes.what": ["what's a black hole"],
    "space.aliens.real": ["are aliens real"],
    "nature.the_sky.blue": ["why is the sky blue", "why's the sky blue", "how come the sky is blue"],
    "nature.rain.why": ["why does it rain", "where does rain come from", "what makes it rain"],
    "nature.rainbows.what": ["what is a rainbow", "how is a rainbow made", "what makes a rainbow"],
    "space.the_sun.night": ["where does the sun go at night"],
    "nature.leaves.fall": ["why do leaves fall", "why do trees lose there leaves"],
    "nature.airplanes.fly": ["how do planes fly", "how do airplanes stay up"],
    "nature.the_sea.salty": ["why is the sea salty", "why is the ocean salty"],
    "nature.thunder_and_lightning.thunder": ["what is thunder", "what makes thunder"],
    "nature.the_body.hiccups": ["why do I get hiccups"],
    "nature.the_body.teeth": ["why do I have to brush my teeth", "why do my teeth fall out"],
    "nature.boats.float": ["how do boats float", "why do boats not sink"],
    "nature.volcanoes.what": ["how do volcanoes work", "why do volcanos erupt"],
    "nature.shadows.what": ["why do I have a shadow"],
    "nature.colors.purple": ["what color do red and blue make"],
}


@pytest.fixture(scope="module")
def chooser() -> Chooser:
    return load_chooser()


@pytest.mark.parametrize(("says", "line"), [(says, line) for line, each in ANSWERED.items() for says in each])
@pytest.mark.parametrize("band", [AgeBand.LITTLE, AgeBand.BIG])
def test_a_question_gets_the_fact_that_answers_it(
    chooser: Chooser, says: str, line: str, band: AgeBand
) -> None:
    assert line in SkillTalk(chooser, band=band).say(says).lines


@pytest.mark.parametrize("more", ["tell me more", "another one", "more please", "what else"])
@pytest.mark.parametrize("first", ["tell me about the moon", "what are clouds made of"])
def test_more_is_something_new_about_the_same(chooser: Chooser, first: str, more: str) -> None:
    talk = SkillTalk(chooser)
    before = talk.say(first)

    reply = talk.say(more)

    assert (reply.skill, reply.topic) == (before.skill, before.topic)
    assert reply.lines[0] != before.lines[0]


def test_it_and_they_are_what_was_talked_about(chooser: Chooser) -> None:
    talk = SkillTalk(chooser)
    talk.say("how hot is the sun")

    assert "space.the_sun.far" in talk.say("and how far away is it").lines


@pytest.mark.parametrize("why", ["why", "But why?", "why is that"])
def test_a_bare_why_is_met_honestly(chooser: Chooser, why: str) -> None:
    talk = SkillTalk(chooser)
    first = talk.say("why is mars red")

    reply = talk.say(why)

    assert reply.lines[0].startswith("space.why")
    assert not set(first.lines) & set(reply.lines)


def test_what_is_not_known_is_owned_up_to(chooser: Chooser) -> None:
    reply = SkillTalk(chooser).say("who painted the moon on my wall yesterday")

    assert reply.lines[0].startswith("space.unsure")


def test_facts_do_not_come_twice_while_others_are_left(chooser: Chooser) -> None:
    for seed in range(5):
        talk = SkillTalk(chooser, chance=SeededChance(seed))
        said = [talk.say("tell me about the moon").lines[0] for _ in range(9)]

        assert len(set(said)) == 9


@pytest.mark.parametrize(
    ("says", "skill"),
    [
        ("tell me a story about the moon", "stories"),
        ("sing a song about the rain", "songs"),
        ("how do you spell moon", "words"),
        ("what is the opposite of night", "words"),
        ("tell me a joke about space", "jokes"),
        ("how do birds fly", "animals"),
        ("why do cats purr", "animals"),
        ("I'm scared of thunder", "calm"),
        ("is it going to rain today", "company"),
        ("good night moon", "company"),
    ],
)
def test_a_word_of_the_sky_in_another_wish_is_that_wish(chooser: Chooser, says: str, skill: str) -> None:
    assert SkillTalk(chooser).say(says).skill == skill


def test_two_facts_of_one_name_are_refused() -> None:
    data = read_authored("teddy_edge.conversation.skills", "space.toml")

    with pytest.raises(ConfigError, match=r"space\.toml: there are two facts space\.space\.dark"):
        parse_knowledge(data.replace(b'id = "quiet"', b'id = "dark"'), name="space.toml")
