"""Breathing, comfort and rhymes come when they are wished for, go on, and stop."""

from __future__ import annotations

import re

import pytest

from teddy_edge.conversation.skills.chooser import Chooser, load_chooser
from teddy_edge.conversation.skills.skill import Recent
from teddy_edge.conversation.skills.songs import parse_songs
from teddy_edge.safety.authored import read_authored
from teddy_shared.ages import AgeBand
from teddy_shared.clock import SeededChance
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
    "calm/first_day": ["it's my first day at school tomorrow", "I'm scared of the new school"],
    "calm/doctor": ["I'm scared of the shot at the doctor", "I don't want to go to the hospital"],
    "calm/dentist": ["I have to go to the dentist", "I'm afraid of the dentist"],
    "calm/grief": ["my grandpa passed away", "my grandma died"],
    "calm/pet_died": ["my dog died", "our cat is dead", "my hamster died yesterday"],
    "calm/new_baby": ["mommy is having a baby", "I have a new baby brother"],
    "calm/moving": ["we are moving to a new house", "I don't want to move away"],
    "calm/jealous": ["I'm jealous of my sister", "my brother always gets more than me"],
    "calm/busy": ["daddy is always busy", "mommy has no time for me"],
    "calm/told_a_lie": ["I told a lie", "I lied to my mom"],
    "calm/broke_something": ["I broke mommy's vase", "I spilled the milk"],
    "calm/cannot_yet": ["I can't do it", "I'm so bad at drawing"],
    "calm/lost_a_game": ["I lost the game", "I never win"],
    "calm/lost_toy": ["I lost my bunny", "I can't find my blankie"],
    "calm/wet_bed": ["I wet the bed", "I peed in my pants"],
    "calm/sharing": ["I don't want to share my toys"],
    "calm/shy": ["I'm too shy"],
    "calm/proud": ["I'm so proud", "I tied my shoes all by myself", "I did it"],
    "calm/storm": ["I'm scared of the thunder"],
    "calm/dying": ["what happens when you die", "why do people have to die"],
    "calm/belief": ["is santa real", "is god real"],
    "calm/divorce": ["my parents are getting divorced", "mommy and daddy are fighting again"],
    "calm/mistake": ["I made a mistake", "I did something bad"],
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
        ("sing the wheels on the bus", "bus"),
    ],
)
def test_a_song_is_about_what_was_wished_for(chooser: Chooser, says: str, song: str) -> None:
    assert SkillTalk(chooser).say(says).note["song"] == f"songs.{song}"


def test_a_song_that_is_not_there_is_owned_up_to(chooser: Chooser) -> None:
    assert SkillTalk(chooser).say("sing a song about spaghetti").lines[0].startswith("songs.other")


def test_a_lullaby_is_a_lullaby(chooser: Chooser) -> None:
    for seed in range(6):
        reply = SkillTalk(chooser, chance=SeededChance(seed)).say("sing a lullaby")

        assert reply.note["song"] in ("songs.bedtime", "songs.lullaby")
        assert reply.lines[0].startswith("songs.soft.")


SONGS = parse_songs(read_authored("teddy_edge.conversation.skills", "songs.toml")).songs


def test_there_is_a_song_for_many_things() -> None:
    assert len(SONGS) >= 25
    assert sum(bool(song.more) for song in SONGS) >= 3


def test_a_song_can_be_spoken_in_rhythm() -> None:
    """Lines of a breath, and sentences of a couplet, for the voice rests at both."""
    for song in SONGS:
        for part in (song.line, *song.more):
            beats = [beat for beat in re.split(r"[,.!?]", part.text) if beat.strip()]
            assert 3 <= len(beats) <= 14, part.id
            assert max(len(beat.split()) for beat in beats) <= 9, part.id
            couplets = [each for each in re.split(r"[.!?]", part.text) if each.strip()]
            assert max(len(each.split()) for each in couplets) <= 20, part.id


@pytest.mark.parametrize(
    "joins_in",
    [
        "boom boom bear ears in the air",
        "moo moo moo",
        "clap clap clap",
        "quack",
        "yes",
        "la la la",
        "one two three",
    ],
)
@pytest.mark.parametrize("song", ["boom", "farm", "clap_back"])
def test_a_child_who_joins_in_leads_a_song_on(chooser: Chooser, song: str, joins_in: str) -> None:
    talk = SkillTalk(chooser, band=AgeBand.LITTLE)
    talk.recent = Recent(
        skill="songs", topic="songs", note={"song": f"songs.{song}", "part": f"songs.{song}.more.1"}
    )

    parts = [talk.say(joins_in).lines for _ in range(3)]

    assert parts == [(f"songs.{song}.more.{number}",) for number in (1, 2, 3)]
    assert "part" not in talk.recent.note


@pytest.mark.parametrize(
    ("says", "skill"),
    [
        ("no", "company"),
        ("stop", "company"),
        ("bye bye", "company"),
        ("I'm scared", "company"),
        ("tell me a story", "stories"),
        ("what do cows eat", "animals"),
        ("stop singing", "songs"),
    ],
)
def test_a_child_need_not_join_in(chooser: Chooser, says: str, skill: str) -> None:
    talk = SkillTalk(chooser)
    talk.recent = Recent(
        skill="songs", topic="songs", note={"song": "songs.farm", "part": "songs.farm.more.1"}
    )

    reply = talk.say(says)

    assert reply.skill == skill
    assert "part" not in reply.note


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
