"""A story goes where the child says, always comes to an end, and lets the child leave at any time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from teddy_edge.conversation.skills.chooser import Chooser, load_chooser
from teddy_edge.conversation.skills.content import FOLDER
from teddy_edge.conversation.skills.skill import Recent, Reply
from teddy_edge.conversation.skills.story_book import BEGINNING, Story, faults, parse_stories
from teddy_edge.safety.authored import read_authored, read_folder
from teddy_edge.safety.guard import load_guard
from teddy_shared.ages import AgeBand
from teddy_shared.clock import SeededChance
from teddy_shared.errors import ConfigError
from tests.skills_talk import SkillTalk

DATA = read_authored("teddy_edge.conversation.skills", "stories.toml")
TALES = read_folder("teddy_edge.conversation.skills", FOLDER)
BOOK = parse_stories(DATA, TALES)
GUARD = load_guard()
DRAGON = "tell me a story about a dragon"


@pytest.fixture(scope="module")
def chooser() -> Chooser:
    return load_chooser()


@pytest.fixture
def child(chooser: Chooser) -> SkillTalk:
    talk = SkillTalk(chooser)
    talk.say(DRAGON)
    return talk


def paths(story: Story, scene: str = BEGINNING) -> Iterator[tuple[int, ...]]:
    """Every row of choices from the beginning to an end."""
    ways = story.scenes[scene].ways
    if not ways:
        yield ()
    for number, way in enumerate(ways):
        for rest in paths(story, way.to):
            yield (number, *rest)


@pytest.mark.parametrize("story", BOOK.stories.values(), ids=lambda story: story.id)
async def test_every_path_ends_and_the_guard_passes_it_whole(chooser: Chooser, story: Story) -> None:
    heard: set[str] = set()
    for path in paths(story):
        talk = SkillTalk(chooser, band=story.band)
        talk.recent = Recent(skill="stories", note={"story": story.id, "scene": BEGINNING})
        reply = Reply(text="", skill="", topic="")
        for choice in path:
            reply = talk.say(("the first one", "the second one")[choice])
            assert reply.skill == "stories"
            assert await GUARD.clear_reply(reply.text, story.band) is None
            heard.update(reply.lines)
        assert "story" not in reply.note
        assert reply.note["yes"] == "tell me another story"
        assert 2 <= len(path) <= 6
    scenes = {f"stories.{story.id}.{scene}" for scene in story.scenes if scene != BEGINNING}
    assert scenes <= heard


@pytest.mark.parametrize("story", BOOK.stories.values(), ids=lambda story: story.id)
def test_a_story_is_a_graph_without_faults(story: Story) -> None:
    assert list(faults(story)) == []
    assert 6 <= len(story.scenes) <= 14
    assert sum(not scene.ways for scene in story.scenes.values()) >= 3
    for scene in story.scenes.values():
        assert len(scene.line.text.split(". ")) <= 3, scene.line.id


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('{ to = "owl",', '{ to = "moon_base",', "leads to moon_base"),
        ('{ to = "dance",', '{ to = "beginning",', "lead in a circle"),
        ('{ to = "push",', '{ to = "sing",', "no way leads to scene push"),
        ("[scene.beginning]", "[scene.start]", "no scene beginning"),
        ('{ to = "lake", heard = ["(lake|glow|glowing|water|leak|shine)"] },', "", "two ways"),
        ('"(push|pushes', '"(push|pushes)', "push"),
    ],
)
def test_a_broken_graph_is_refused_when_it_is_read(old: str, new: str, fault: str) -> None:
    dragon = TALES["dragon"]
    assert old.encode() in dragon

    with pytest.raises(ConfigError, match=rf"stories/dragon\.toml: .*{fault}"):
        parse_stories(DATA, {**TALES, "dragon": dragon.replace(old.encode(), new.encode(), 1)})


def test_a_folder_without_a_story_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"stories\.toml: there is no story"):
        parse_stories(DATA, {})


def test_there_are_stories_for_every_age() -> None:
    bands = [story.band for story in BOOK.stories.values()]

    assert {band: bands.count(band) >= 4 for band in AgeBand} == dict.fromkeys(AgeBand, True)
    assert len(bands) >= 13


def test_what_small_children_hear_of_their_stories_is_short() -> None:
    for story in BOOK.stories.values():
        for scene in story.scenes.values():
            if story.band is AgeBand.LITTLE:
                assert len(scene.line.words_for(AgeBand.LITTLE).split()) <= 22, scene.line.id
                assert scene.ask is None or len(scene.ask.text.split()) <= 12, scene.line.id


def test_the_words_of_a_question_lead_along_its_ways(chooser: Chooser) -> None:
    """A child says a choice as the bear has just said it, or the end of it."""
    for story in BOOK.stories.values():
        for name, scene in story.scenes.items():
            if scene.ask is None:
                continue
            assert ", or " in scene.ask.text, scene.line.id
            for choice, way in zip(scene.ask.text.rstrip("?").split(", or "), scene.ways, strict=True):
                talk = SkillTalk(chooser, band=story.band)
                talk.recent = Recent(skill="stories", note={"story": story.id, "scene": name})
                lines = talk.say(" ".join(choice.split()[-3:])).lines
                assert f"stories.{story.id}.{way.to}" in lines, (scene.line.id, choice)


@pytest.mark.parametrize(
    ("says", "scene"),
    [
        ("the cave", "cave"),
        ("Let's go to the cave!", "cave"),
        ("um inside the kave", "cave"),
        ("the second one", "cave"),
        ("number two please", "cave"),
        ("the other one", "cave"),
        ("not the owl", "cave"),
        ("I don't want to ask the owl", "cave"),
        ("the owl", "owl"),
        ("ask the wise owl because he is smart", "owl"),
        ("the first one", "owl"),
        ("no, not the cave, the owl", "owl"),
        ("I don't want to go in the cave.", "owl"),
    ],
)
def test_a_choice_is_understood_by_its_words(child: SkillTalk, says: str, scene: str) -> None:
    assert f"stories.dragon.{scene}" in child.say(says).lines


@pytest.mark.parametrize("unclear", ["banana", "yes", "hmm I like both of my shoes", "what happens next"])
def test_an_unclear_choice_is_asked_once_more_and_then_the_story_chooses(
    child: SkillTalk, unclear: str
) -> None:
    again = child.say(unclear)
    then = child.say(unclear)

    assert again.text.endswith("Should Pip ask the wise owl, or look inside the cave?")
    assert again.note["scene"] == BEGINNING
    assert then.note["scene"] in ("owl", "cave")
    assert "unclear" not in then.note


@pytest.mark.parametrize("unsure", ["I don't know", "you choose", "either", "you pick one", "I don't care"])
def test_the_bear_chooses_for_a_child_who_does_not_want_to(child: SkillTalk, unsure: str) -> None:
    assert child.say(unsure).note["scene"] in ("owl", "cave")


@pytest.mark.parametrize(
    ("says", "skill"),
    [
        ("tell me a joke", "jokes"),
        ("sing a song", "songs"),
        ("how do you spell cave", "words"),
        ("what do owls eat", "animals"),
        ("I can't sleep", "calm"),
        ("bye bye teddy", "company"),
        ("my knee hurts", "company"),
        ("I have to go potty", "company"),
        ("what is two plus two", "numbers"),
        ("why is the sky blue", "nature"),
    ],
)
def test_another_wish_leaves_the_story(child: SkillTalk, says: str, skill: str) -> None:
    reply = child.say(says)

    assert reply.skill == skill
    assert "story" not in child.recent.note


@pytest.mark.parametrize(
    "stop", ["stop", "stop the story", "I don't want this story anymore", "no more story"]
)
def test_a_child_who_has_enough_is_let_go_at_once(child: SkillTalk, stop: str) -> None:
    reply = child.say(stop)

    assert "story" not in reply.note
    assert len(reply.text.split()) <= 8


def test_what_did_you_say_keeps_the_place(child: SkillTalk) -> None:
    before = child.recent

    assert child.say("what did you say").text == before.text
    assert "stories.dragon.cave" in child.say("the cave").lines


def test_start_again_starts_again(child: SkillTalk) -> None:
    child.say("the cave")

    assert f"stories.dragon.{BEGINNING}" in child.say("start again from the beginning").lines


def test_yes_and_another_one_bring_another_story(child: SkillTalk) -> None:
    child.say("the cave")
    assert "last" in child.say("sing to the bat").note

    for says in ("yes please", "another story"):
        reply = child.say(says)
        assert reply.skill == "stories"
        assert f"stories.dragon.{BEGINNING}" not in reply.lines


@pytest.mark.parametrize("band", AgeBand)
def test_a_child_first_hears_a_story_of_its_age(chooser: Chooser, band: AgeBand) -> None:
    for seed in range(8):
        reply = SkillTalk(chooser, band=band, chance=SeededChance(seed)).say("tell me a story")

        assert BOOK.stories[reply.note["story"]].band is band


def test_a_story_that_is_not_there_is_owned_up_to(chooser: Chooser) -> None:
    reply = SkillTalk(chooser).say("tell me a story about a tractor")

    assert reply.lines[0].startswith("stories.other")


def test_a_place_that_no_longer_exists_is_no_place(chooser: Chooser) -> None:
    talk = SkillTalk(chooser)
    talk.recent = Recent(skill="stories", note={"story": "dragon", "scene": "swamp"})

    assert talk.say("the cave").skill != "stories"
