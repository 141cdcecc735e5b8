"""Riddles wait one turn for a guess, and any clear wish goes before them."""

from __future__ import annotations

import pytest

from teddy_edge.conversation.skills.chooser import Chooser, load_chooser
from teddy_edge.conversation.skills.joke_book import JokeBook, parse_jokes
from teddy_edge.conversation.skills.skill import Recent
from teddy_edge.safety.authored import read_authored
from teddy_shared.clock import SeededChance
from teddy_shared.errors import ConfigError
from tests.skills_talk import SkillTalk

DATA = read_authored("teddy_edge.conversation.skills", "jokes.toml")


@pytest.fixture(scope="module")
def book() -> JokeBook:
    return parse_jokes(DATA)


@pytest.fixture(scope="module")
def chooser() -> Chooser:
    return load_chooser()


@pytest.fixture
def asked(chooser: Chooser, book: JokeBook) -> SkillTalk:
    """The bear has just asked what has hands but can't clap."""
    talk = SkillTalk(chooser)
    talk.recent = Recent(
        skill="jokes",
        topic="jokes",
        text=book.riddles["riddles.clock"].line.text,
        note={"riddle": "riddles.clock"},
        lines=("riddles.clock",),
    )
    return talk


def cheers(book: JokeBook) -> tuple[str, ...]:
    return tuple(line.text for line in book.said.cheers)


@pytest.mark.parametrize(
    "guess", ["A clock!", "is it a clock", "clock", "the clocks", "I think it's a watch", "a clok"]
)
def test_a_right_guess_is_cheered(asked: SkillTalk, book: JokeBook, guess: str) -> None:
    reply = asked.say(guess)

    assert reply.skill == "jokes"
    assert reply.text.startswith(cheers(book))
    assert "A clock!" in reply.text


@pytest.mark.parametrize(
    "guess",
    [
        "a banana",
        "Is it a cat?",
        "elephant",
        "maybe a dog",
        "an orange tree",
        "My grandpa has hands and he never claps",
    ],
)
def test_a_wrong_guess_gets_the_answer_kindly(asked: SkillTalk, book: JokeBook, guess: str) -> None:
    reply = asked.say(guess)

    assert reply.text.startswith(tuple(line.text for line in book.said.kind))
    assert reply.text.endswith(book.riddles["riddles.clock"].answer.text)
    assert not reply.note


@pytest.mark.parametrize(
    "words",
    [
        "I don't know.",
        "What?",
        "Why?",
        "tell me",
        "No idea",
        "I give up",
        "what is it",
        "Um, I don't know, Teddy.",
    ],
)
def test_a_child_who_gives_up_is_told(asked: SkillTalk, book: JokeBook, words: str) -> None:
    reply = asked.say(words)

    assert reply.text.startswith(tuple(line.text for line in book.said.reveals))
    assert reply.text.endswith(book.riddles["riddles.clock"].answer.text)


@pytest.mark.parametrize(
    ("wish", "topic"),
    [
        ("Tell me about elephants.", "elephants"),
        ("what do elephants eat", "elephants"),
        ("Goodbye.", "goodbye"),
        ("Stop!", "stop"),
        ("I'm scared", "scared"),
        ("My knee hurts", "hurt"),
        ("Are you real?", "alive"),
        ("Can you hear me?", "listening"),
    ],
)
def test_a_clear_wish_goes_before_a_waiting_riddle(asked: SkillTalk, wish: str, topic: str) -> None:
    assert asked.say(wish).topic == topic


def test_a_riddle_waits_one_turn_only(asked: SkillTalk) -> None:
    asked.say("Tell me about elephants.")

    assert asked.say("A clock!").skill != "jokes"


def test_a_riddle_that_was_missed_is_asked_again_and_still_waits(asked: SkillTalk, book: JokeBook) -> None:
    again = asked.say("What did you say?")

    assert again.text == book.riddles["riddles.clock"].line.text
    assert asked.say("a clock").text.startswith(cheers(book))


@pytest.mark.parametrize("more", ["Another one!", "tell me another joke", "another riddle please"])
def test_a_child_who_wants_another_still_learns_the_answer(
    asked: SkillTalk, book: JokeBook, more: str
) -> None:
    reply = asked.say(more)

    assert reply.text.startswith(book.riddles["riddles.clock"].answer.text)
    assert len(reply.lines) == 2
    assert reply.lines[1] != "riddles.clock"


def test_a_riddle_is_a_riddle_where_one_was_asked_for(chooser: Chooser) -> None:
    for seed in range(10):
        assert "riddle" in SkillTalk(chooser, chance=SeededChance(seed)).say("Ask me a riddle").note


@pytest.mark.parametrize("words", ["why", "but why?", "how come", "why is that funny"])
def test_a_joke_that_was_not_understood_is_taken_lightly(
    chooser: Chooser, book: JokeBook, words: str
) -> None:
    talk = SkillTalk(chooser)
    talk.recent = Recent(skill="jokes", topic="jokes", note={"told": "jokes.pony"}, lines=("jokes.pony",))

    assert talk.say(words).text in {line.text for line in book.said.puzzled}
    assert talk.say("yes").lines[0] != "jokes.pony"


def test_the_bear_listens_to_the_childs_own_joke(chooser: Chooser, book: JokeBook) -> None:
    talk = SkillTalk(chooser)

    assert talk.say("Can I tell you a joke?").text in {line.text for line in book.said.telling}
    assert talk.say("Why did the chicken cross the road?").text in {line.text for line in book.said.asks_back}
    assert talk.say("To get to the other side!").text in {line.text for line in book.said.laughs}
    assert talk.say("Hello").skill == "company"


def test_the_bear_knows_how_knock_knock_goes(chooser: Chooser, book: JokeBook) -> None:
    talk = SkillTalk(chooser)

    assert talk.say("Knock, knock.").text == "Who's there?"
    assert talk.say("Lettuce.").text in {line.text for line in book.said.who_exactly}
    assert talk.say("Lettuce in, it's cold out here!").text in {line.text for line in book.said.laughs}


def test_every_riddle_knows_its_own_answer(chooser: Chooser, book: JokeBook) -> None:
    for name, riddle in book.riddles.items():
        talk = SkillTalk(chooser)
        talk.recent = Recent(skill="jokes", topic="jokes", note={"riddle": name})

        assert talk.say(riddle.answer.text.split("!")[0]).text.startswith(cheers(book)), name


def test_there_are_enough_jokes_for_an_afternoon(book: JokeBook) -> None:
    assert len(book.jokes) >= 40
    assert len(book.riddles) >= 50


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('id = "towel"', 'id = "clock"', "two jokes clock"),
        ('right = ["elephant"]', "right = []", "riddle.3.right"),
        ('right = ["elephant"]', 'right = ["(elephant"]', "elephant"),
        ('answer = "An elephant!', 'answer = "<b>An elephant!', "riddle.3.answer"),
        ("giving_up = [", "given_up = [", "heard"),
    ],
)
def test_wrong_content_is_refused_with_the_place(old: str, new: str, complaint: str) -> None:
    text = DATA.decode()
    assert old in text

    with pytest.raises(ConfigError, match=r"jokes\.toml") as refused:
        parse_jokes(text.replace(old, new).encode())

    assert complaint in str(refused.value)
