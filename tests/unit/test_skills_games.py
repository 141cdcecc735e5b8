"""Games of guessing and of memory: easy to begin, patient with a wrong answer, and over when one says so."""

from __future__ import annotations

import pytest

from teddy_edge.conversation.skills.chooser import Chooser, load_chooser
from teddy_edge.conversation.skills.levels import EASIEST, HARDEST, Level
from teddy_edge.conversation.skills.skill import Heard, Recent
from teddy_edge.conversation.skills.twenty_book import Thing, parse_twenty
from teddy_edge.conversation.skills.twenty_guessing import Known, likeliest, next_question
from teddy_edge.safety.authored import read_authored
from teddy_shared.ages import AgeBand
from teddy_shared.clock import SeededChance
from tests.skills_talk import SkillTalk

BOOK = parse_twenty(read_authored("teddy_edge.conversation.skills", "twenty_questions.toml"))

BEGUN = {
    "who_is_it": [
        "animal sounds game", "let's play guess who", "play the animal sound game with me",
        "guess the animal", "can we play guess who please", "ask me about animal noises",
    ],
    "remembering": [
        "memory game", "can we play a memory game", "I packed my bag", "let's pack a suitcase",
        "remember words with me", "I'm going on a trip game",
    ],
    "twenty_questions": [
        "twenty questions", "let's play 20 questions", "think of something and I guess",
        "guess what I am thinking of", "I'm thinking of an animal", "can you read my mind",
        "the guessing game",
    ],
    "numbers": ["give me a sum", "let's count"],
    "words": ["rhyming game", "opposites game", "spelling game"],
}  # fmt: skip


@pytest.fixture(scope="module")
def chooser() -> Chooser:
    return load_chooser()


@pytest.mark.parametrize(("says", "skill"), [(says, skill) for skill, all_ in BEGUN.items() for says in all_])
def test_a_game_begins_however_it_is_asked_for(chooser: Chooser, says: str, skill: str) -> None:
    reply = SkillTalk(chooser).say(says)

    assert reply.skill == skill
    assert {"ask", "secret"} & reply.note.keys()


@pytest.mark.parametrize("game", [all_[0] for all_ in BEGUN.values()])
@pytest.mark.parametrize("says", ["stop", "I don't want to play anymore", "something else", "that's enough"])
def test_every_game_ends_at_once_when_the_child_has_enough(chooser: Chooser, game: str, says: str) -> None:
    talk = SkillTalk(chooser)
    talk.say(game)

    assert not {"ask", "secret"} & talk.say(says).note.keys()


@pytest.mark.parametrize("game", [all_[0] for all_ in BEGUN.values()])
@pytest.mark.parametrize(("says", "skill"), [("bye bye", "company"), ("tell me a joke", "jokes")])
def test_a_goodbye_or_another_wish_leaves_every_game(
    chooser: Chooser, game: str, says: str, skill: str
) -> None:
    talk = SkillTalk(chooser)
    talk.say(game)

    assert talk.say(says).skill == skill


@pytest.mark.parametrize(
    "game", ["guess who", "animal sounds game", "memory game", "give me a sum", "rhyming game"]
)
def test_who_does_not_know_gets_a_hint_first_and_then_the_answer(chooser: Chooser, game: str) -> None:
    talk = SkillTalk(chooser)
    asked = talk.say(game).note

    hinted = talk.say("I don't know")
    assert asked["hint"] in hinted.text
    assert hinted.note["right"] == asked["right"]
    assert asked["told"] in talk.say("I still don't know").text


@pytest.mark.parametrize("game", [all_[0] for all_ in BEGUN.values()])
@pytest.mark.parametrize("says", ["what?", "say that again", "I didn't hear you"])
def test_what_was_asked_is_asked_again_for_who_did_not_hear_it(
    chooser: Chooser, game: str, says: str
) -> None:
    talk = SkillTalk(chooser)
    asked = talk.say(game)
    again = talk.say(says)

    assert again.text in asked.text
    assert again.note == asked.note


def test_a_row_of_words_grows_while_it_is_remembered_and_shrinks_when_it_is_not(chooser: Chooser) -> None:
    talk = SkillTalk(chooser)
    rows = [talk.say("memory game").note["right"].split(",")]
    for _ in range(3):
        rows.append(talk.say(" and ".join(rows[-1])).note["right"].split(","))
    forgotten = talk.say(rows[-1][0]).note["right"].split(",")

    assert len(rows[2]) == len(rows[0]) + 1
    assert len(forgotten) < len(rows[3])


def test_the_bag_keeps_what_is_in_it_and_takes_what_the_child_puts_in(chooser: Chooser) -> None:
    talk = SkillTalk(chooser)
    packed = talk.say("I packed my bag").note["right"].split(",")
    own = next(each for each in ("a banana", "a kite", "a drum") if each not in packed)

    fuller = talk.say(f"{', '.join(packed)} and {own}").note["right"].split(",")

    assert fuller[: len(packed) + 1] == [*packed, own]
    assert len(fuller) == len(packed) + 2


def test_sums_get_harder_after_right_answers_and_easier_after_wrong_ones(chooser: Chooser) -> None:
    def most(answers: list[bool]) -> int:
        asked: list[int] = []
        for seed in range(30):
            talk = SkillTalk(chooser, chance=SeededChance(seed))
            talk.say("give me a sum")
            for right in answers:
                talk.say(talk.recent.note["right"] if right else "999")
            asked.append(int(talk.recent.note["right"]))
        return max(asked)

    assert most([True, True, True, True]) > 10 >= most([False, False]) > 0


def test_the_level_is_kept_when_the_talk_turns_to_something_else_in_between(chooser: Chooser) -> None:
    talk = SkillTalk(chooser)
    talk.say("give me a sum")
    for _ in range(2):
        talk.say(talk.recent.note["right"])
    talk.say("tell me a joke")

    assert Level.of("numbers.sum", talk.recent).at == 2


def test_a_level_never_leaves_its_bounds() -> None:
    up = down = Level()
    for _ in range(20):
        up, down = up.after(right=True), down.after(right=False)

    assert (up.at, down.at) == (HARDEST, EASIEST)


@pytest.mark.parametrize("thing", BOOK.things.values(), ids=lambda thing: thing.what)
def test_the_bear_tells_the_truth_about_what_it_thinks_of(chooser: Chooser, thing: Thing) -> None:
    for trait in BOOK.traits.values():
        talk = SkillTalk(chooser)
        talk.recent = Recent(
            skill="twenty_questions", note={"secret": thing.what, "count": "0"}, text="Ask me."
        )
        if trait.name in ("fruit", "plant", "legs_four", "orange_color"):
            continue  # asked in words that a broader one shares
        reply = talk.say(trait.ask)
        assert reply.lines[0].startswith(f"twenty_questions.{thing.truth(trait.name)}."), trait.ask


def test_a_thing_is_found_by_its_name_and_no_other(chooser: Chooser) -> None:
    talk = SkillTalk(chooser)
    talk.recent = Recent(skill="twenty_questions", note={"secret": "a cow", "count": "3"}, text="Ask me.")

    assert "secret" in talk.say("is it a horse").note
    found = talk.say("is it a cow?")
    assert "It" in found.text
    assert "cow" in found.text
    assert "secret" in talk.say("yes please").note


def test_after_twenty_questions_the_secret_is_told(chooser: Chooser) -> None:
    talk = SkillTalk(chooser)
    secret = talk.say("twenty questions").note["secret"]
    replies = [talk.say("can you eat it and is it striped") for _ in range(20)]

    assert "secret" not in replies[-1].note
    assert secret in replies[-1].text


@pytest.mark.parametrize("thing", BOOK.things.values(), ids=lambda thing: thing.what)
def test_the_bear_finds_what_a_truthful_child_thinks_of_mostly_and_always_ends(thing: Thing) -> None:
    chance, known = SeededChance(5), Known()
    while trait := next_question(BOOK, known, chance):
        known = known.with_answer(trait, thing.truth(trait))

    assert len(known.answers) <= 12
    assert thing in likeliest(BOOK, known)


def test_the_bear_gives_up_kindly_after_three_wrong_guesses(chooser: Chooser) -> None:
    talk = SkillTalk(chooser)
    talk.say("guess what I am thinking of")
    replies = [talk.say("no") for _ in range(20)]

    guesses = [reply for reply in replies if reply.note.get("ask", "").startswith("guess:")]
    assert len(guesses) == 3
    assert replies[replies.index(guesses[-1]) + 1].lines[0].startswith("twenty_questions.beaten")


def test_who_talks_of_something_else_for_long_has_left_the_game(chooser: Chooser) -> None:
    talk = SkillTalk(chooser)
    talk.say("twenty questions")
    for says in ("my brother has a bike shed at school", "and we had soup", "and then we went"):
        talk.say(says)

    assert talk.recent.skill != "twenty_questions"


def test_no_childs_word_travels_in_a_note(chooser: Chooser) -> None:
    for game in (each for all_ in BEGUN.values() for each in all_):
        talk = SkillTalk(chooser)
        talk.say(game)
        reply = chooser.answer(Heard("zorblax", 1.0, AgeBand.MIDDLE), talk.recent, SeededChance(1))
        assert "zorblax" not in repr(reply)
