"""Whether words sound finished: what more must come behind, and what nothing need come behind."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teddy_edge.conversation.finished import sounds_finished, words_of
from teddy_edge.ear.endpointing import WordsSoFar
from teddy_edge.speech.transcriber import Hearing
from workshop.bench.turns import TUNING
from workshop.turns.pausing import read_sentences

OPEN = (
    "I want to",
    "I saw a",
    "Can you",
    "Can you tell me",
    "Do bears",
    "Why is the sky?",
    "How many legs?",
    "What is the biggest",
    "The dragon in my book.",
    "My little brother",
    "I fell down and",
    "I am sad because",
    "When I grow up",
    "The girl who sits next door",
    "I went um",
    "We are going to...",
    "Tell me something.",
    "I wonder what dogs",
    "My brother's",
    "",
)
FINISHED = (
    "Hello Teddy!",
    "Yes, please.",
    "Tell me a joke.",
    "Teddy, tell me a joke, please.",
    "Can you dance?",
    "Why do cats purr?",
    "Why is the sky blue?",
    "What do elephants eat?",
    "How old are you?",
    "Where is the moon?",
    "Who made the moon?",
    "I am seven.",
    "My tummy hurts.",
    "The baby is crying.",
    "It is very big.",
    "I can count to 10.",
    "I fell down and my knee hurts.",
    "When I grow up I want to drive a train.",
    "The girl who sits next to me likes horses.",
)
WORDS = [
    "i",
    "you",
    "what",
    "is",
    "the",
    "a",
    "big",
    "dog",
    "why",
    "do",
    "and",
    "to",
    "me",
    "tell",
    "7",
    "it's",
]


@pytest.mark.parametrize("text", OPEN)
def test_more_has_to_come(text: str) -> None:
    assert not sounds_finished(text)


@pytest.mark.parametrize("text", FINISHED)
def test_nothing_need_come(text: str) -> None:
    assert sounds_finished(text)


def test_words_that_were_hardly_understood_end_nothing() -> None:
    sure = Hearing("Tell me a joke.", 0.9, -0.1, -0.3, 0.0, 5)
    guessed = Hearing("Tell me a joke.", 0.4, -0.9, -1.2, 0.0, 5)

    assert words_of(sure) is WordsSoFar.FINISHED
    assert words_of(guessed) is WordsSoFar.OPEN


def test_most_sentences_sound_finished_at_their_end_and_few_where_a_child_pauses() -> None:
    sentences = read_sentences(TUNING)

    whole = [sounds_finished(" ".join(each.pieces)) for each in sentences]
    halves = [
        sounds_finished(" ".join(each.pieces[:count]))
        for each in sentences
        for count in range(1, len(each.pieces))
    ]

    assert sum(whole) / len(whole) > 0.8
    assert sum(halves) / len(halves) < 0.07


@given(st.text())
def test_whatever_a_recogniser_writes_is_judged(text: str) -> None:
    assert sounds_finished(text) in (True, False)


@given(st.lists(st.sampled_from(WORDS), max_size=9))
def test_any_words_in_any_order_are_judged(words: list[str]) -> None:
    assert sounds_finished(" ".join(words)) in (True, False)
