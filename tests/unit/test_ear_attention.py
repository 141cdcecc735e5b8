"""Whether a turn is meant for the bear."""

from __future__ import annotations

import numpy as np
import pytest

from teddy_edge.audio.samples import EAR_RATE
from teddy_edge.ear.attention import AlwaysAttentive, ByName
from teddy_edge.ear.segmenter import Utterance

S = EAR_RATE


def said(begin: float, end: float) -> Utterance:
    """An utterance between two seconds."""
    start = max(0, int((begin - 0.5) * S))
    return Utterance(np.zeros(0, np.int16), start, int(begin * S), int(end * S), int((end + 1) * S))


def test_a_talk_between_others_is_not_for_the_bear() -> None:
    attention = ByName()

    assert not attention.speech_began(2 * S, in_talk=False)
    assert not attention.is_meant_for_bear(said(1.9, 4))


def test_who_calls_the_bear_by_its_name_is_heard() -> None:
    attention = ByName()
    attention.speech_began(2 * S, in_talk=False)

    attention.woke(3 * S)

    assert attention.is_meant_for_bear(said(1.9, 4))


def test_a_name_wakes_for_one_utterance_and_not_for_the_next() -> None:
    attention = ByName()
    attention.woke(3 * S)

    assert not attention.is_meant_for_bear(said(10, 12))


def test_what_begins_while_they_talk_is_for_the_bear_however_long_it_takes() -> None:
    attention = ByName()

    assert attention.speech_began(2 * S, in_talk=True)
    assert attention.is_meant_for_bear(said(1.9, 14))


@pytest.mark.parametrize(
    ("text", "doubtful", "words"),
    [
        ("Hey Teddy, what is rain?", False, "what is rain?"),
        ("Hey, Taddie.", True, "Hey Teddy"),
        ("Hey Daddy, what is rain?", False, None),
        ("It's ready, what is rain?", True, "It's ready, what is rain?"),
        ("", True, None),
    ],
)
def test_a_sure_text_overrules_the_head_and_a_guess_does_not(
    text: str, doubtful: bool, words: str | None
) -> None:
    attention = ByName()
    attention.woke(3 * S)

    assert attention.words_for_bear(said(2, 4), text, doubtful=doubtful) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [("What is rain?", "What is rain?"), ("Hey Teddy, what is rain?", "what is rain?"), ("", "")],
)
def test_in_a_talk_no_name_is_needed(text: str, words: str) -> None:
    attention = ByName()
    attention.speech_began(2 * S, in_talk=True)

    assert attention.words_for_bear(said(1.9, 4), text, doubtful=False) == words


def test_a_bear_that_always_attends_takes_everything_and_leaves_out_its_name() -> None:
    attention = AlwaysAttentive()

    assert attention.speech_began(0, in_talk=False)
    assert attention.is_meant_for_bear(said(1, 2))
    assert attention.words_for_bear(said(1, 2), "Hey Daddy", doubtful=False) == "Hey Daddy"
    assert attention.words_for_bear(said(1, 2), "Hey Teddy, sing!", doubtful=False) == "sing!"
