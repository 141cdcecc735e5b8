"""Two ways to write the same words count as no error, and different words count."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshop.hearing.words import errors, words

UNITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TEENS = (
    *("ten", "eleven", "twelve", "thirteen", "fourteen"),
    *("fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
WORDS = st.lists(st.sampled_from(("bear", "moon", "ten", "5", "two", "goat")), max_size=8)


def spelled(number: int) -> str:
    if number < 20:
        return (*UNITS, *TEENS)[number]
    if number < 100:
        return f"{TENS[number // 10]} {UNITS[number % 10]}" if number % 10 else TENS[number // 10]
    size, name = (100, "hundred") if number < 1000 else (1000, "thousand")
    rest = f" and {spelled(number % size)}" if 0 < number % size < 100 else ""
    if number % size >= 100:
        rest = f" {spelled(number % size)}"
    return f"{spelled(number // size)} {name}{rest}"


@given(st.integers(0, 99_999))
def test_a_number_is_the_same_in_words_and_in_digits(number: int) -> None:
    as_digits = [UNITS[int(digit)] for digit in str(number)]

    assert words(spelled(number)) == words(str(number)) == words(f"{number:,}") == as_digits


@given(st.lists(st.integers(0, 9), min_size=1, max_size=8))
def test_digits_said_one_by_one_are_the_number_they_make(digits: list[int]) -> None:
    said = " ".join(UNITS[digit] for digit in digits)

    assert words(said) == words("".join(str(digit) for digit in digits))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("10 of clubs.", "ten of clubs"),
        ("33, 4, 692.", "three three four six nine two"),
        ("Thirty-three!", "33"),
        ("at 10:30", "at ten thirty"),
        ("six oh two", "602"),
        ("5pm", "five p.m."),
        ("the 3rd", "the third"),
        ("Mr. Dashwood", "mister dashwood"),
        ("I'm not, it's Teddy\u2019s", "I am not it is teddys"),
        ("We won't; they can't.", "we will not they cannot"),
        ("cold-hearted", "cold hearted"),
        ("OK & fine", "okay and fine"),
    ],
)
def test_ways_to_write_the_same_are_the_same(one: str, other: str) -> None:
    assert words(one) == words(other)


def test_an_exclamation_is_no_zero() -> None:
    assert words("Oh my!") == ["oh", "my"]


@given(WORDS)
def test_what_is_heard_right_has_no_errors(said: list[str]) -> None:
    assert errors(said, said) == 0


@given(WORDS, WORDS)
def test_errors_are_the_same_both_ways_and_at_most_all_words(said: list[str], heard: list[str]) -> None:
    count = errors(said, heard)

    assert count == errors(heard, said)
    assert abs(len(said) - len(heard)) <= count <= max(len(said), len(heard))


def test_each_wrong_missing_and_added_word_counts_once() -> None:
    said = ["ten", "of", "clubs"]

    assert errors(said, ["ten", "of", "close"]) == 1
    assert errors(said, ["ten", "clubs"]) == 1
    assert errors(said, ["ten", "of", "the", "clubs"]) == 1


@given(st.text())
def test_any_text_becomes_words_without_marks(text: str) -> None:
    assert all(word.isalnum() for word in words(text))
