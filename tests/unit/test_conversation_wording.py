"""A bear that is spoken over knows "stop" from a sentence, a word from a cough, and how far it was heard."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from teddy_edge.conversation.wording import asks_for_silence, heard_of, is_worth_stopping_for
from teddy_edge.ear.segmenter import Utterance
from teddy_edge.speech.transcriber import NOTHING, Hearing


def utterance(seconds: float) -> Utterance:
    return Utterance(np.zeros(0, np.int16), 0, 0, round(16_000 * seconds), 0)


def hearing(text: str, average: float) -> Hearing:
    return Hearing(text, 0.5, average, average, 0.1, 3)


@pytest.mark.parametrize(
    "text", ["Stop!", "stop it, Teddy", "Please stop.", "Be quiet.", "Teddy, that's enough"]
)
def test_these_few_words_are_a_stop(text: str) -> None:
    assert asks_for_silence(text)


@pytest.mark.parametrize(
    "text",
    ["", "Don't stop", "never stop", "The bus stops here.", "we went to the bus stop and then came home"],
)
def test_these_are_not(text: str) -> None:
    assert not asks_for_silence(text)


def test_a_word_is_worth_stopping_for_and_a_cough_is_not() -> None:
    assert is_worth_stopping_for(hearing("No.", -0.1), utterance(0.3))
    assert not is_worth_stopping_for(NOTHING, utterance(2.0))
    assert not is_worth_stopping_for(hearing("you", -0.9), utterance(0.4))


def test_much_that_was_said_unclearly_is_worth_asking_back_and_so_is_a_mumbled_stop() -> None:
    assert is_worth_stopping_for(hearing("I want the mumble", -0.9), utterance(1.5))
    assert is_worth_stopping_for(hearing("Stop.", -0.9), utterance(0.3))


def test_of_a_clause_that_was_cut_the_words_before_the_cut_were_heard() -> None:
    assert heard_of("one two three", 0.0) == ""
    assert heard_of("one two three", 0.5) == "one"
    assert heard_of("one two three", 0.6) == "one two"
    assert heard_of("one two three", 0.99) == "one two"
    assert heard_of("one two three", 1.0) == "one two three"


@given(st.text(alphabet="ab ,.", max_size=40), st.floats(0, 1))
def test_what_was_heard_of_a_clause_is_the_beginning_of_it(text: str, share: float) -> None:
    heard = heard_of(text, share).split()

    assert heard == text.split()[: len(heard)]
