"""The second look at a waking where the recogniser doubts its text: how good a guess a call would be."""

from __future__ import annotations

import numpy as np
import pytest

from teddy_edge.audio.samples import EAR_RATE, Pcm
from teddy_edge.waking.second_look import (
    LIKE,
    QUIET,
    SURE,
    UNLIKE,
    UNLIKE_IN_NOISE,
    UNLIKE_WITHOUT_WORDS,
    clearness,
    may_be_call,
)


def said(*, noise: float) -> Pcm:
    """Half a second of a room, and a second of something loud in it."""
    rng = np.random.default_rng(3)
    room = rng.normal(scale=noise, size=3 * EAR_RATE // 2)
    room[EAR_RATE // 2 :] += 3000 * np.sign(np.sin(np.arange(EAR_RATE) / 9))
    return room.astype(np.int16)


IN_QUIET = said(noise=3)
IN_NOISE = said(noise=900)


def test_clearness_is_how_far_words_stand_out_of_the_room() -> None:
    assert clearness(IN_QUIET) > QUIET + 10
    assert 5 < clearness(IN_NOISE) < 15
    assert clearness(np.zeros(EAR_RATE, np.int16)) == 0
    assert clearness(np.zeros(3, np.int16)) == 0


@pytest.mark.parametrize(
    ("pcm", "score", "least"),
    [(IN_QUIET, SURE, UNLIKE), (IN_QUIET, SURE - 0.01, LIKE), (IN_NOISE, 0.0, UNLIKE_IN_NOISE)],
    ids=["quiet", "quiet, and the head is not sure", "noise"],
)
def test_another_text_is_believed_where_a_call_would_be_a_worse_guess(
    pcm: Pcm, score: float, least: float
) -> None:
    assert may_be_call("Hey, Betty!", least, pcm, score)
    assert not may_be_call("Hey, Betty!", least - 0.1, pcm, score)


def test_where_no_word_was_understood_only_what_is_somewhat_like_a_call_is_one() -> None:
    assert may_be_call("", UNLIKE_WITHOUT_WORDS, IN_NOISE, SURE)
    assert not may_be_call("", UNLIKE_WITHOUT_WORDS - 0.1, IN_NOISE, SURE)
