"""The second look at a waking: whether the words hold the bear's name, and what follows it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teddy_edge.waking.naming import behind_the_name

WORDS = st.text("hey tdabr,.!-", max_size=20)


@pytest.mark.parametrize(
    ("text", "behind"),
    [
        ("Hey Teddy, what does the cow say?", "what does the cow say?"),
        ("Hey, Teddy. Tell me a joke.", "Tell me a joke."),
        ("hi teddy sing a song", "sing a song"),
        ("Heyteddy, are you there?", "are you there?"),
        ("A Teddy, why is the sky blue?", "why is the sky blue?"),
        ("Teddy! I can't sleep.", "I can't sleep."),
        ("Hey, Taddie, count to ten", "count to ten"),
        ("Hey Tedi - what's that?", "what's that?"),
        ("Hey Teddy bear, tell me a story.", "tell me a story."),
        ("No, put it down. Hey Teddy, what is rain?", "what is rain?"),
        ("Hey Teddy", ""),
        ("Hello, Teddy!", ""),
    ],
)
def test_what_is_said_behind_the_name_is_what_is_left(text: str, behind: str) -> None:
    assert behind_the_name(text) == behind


@pytest.mark.parametrize(
    "text",
    [
        "Hey Daddy",
        "Hey buddy, come here.",
        "Hey Betty",
        "Hey, Freddy!",
        "Hey Eddie",
        "Are you ready?",
        "Stay steady.",
        "My teddy is soft.",
        "Where is her teddy?",
        "I want a teddy bear.",
        "Hey, tidy up!",
        "Hey Ted",
        "Take it to bed.",
        "He said it already.",
        "",
        "...",
    ],
)
def test_others_are_not_the_bear(text: str) -> None:
    assert behind_the_name(text) is None


@given(WORDS, WORDS)
def test_whatever_is_left_is_the_end_of_what_was_said(before: str, after: str) -> None:
    text = f"{before} hey teddy {after}"

    behind = behind_the_name(text)

    assert behind is not None
    assert text.endswith(behind)
