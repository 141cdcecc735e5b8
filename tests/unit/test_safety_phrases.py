"""The language that rules are written in, and the words it reads."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teddy_edge.safety.normalise import readings
from teddy_edge.safety.phrases import PatternError, Phrasebook

BOOK = Phrasebook({"kin": "mom dad big_sister", "harm": "swallow* bit"})


def matches(pattern: str, text: str) -> bool:
    return any(BOOK.pattern(pattern).matches(words) for words in readings(text))


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("i want to", "Well, I want to.", True),
        ("i want to", "I want it to", False),
        ("i .. want", "i really really want", True),
        ("i .. want", "i just so very much want", False),
        ("i ... want", "i just so very much want", True),
        ("(my|the) @kin", "the big sister", True),
        ("my @kin", "my cousin", False),
        ("@harm", "swallowing", True),
        ("swallow*", "swallowed", True),
        ("(throw* up|sick)", "he is throwing up", True),
        ("very? good", "good", True),
        ("live !(in|at) _", "i live in denver", False),
        ("live !(in|at) _", "i live well", True),
        ("< help >", "help!", True),
        ("< help >", "help me", False),
        ("breathe (>|and)", "i can not breathe", True),
        ("(give|@kin .. gave) it", "mom just gave it", True),
        ("# #", "two 7", True),
        ("call #phone", "call 555 201 3344", True),
        ("call #phone", "call 555", False),
        ("call #phone", "call \u2776\u2461\u00b2", False),  # digits that are no decimals
        ("don't go", "do not go", True),
        ("do not go", "don't go", True),
        ("moms car", "my mom's car", True),
    ],
)
def test_a_pattern_fits_what_it_says(pattern: str, text: str, *, fits: bool) -> None:
    assert matches(pattern, text) is fits


@pytest.mark.parametrize(
    "pattern", ["", "..", "(a", "a)", "()", "@nobody", "x?y", "very?", "< >", "grown up", "!(a)"]
)
def test_a_pattern_that_cannot_be_meant_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        BOOK.pattern(pattern)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(["alpha", "beta", "gamma", "delta"]), min_size=1, max_size=6))
def test_words_match_themselves_in_any_surroundings(words: list[str]) -> None:
    said = [word for at, word in enumerate(words) if at == 0 or words[at - 1] != word]  # stutter is mended
    pattern = " ".join(said)

    assert matches(pattern, f"well then {', '.join(said)}. Okay")


@given(st.text(max_size=200))
def test_any_text_has_readings_and_its_plain_words_read_the_same_again(text: str) -> None:
    first = readings(text)[0]

    again = readings(" ".join(each[0] for each in first.row))[0]

    assert len(again.row) <= len(first.row)
