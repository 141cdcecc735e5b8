"""What a child said, as text, with how sure we are of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from teddy_edge.audio.samples import EAR_RATE, Pcm
from teddy_edge.inference.session import Session
from teddy_edge.speech.decoding import Decoded, decode, likelihood
from teddy_edge.speech.mel import LONGEST, log_mel

# Measured on 224 utterances: together they caught 99 % of the wrong ones and doubted 4 % of the right.
DOUBTFUL_AVERAGE: Final = -0.5
DOUBTFUL_LEAST: Final = -1.5

# Fed with noise, the network says "you" or "I'm going to"; this is how it shows.
_NOBODY: Final = 0.8
_PERHAPS_NOBODY: Final = 0.6
_PERHAPS_AVERAGE: Final = -1.0

_BEGINNING: Final = 3  # tokens that a call has: with a comma between its words, or the first mark behind it

_SHORTEST: Final = EAR_RATE // 10  # samples; no word is shorter
_TOKENS_A_SECOND: Final = 8  # a hurried child speaks five words a second
_TOKENS_MORE: Final = 16


class Detokenizer(Protocol):
    """Tokens to text, and which tokens are no speech."""

    @property
    def never(self) -> tuple[int, ...]: ...

    @property
    def never_first(self) -> tuple[int, ...]: ...

    def text(self, tokens: Iterable[int]) -> str: ...


@dataclass(frozen=True, slots=True)
class Hearing:
    """What was understood; `text` is empty where nobody spoke."""

    text: str
    confidence: float  # 0 to 1: the geometric mean of the tokens' probabilities
    average_logprob: float
    least_logprob: float  # of the least certain token
    no_speech: float  # 0 to 1
    tokens: int
    called: float = 0.0  # the logarithm of how much likelier a call of the bear is; only of a doubtful text

    @property
    def doubtful(self) -> bool:
        """Whether to ask back rather than to believe it."""
        return self.average_logprob < DOUBTFUL_AVERAGE or self.least_logprob < DOUBTFUL_LEAST


NOTHING: Final = Hearing("", 0.0, -100.0, -100.0, 1.0, 0)
"""What is heard in silence, or in less than a word."""


class Transcriber:
    """Whisper tiny.en: English, without timestamps. Blocks; one caller at a time."""

    def __init__(
        self, *, encoder: Session, decoder: Session, tokens: Detokenizer, calls: Sequence[Sequence[int]]
    ) -> None:
        """`calls` are the bear's name, as the network would write it behind a "hey"; none: nobody asks."""
        self._encoder = encoder
        self._decoder = decoder
        self._tokens = tokens
        self._calls = calls

    def transcribe(self, pcm: Pcm) -> Hearing:
        """Any samples of the ear; of more than 30 s the first 30."""
        if pcm.size < _SHORTEST or not pcm.any():
            return NOTHING
        heard = dict(zip(self._encoder.outputs, self._encoder.run({"mel": log_mel(pcm)}), strict=True))
        decoded = decode(
            self._decoder,
            heard,
            never=self._tokens.never,
            never_first=self._tokens.never_first,
            limit=_TOKENS_MORE + _TOKENS_A_SECOND * min(pcm.size, LONGEST) // EAR_RATE,
        )
        hearing = judge(decoded, self._tokens.text(decoded.tokens))
        if not (hearing.doubtful and self._calls):
            return hearing
        called = max(likelihood(self._decoder, heard, each) for each in self._calls)
        return replace(hearing, called=called - sum(decoded.logprobs[:_BEGINNING]))


def judge(decoded: Decoded, text: str) -> Hearing:
    """How far the text may be believed; none where the network made it up."""
    average = sum(decoded.logprobs) / len(decoded.logprobs)
    imagined = decoded.no_speech > _NOBODY or (
        decoded.no_speech > _PERHAPS_NOBODY and average < _PERHAPS_AVERAGE
    )
    spoken = any(letter.isalnum() for letter in text)
    return Hearing(
        text="" if imagined or not spoken else text,
        confidence=math.exp(average),
        average_logprob=average,
        least_logprob=min(decoded.logprobs),
        no_speech=decoded.no_speech,
        tokens=len(decoded.tokens),
    )
