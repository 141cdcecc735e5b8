"""Whether what was understood may have been a call of the bear, where the head took it for one."""

from __future__ import annotations

from typing import Final

import numpy as np

from teddy_edge.audio.samples import EAR_RATE, Pcm

# How much likelier a call must be than what was understood (logarithm), measured on calls and near phrases
# of the voices that teach the heads. In a quiet room nearly every call that is doubted comes to -3 and more,
# the least to -9.7; names like Terry and Paddy to -3 to -7, other phrases to -8 and less, talk to -20.
LIKE: Final = -3.0
UNLIKE: Final = -10.0
# Beside noise the text is a guess, and calls come down to -15: there the head hears better. Where no word was
# understood, calls mostly came to -6 and more, and what a head wrongly heard in a crowd to -8 and less.
UNLIKE_IN_NOISE: Final = -15.0
UNLIKE_WITHOUT_WORDS: Final = -7.0

SURE: Final = 0.35  # the head's score in a quiet room, unless a call is nearly as good a guess as the text
QUIET: Final = 30.0  # decibels by which words stand out of a room; of noise ten decibels softer it is 9 to 26
_MOMENT: Final = EAR_RATE // 50
_LOUD: Final = 90  # percent of the moments are softer
_SOFT: Final = 10


def may_be_call(text: str, called: float, pcm: Pcm, score: float) -> bool:
    """Of a text that the recogniser doubts itself, and in which the name does not stand."""
    if not text:
        return called >= UNLIKE_WITHOUT_WORDS
    if clearness(pcm) < QUIET:
        return called >= UNLIKE_IN_NOISE
    return called >= (UNLIKE if score >= SURE else LIKE)


def clearness(pcm: Pcm) -> float:
    """By how many decibels the loud moments of an utterance stand out of its soft ones."""
    moments = pcm[: len(pcm) // _MOMENT * _MOMENT].reshape(-1, _MOMENT).astype(np.float32)
    if not len(moments):
        return 0.0
    loudness = np.sqrt(np.mean(np.square(moments), axis=1)) + 1  # one step of a sample: silence has a floor
    soft, loud = np.percentile(loudness, (_SOFT, _LOUD))
    return 20 * float(np.log10(loud / soft))
