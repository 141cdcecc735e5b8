"""Facts about animals answer what was asked, and the bear says so where it does not know."""

from __future__ import annotations

import pytest

from teddy_edge.conversation.skills.animal_facts import parse_animals
from teddy_edge.conversation.skills.animals import Animals
from teddy_edge.conversation.skills.chooser import Chooser
from teddy_edge.conversation.skills.follow_up import load_follow_ups
from teddy_edge.conversation.skills.steering import load_steering
from teddy_edge.safety.authored import read_authored
from teddy_shared.ages import AgeBand
from teddy_shared.clock import SeededChance
from teddy_shared.errors import ConfigError
from tests.skills_talk import SkillTalk
from tests.unit.test_skills_chooser import Sure

STEERING = load_steering()
FOLLOW_UPS = load_follow_ups(STEERING)

SMALL = """
passing = ["hot dog"]
unknown = ["I know nothing about {stranger}, but about {animals}."]
offers = ["More?"]

[asking]
any_way = ["(what|why|how|do|does|tell)"]
for_anything = ["about"]
whether_liked = ["do you like"]
about_them = ["(what|why) .. they"]
any_animal = ["an animal"]

[aspects]
eat = "eat food"

[openings]
mention = ["Oh, {animals}!"]
liked = ["Yes, {animals}."]
unsure = ["I don't know that one."]

[strangers]
yaks = "yak"

[[animal]]
name = "dogs"
names = "dog"
facts = [
    { id = "eat", about = "eat", text = "Dogs eat dog food." },
    { id = "bark", about = "bark why", text = "Dogs bark to say hello.", little = "Woof." },
]

[[animal]]
name = "prairie dogs"
names = "prairie_dog"
facts = [{ id = "town", asked = ["who .. town"], text = "Prairie dogs live in towns." }]
"""


@pytest.fixture
def talk() -> SkillTalk:
    return talk_about(SMALL)


def talk_about(content: str, band: AgeBand = AgeBand.MIDDLE) -> SkillTalk:
    animals = Animals(book=parse_animals(content.encode()), steering=STEERING, follow_ups=FOLLOW_UPS)
    return SkillTalk(Chooser(skills=[animals], fallback=Sure("nobody", 0.0)), band=band)


def test_a_question_gets_the_fact_that_answers_it(talk: SkillTalk) -> None:
    assert talk.say("What do dogs eat?").text.startswith("Dogs eat dog food.")
    assert talk.say("Why do dogs bark?").text.startswith("Dogs bark to say hello.")


def test_they_are_the_animals_of_the_turn_before(talk: SkillTalk) -> None:
    talk.say("tell me about dogs")

    assert talk.say("And what do they eat?").text.startswith("Dogs eat dog food.")


def test_they_are_nobody_at_the_beginning(talk: SkillTalk) -> None:
    assert talk.say("What do they eat?").skill == "nobody"


def test_a_question_without_an_answer_is_admitted(talk: SkillTalk) -> None:
    assert talk.say("why do dogs wear hats").text.startswith("I don't know that one. Dogs")


def test_an_animal_in_passing_is_welcomed(talk: SkillTalk) -> None:
    assert talk.say("we have a dog at home").text.startswith("Oh, dogs! Dogs")
    assert talk.say("do you like dogs").text.startswith("Yes, dogs. Dogs")


def test_an_unknown_animal_is_admitted_and_a_known_one_offered(talk: SkillTalk) -> None:
    reply = talk.say("tell me about yaks")

    assert reply.text.startswith("I know nothing about yaks, but about ")
    assert reply.note["yes"] in ("tell me about dogs", "tell me about prairie dogs")


def test_a_longer_name_is_another_animal_or_none(talk: SkillTalk) -> None:
    assert talk.say("tell me about prairie dogs").topic == "prairie dogs"
    assert talk.say("I want a hot dog").skill == "nobody"


def test_a_fact_may_answer_without_the_name(talk: SkillTalk) -> None:
    assert talk.say("who has a town").topic == "prairie dogs"


def test_the_smallest_hear_the_shorter_words() -> None:
    assert talk_about(SMALL, AgeBand.LITTLE).say("why do dogs bark").text.startswith("Woof.")


def test_a_follow_up_is_offered_now_and_then_and_only_where_more_is_left() -> None:
    replies = []
    for seed in range(60):
        animals = Animals(book=parse_animals(SMALL.encode()), steering=STEERING, follow_ups=FOLLOW_UPS)
        chooser = Chooser(skills=[animals], fallback=Sure("nobody", 0.0))
        replies.append(SkillTalk(chooser, chance=SeededChance(seed)).say("tell me about dogs"))
        assert not SkillTalk(chooser, chance=SeededChance(seed)).say("tell me about prairie dogs").note

    offered = [reply for reply in replies if reply.text.endswith("More?")]
    assert 5 < len(offered) < 40
    assert all(reply.note == {"yes": "tell me about dogs"} for reply in offered)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('text = "Dogs eat dog food."', 'text = "Dogs eat [dog] food."', "animal.1.facts.1.text"),
        ('text = "Dogs eat dog food."', "text = 3", "animal.1.facts.1.text"),
        ('id = "bark"', 'id = "eat"', "two facts dogs.eat"),
        ('asked = ["who .. town"]', 'asked = ["(who .. town"]', "who"),
        ("{stranger}", "{strangest}", "unknown.1"),
        ('names = "dog"', 'named = "dog"', "animal.1"),
        ("[strangers]", "[strangers", "not a TOML file"),
        ("whether_liked", "whether_loved", "asking"),
    ],
)
def test_wrong_content_is_refused_with_the_place(old: str, new: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=r"animals\.toml") as refused:
        parse_animals(SMALL.replace(old, new).encode())

    assert complaint in str(refused.value)


def test_the_bear_knows_its_animals() -> None:
    book = parse_animals(read_authored("teddy_edge.conversation.skills", "animals.toml"))
    facts = [fact for animal in book.animals for fact in animal.facts]

    assert len(book.animals) >= 25
    assert len(facts) >= 100
    assert not {animal.name for animal in book.animals} & set(book.strangers)
