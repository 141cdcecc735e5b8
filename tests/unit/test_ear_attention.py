"""Whether a turn is meant for the bear."""

from __future__ import annotations

import numpy as np
import pytest

from teddy_edge.audio.samples import EAR_RATE
from teddy_edge.ear.attention import AlwaysAttentive, ByName
from teddy_edge.ear.segmenter import Utterance
from teddy_edge.waking.second_look import SURE, UNLIKE, UNLIKE_WITHOUT_WORDS

S = EAR_RATE


def said(begin: float, end: float) -> Utterance:
    """An utterance between two seconds, in a silent room."""
    start = max(0, int((begin - 0.5) * S))
    words = np.full(int(end * S) - int(begin * S), 3000, np.int16)
    pcm = np.concatenate([np.zeros(int(begin * S) - start, np.int16), words])
    return Utterance(pcm, start, int(begin * S), int(end * S), int((end + 1) * S))


def test_a_talk_between_others_is_not_for_the_bear() -> None:
    attention = ByName()

    assert not attention.speech_began(2 * S, in_talk=False)
    assert not attention.is_meant_for_bear(said(1.9, 4))


def test_who_calls_the_bear_by_its_name_is_heard() -> None:
    attention = ByName()
    attention.speech_began(2 * S, in_talk=False)

    attention.woke(3 * S, SURE)

    assert attention.is_meant_for_bear(said(1.9, 4))


def test_a_name_wakes_for_one_utterance_and_not_for_the_next() -> None:
    attention = ByName()
    attention.woke(3 * S, SURE)

    assert not attention.is_meant_for_bear(said(10, 12))


def test_what_begins_while_they_talk_is_for_the_bear_however_long_it_takes() -> None:
    attention = ByName()

    assert attention.speech_began(2 * S, in_talk=True)
    assert attention.is_meant_for_bear(said(1.9, 14))


@pytest.mark.parametrize(
    ("text", "doubtful", "called", "words"),
    [
        ("Hey Teddy, what is rain?", False, 0.0, "what is rain?"),
        ("Hey, Taddie.", True, UNLIKE - 1, "Hey Teddy"),
        ("Hey Daddy, what is rain?", False, 0.0, None),
        ("It's ready, what is rain?", True, UNLIKE, "It's ready, what is rain?"),
        ("Hey Betty, what is rain?", True, UNLIKE - 0.1, None),
        ("", True, UNLIKE_WITHOUT_WORDS - 0.1, None),
        ("", True, UNLIKE_WITHOUT_WORDS, "Hey Teddy"),
    ],
)
def test_a_sure_text_overrules_the_head_and_so_does_a_guess_if_a_call_would_be_a_far_worse_one(
    text: str, doubtful: bool, called: float, words: str | None
) -> None:
    attention = ByName()
    attention.woke(3 * S, SURE)

    assert attention.words_for_bear(said(2, 4), text, doubtful=doubtful, called=called) == words


def test_the_surest_waking_of_an_utterance_counts() -> None:
    attention = ByName()
    for at, score in ((1, 0.99), (3, SURE - 0.1), (3.2, SURE), (3.5, SURE - 0.1), (9, 0.99)):
        attention.woke(int(at * S), score)
    unsure = ByName()
    unsure.woke(3 * S, SURE - 0.1)

    def hear(each: ByName) -> str | None:
        return each.words_for_bear(said(2, 4), "Hey, Patty.", doubtful=True, called=UNLIKE)

    assert (hear(attention), hear(unsure)) == ("Hey, Patty.", None)


@pytest.mark.parametrize(
    ("text", "words"),
    [("What is rain?", "What is rain?"), ("Hey Teddy, what is rain?", "what is rain?"), ("", "")],
)
def test_in_a_talk_no_name_is_needed(text: str, words: str) -> None:
    attention = ByName()
    attention.speech_began(2 * S, in_talk=True)

    assert attention.words_for_bear(said(1.9, 4), text, doubtful=False, called=0.0) == words


def test_a_bear_that_always_attends_takes_everything_and_leaves_out_its_name() -> None:
    attention = AlwaysAttentive()

    assert attention.speech_began(0, in_talk=False)
    assert attention.is_meant_for_bear(said(1, 2))
    assert attention.words_for_bear(said(1, 2), "Hey Daddy", doubtful=False, called=0.0) == "Hey Daddy"
    assert attention.words_for_bear(said(1, 2), "Hey Teddy, sing!", doubtful=False, called=0.0) == "sing!"
