"""Whether what was understood may have been a call of the bear, where the head took it for one."""

from __future__ import annotations

from typing import Final

import numpy as np

from teddy_edge.audio.samples import EAR_RATE, Pcm

# How much likelier a call must be than what was understood (logarithm), measured on calls and near phrases
# of the voices that teach the heads. In a quiet room nearly every call that is doubted comes to -3 and more,
# names like Terry and Paddy to -3 to -7, other phrases to -8 and less, talk to -20.
UNLIKE: Final = -8.0
UNLIKE_IN_NOISE: Final = (
    -15.0
)  # there calls come down to -12 and below: the text is a guess, the head hears better
LIKE: Final = -3.0  # a call even where no word was understood

QUIET: Final = 20.0  # decibels by which words stand out of a room; of noise ten decibels softer it is 9 to 19
_MOMENT: Final = EAR_RATE // 50
_LOUD: Final = 90  # percent of the moments are softer
_SOFT: Final = 10


def may_be_call(text: str, called: float, pcm: Pcm) -> bool:
    """Of a text that the recogniser doubts itself, and in which the name does not stand."""
    if called >= LIKE:
        return True
    return bool(text) and called >= (UNLIKE if clearness(pcm) >= QUIET else UNLIKE_IN_NOISE)


def clearness(pcm: Pcm) -> float:
    """By how many decibels the loud moments of an utterance stand out of its soft ones."""
    moments = pcm[: len(pcm) // _MOMENT * _MOMENT].reshape(-1, _MOMENT).astype(np.float32)
    if not len(moments):
        return 0.0
    loudness = np.sqrt(np.mean(np.square(moments), axis=1)) + 1  # one step of a sample: silence has a floor
    soft, loud = np.percentile(loudness, (_SOFT, _LOUD))
    return 20 * float(np.log10(loud / soft))
