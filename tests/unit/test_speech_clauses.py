"""A reply is cut where a speaker would breathe, and no word is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teddy_edge.speech.clauses import FIRST_MOST, TAIL, clauses

WORDS = st.sampled_from(
    [
        *("bear", "Bear", "a", "the", "and", "I", "3.5", "10:30", "Mr.", "Dr.", "J.", "1,", "2,", "ok,"),
        *(
            "yes.",
            "no!",
            "why?",
            '"Hello!"',
            "said",
            "...",
            "\u2013",
            "wood;",
            "...well",
            "🐻",
            "U.S.",
            "(so)",
        ),
    ]
)
TEXTS = st.one_of(st.text(max_size=200), st.lists(WORDS, max_size=40).map(" ".join))


@given(TEXTS)
def test_joined_again_the_clauses_have_exactly_the_words_of_the_text(text: str) -> None:
    assert " ".join(clauses(text)).split() == text.split()


@given(TEXTS)
def test_no_clause_is_empty(text: str) -> None:
    assert all(clause.strip() for clause in clauses(text))


@given(st.lists(st.sampled_from(["the", "bear", "went", "over", "and", "saw", "a", "hill"]), min_size=1))
def test_the_first_clause_is_short_however_long_the_sentence(words: list[str]) -> None:
    first = clauses(" ".join(words))[0]

    assert len(first.split()) <= FIRST_MOST + TAIL


@pytest.mark.parametrize(
    "text",
    [
        "It costs 3.5 coins.",
        "It is 10:30 now.",
        "I saw Mr. Bear.",
        "We met Dr. Foot and Mrs. Mouse.",
        "10, 9, 8, 7, 6, 5, 4, 3, 2, 1, lift off!",
        "Yes.",
        "Shall we sing a song together?",
    ],
)
def test_numbers_titles_and_short_sentences_stay_whole(text: str) -> None:
    assert clauses(text) == [text]


def test_the_first_clause_ends_at_a_comma_and_the_others_with_their_sentence() -> None:
    text = "Oh, I see, the moon is a big ball of rock. It goes around us, far away. Shall we wave?"

    pieces = clauses(text)

    assert pieces == [
        "Oh, I see,",
        "the moon is a big ball of rock.",
        "It goes around us, far away.",
        "Shall we wave?",
    ]


def test_without_a_comma_the_first_clause_ends_before_a_joint_or_where_the_voice_can_rest() -> None:
    assert clauses("The little brown bear went home because it was very late and cold.")[0] == (
        "The little brown bear went home"
    )
    assert clauses("Let me tell you a story about a small bear in the big wood.")[0] == (
        "Let me tell you a story"
    )


def test_what_somebody_says_is_not_torn_from_who_says_it() -> None:
    assert clauses('"Good morning!" said the bear.') == ['"Good morning!" said the bear.']


def test_no_is_an_answer_and_not_an_abbreviation() -> None:
    assert clauses("No. Bears do not fly.") == ["No.", "Bears do not fly."]
