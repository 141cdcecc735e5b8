"""Breathing, comfort and rhymes come when they are wished for, go on, and stop."""

from __future__ import annotations

import pytest

from teddy_edge.conversation.skills.chooser import Chooser, load_chooser
from teddy_edge.conversation.skills.songs import parse_songs
from teddy_edge.safety.authored import read_authored
from teddy_shared.ages import AgeBand
from tests.skills_talk import SkillTalk

SAID = {
    "calm/breathing": ["let's breathe", "breathe with me", "can you help me calm down", "relax"],
    "calm/cannot_sleep": ["I can't sleep", "help me fall asleep", "i can not fall asleep teddy"],
    "calm/dark": ["I'm afraid of the dark", "it's too dark in here", "i don't like the dark"],
    "calm/monsters": ["there's a monster in my closet", "are ghosts real"],
    "calm/bad_dream": ["I had a nightmare", "i had a bad dream", "i keep having scary dreams"],
    "calm/school": ["I'm nervous about school", "I don't want to go to school tomorrow"],
    "calm/test": ["I have a test tomorrow and I'm worried"],
    "calm/missing": ["I miss my mommy", "I miss my daddy so much", "when is mommy coming home"],
    "calm/lonely": ["nobody plays with me", "I have no friends"],
    "calm/doctor": ["I have to go to the dentist", "I'm scared of the shot at the doctor"],
    "calm/grief": ["my dog died", "our cat is dead", "my grandpa passed away"],
    "calm/dying": ["what happens when you die", "why do people have to die"],
    "calm/belief": ["is santa real", "is god real"],
    "calm/divorce": ["my parents are getting divorced", "mommy and daddy are fighting again"],
    "calm/mistake": ["I made a mistake", "I broke mommy's vase"],
    "calm/worried": ["I feel nervous", "I'm so worried"],
    "company/sad": ["I'm sad"],
    "company/angry": ["I'm so mad"],
    "company/bored": ["I'm bored"],
    "company/hurt": ["my tummy hurts"],
    "songs/songs": [
        "sing me a song", "song please", "can you sing", "do you know a nursery rhyme", "clap along",
        "let's clap", "a song about a bus", "sing a lullaby", "sing happy birthday", "play some music for me",
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def chooser() -> Chooser:
    return load_chooser()


@pytest.mark.parametrize(("says", "where"), [(says, where) for where, each in SAID.items() for says in each])
@pytest.mark.parametrize("band", [AgeBand.LITTLE, AgeBand.BIG])
def test_a_sentence_finds_its_comfort_or_its_song(
    chooser: Chooser, says: str, where: str, band: AgeBand
) -> None:
    reply = SkillTalk(chooser, band=band).say(says)

    assert f"{reply.skill}/{reply.topic}" == where


@pytest.mark.parametrize("more", ["again", "yes please", "one more", "more"])
def test_breathing_goes_on_step_by_step(chooser: Chooser, more: str) -> None:
    talk = SkillTalk(chooser)
    first = talk.say("let's breathe")

    steps = [talk.say(more) for _ in range(3)]

    assert [step.lines[0] for step in steps] == [f"calm.breathing.step.{number}" for number in (1, 2, 3)]
    assert first.lines[0] == "calm.breathing.1" or first.lines[0] == "calm.breathing.2"


@pytest.mark.parametrize("stop", ["stop", "no", "good night"])
def test_breathing_ends_when_the_child_has_enough(chooser: Chooser, stop: str) -> None:
    talk = SkillTalk(chooser)
    talk.say("let's breathe")

    assert talk.say(stop).skill == "company"


def test_another_one_is_another_song_and_again_is_the_same(chooser: Chooser) -> None:
    talk = SkillTalk(chooser)
    first = talk.say("sing me a song")

    same = talk.say("sing it again")
    other = talk.say("another one")

    assert first.text.endswith(same.text)
    assert other.note["song"] != same.note["song"]


@pytest.mark.parametrize(
    ("says", "song"),
    [
        ("sing a song about a frog", "frog"),
        ("sing me a song about stars", "star"),
        ("a song about dinosaurs please", "dinosaur"),
        ("sing a lullaby", "bedtime"),
        ("sing the wheels on the bus", "bus"),
    ],
)
def test_a_song_is_about_what_was_wished_for(chooser: Chooser, says: str, song: str) -> None:
    assert SkillTalk(chooser).say(says).note["song"] == f"songs.{song}"


def test_a_song_that_is_not_there_is_owned_up_to(chooser: Chooser) -> None:
    assert SkillTalk(chooser).say("sing a song about spaghetti").lines[0].startswith("songs.other")


def test_a_song_can_be_spoken_in_rhythm() -> None:
    for song in parse_songs(read_authored("teddy_edge.conversation.skills", "songs.toml")).songs:
        beats = [
            part for part in song.line.text.replace(".", ",").replace("!", ",").split(",") if part.strip()
        ]
        assert 4 <= len(beats) <= 14
        assert max(len(part.split()) for part in beats) <= 9, song.line.id


@pytest.mark.parametrize(
    ("says", "skill"),
    [
        ("why do birds sing", "animals"),
        ("what rhymes with cat", "words"),
    ],
)
def test_not_every_song_is_a_wish_for_one(chooser: Chooser, says: str, skill: str) -> None:
    assert SkillTalk(chooser).say(says).skill == skill


@pytest.mark.parametrize(
    "refusal",
    ["stop singing", "I don't want a song", "I don't want a story", "no math please", "no spelling"],
)
def test_what_is_not_wanted_is_not_begun(chooser: Chooser, refusal: str) -> None:
    reply = SkillTalk(chooser).say(refusal)

    assert reply.lines[0].split(".")[1] == "leaving"
    assert reply.note == {}
