"""What words mean to a bear that is spoken over, and how many of its own were heard. Pure."""

from __future__ import annotations

import re
from typing import Final

from teddy_edge.audio.samples import EAR_RATE
from teddy_edge.ear.segmenter import Utterance
from teddy_edge.speech.transcriber import Hearing

SURELY_WORDS: Final = (
    EAR_RATE  # samples of speech; what was that long and doubtful is asked back, not a cough
)
STOP_MOST: Final = 5  # words; "stop it Teddy, be quiet" is an order, a sentence with "stop" in it a sentence

_STOP: Final = frozenset({"stop", "quiet", "hush", "shush", "enough", "silence"})
_NOT: Final = frozenset({"don't", "dont", "not", "never"})


def asks_for_silence(text: str) -> bool:
    """Whether these few words are "stop", whatever the bear is saying."""
    words = re.findall(r"[a-z']+", text.lower())
    return len(words) <= STOP_MOST and not _STOP.isdisjoint(words) and _NOT.isdisjoint(words)


def is_worth_stopping_for(hearing: Hearing, utterance: Utterance) -> bool:
    """Whether a word was understood: a cough may be heard as one, but not with confidence."""
    if not hearing.text:
        return False
    return not hearing.doubtful or utterance.speech >= SURELY_WORDS or asks_for_silence(hearing.text)


def heard_of(text: str, share: float) -> str:
    """The words of a clause that were heard whole, when so much of its sound was played (0 to 1).

    A voice spends about as long on a letter here as there; where a word was cut, it was not heard.
    """
    end = share * len(text)
    return " ".join(match.group() for match in re.finditer(r"\S+", text) if match.end() <= end)
