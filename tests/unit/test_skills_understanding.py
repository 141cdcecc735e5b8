"""Words are understood in spite of plurals, small mistakes and the bear's own name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teddy_edge.conversation.skills.understanding import Vocabulary, covered, matches, singulars, understand
from teddy_edge.safety.phrases import Phrasebook

KNOWN = Vocabulary(
    ("purr", "elephant", "giraffe", "dolphin", "horse", "whale", "bee", "cat", "mouse", "spider", "truck")
)


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("pur", "purr"),
        ("elephents", "elephant"),
        ("elephans", "elephant"),
        ("elehpant", "elephant"),
        ("giraf", "giraffe"),
        ("dolfins", "dolphin"),
        ("spyder", "spider"),
        ("cats", "cat"),
        ("bee's", "bee"),
        ("mice", "mouse"),
        ("horses", "horse"),
    ],
)
def test_small_mistakes_and_plurals_are_mended(heard: str, meant: str) -> None:
    assert meant in understand(heard, KNOWN).every


@pytest.mark.parametrize("word", ["house", "while", "car", "been", "cut", "purple", "drunk", "bus", "this"])
def test_another_everyday_word_is_left_alone(word: str) -> None:
    assert KNOWN.meant(word) == ()


def test_what_was_written_comes_first() -> None:
    assert understand("elephents", KNOWN).row[0][0] == "elephents"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Teddy, why?", "why"),
        ("Hello, Teddy.", "hello"),
        ("Hey Teddy, what?", "hey what"),
        ("Teddy bear, why?", "why"),
        ("What is that, Teddy?", "what is that"),
        ("Teddy", "teddy"),
        ("I love my teddy", "i love my teddy"),
        ("tell me about teddy bears", "tell me about teddy bears"),
        ("", ""),
        ("Um. Hmm!", ""),
    ],
)
def test_the_bears_name_is_left_out_where_it_only_calls(text: str, left: str) -> None:
    assert " ".join(each[0] for each in understand(text, KNOWN).row) == left


@pytest.mark.parametrize(
    ("plural", "singular"),
    [("puppies", "puppy"), ("wolves", "wolf"), ("foxes", "fox"), ("geese", "goose"), ("bees", "bee")],
)
def test_plurals_are_folded(plural: str, singular: str) -> None:
    assert singular in tuple(singulars(plural))


@pytest.mark.parametrize("word", ["grass", "octopus", "is", "us"])
def test_words_that_only_end_like_plurals_are_not_folded(word: str) -> None:
    assert tuple(singulars(word)) == ()


def test_a_match_says_how_much_of_the_sentence_it_takes() -> None:
    hello = Phrasebook({}).patterns(["(hello|hi)", "good morning"])

    assert covered(hello, understand("hello", KNOWN)) == 1.0
    assert covered(hello, understand("good morning my friend", KNOWN)) == 0.5
    assert covered(hello, understand("what", KNOWN)) == 0.0
    assert not matches(hello, understand("", KNOWN))


@given(st.text(max_size=60))
def test_any_text_can_be_read(text: str) -> None:
    words = understand(text, KNOWN)

    assert all(spelling in words.every for each in words.row for spelling in each)
