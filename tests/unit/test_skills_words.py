"""Spelling, opposites and rhymes, and letters however a recogniser writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teddy_edge.conversation.skills.chooser import Chooser, load_chooser
from teddy_edge.conversation.skills.letters import letters_in, spelled_out, spells
from teddy_edge.conversation.skills.skill import Recent
from teddy_edge.conversation.skills.word_book import parse_words
from teddy_edge.safety.authored import read_authored
from teddy_edge.safety.guard import load_guard
from teddy_shared.ages import AgeBand
from teddy_shared.errors import ConfigError
from tests.skills_talk import SkillTalk

DATA = read_authored("teddy_edge.conversation.skills", "words.toml")
BOOK = parse_words(DATA)
GUARD = load_guard()


@pytest.fixture(scope="module")
def chooser() -> Chooser:
    return load_chooser()


def asked(chooser: Chooser, right: str) -> SkillTalk:
    talk = SkillTalk(chooser)
    note = {"quiz": right.split()[0], "ask": "Which one?", "right": right, "told": "Told.", "count": "1"}
    talk.recent = Recent(skill="words", topic="words", text="Which one?", note=note)
    return talk


@given(st.sampled_from(sorted(BOOK.known)))
def test_every_word_that_is_spelled_out_is_heard_as_spelled(word: str) -> None:
    assert spells(spelled_out(word), word) is True
    assert spells(" ".join(word), word) is True
    assert spells("-".join(word.upper()), word) is True


async def test_every_word_that_is_spelled_passes_the_guard() -> None:
    for word in sorted(BOOK.known):
        said = f"You spell it like this, {spelled_out(word)}. That's {word}."
        assert await GUARD.clear_reply(said, AgeBand.LITTLE) is None, word


@pytest.mark.parametrize(
    ("says", "word"),
    [
        ("C A T", "cat"), ("c, a, t.", "cat"), ("see ay tea", "cat"), ("C-A-T", "cat"), ("cat", "cat"),
        ("bee ee dee", "bed"), ("b a double l", "ball"), ("I think it's S U N", "sun"), ("you ess", "us"),
    ],
)  # fmt: skip
def test_letters_are_heard_by_their_names(says: str, word: str) -> None:
    assert spells(says, word) is True


@pytest.mark.parametrize("says", ["tell me a joke", "why is the sky blue", "I like my grandma", ""])
def test_a_sentence_is_no_spelling(says: str) -> None:
    assert spells(says, "cat") is None
    assert "cat" not in letters_in(says)


@pytest.mark.parametrize(
    ("says", "text"),
    [
        ("how do you spell cat", "C, A, T"),
        ("How is elephant spelled?", "E, L, E, P, H, A, N, T"),
        ("spell because", "B, E, C, A, U, S, E"),
        ("can you spell the word planet please", "P, L, A, N, E, T"),
        ("how do I spell mommy", "M, O, M, M, Y"),
        ("how do you write banana", "B, A, N, A, N, A"),
        ("how do you spell zygote", "word|letters|ask me|Try me"),
        ("what's the opposite of big", "small"),
        ("opposite of happy", "sad"),
        ("whats the oposite of hot", "cold"),
        ("what rhymes with star", "car"),
        ("what's a word that rhymes with blue", "shoe"),
        ("what starts with b", "B"),
        ("what letter does lion start with", "L"),
        ("say the alphabet", "X, Y and Z"),
    ],
)
def test_a_question_about_a_word_gets_its_answer(chooser: Chooser, says: str, text: str) -> None:
    reply = SkillTalk(chooser).say(says)

    assert reply.skill == "words"
    assert any(each in reply.text for each in text.split("|"))


def test_a_word_of_the_childs_own_is_never_said_back(chooser: Chooser) -> None:
    reply = SkillTalk(chooser).say("how do you spell rhubarbina")

    assert "rhubarbina" not in reply.text.lower()


@pytest.mark.parametrize(
    ("right", "says", "good"),
    [
        ("spell cat", "C A T", True),
        ("spell cat", "K A T", False),
        ("letter dog", "D", True),
        ("letter dog", "it's dee", True),
        ("letter dog", "B", False),
        ("opposite hot", "cold", True),
        ("opposite hot", "it is cold", True),
        ("opposite hot", "big", False),
        ("rhyme cat", "hat", True),
        ("rhyme cat", "dog", False),
    ],
)
def test_an_answer_is_judged_and_the_game_goes_on(
    chooser: Chooser, right: str, says: str, good: bool
) -> None:
    reply = asked(chooser, right).say(says)

    assert reply.lines[0].startswith("quiz.cheers" if good else "quiz.kind")
    assert reply.note["count"] == "2"


@pytest.mark.parametrize(
    ("says", "skill"),
    [
        ("I love you", "company"),
        ("tell me about cows", "animals"),
        ("sing a song", "songs"),
        ("tell me a joke", "jokes"),
        ("bye bye", "company"),
    ],
)
def test_another_wish_leaves_the_game(chooser: Chooser, says: str, skill: str) -> None:
    assert asked(chooser, "opposite hot").say(says).skill == skill


@pytest.mark.parametrize(
    ("band", "asks"),
    [(AgeBand.LITTLE, "letter"), (AgeBand.MIDDLE, "spell"), (AgeBand.BIG, "spell")],
)
def test_the_spelling_game_fits_the_age(chooser: Chooser, band: AgeBand, asks: str) -> None:
    note = SkillTalk(chooser, band=band).say("spelling game").note

    assert note["right"].split()[0] == asks
    assert note["right"].split()[1] in BOOK.to_spell[band]


def test_opposites_go_both_ways() -> None:
    for word, other in BOOK.opposites.items():
        assert word != other
        assert other in BOOK.opposites


def test_a_pair_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"words\.toml: opposites: up/down/over is no pair"):
        parse_words(DATA.replace(b"up/down", b"up/down/over"))
