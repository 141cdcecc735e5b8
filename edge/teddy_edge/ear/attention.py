"""Whether a turn is meant for the bear."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final, Protocol

from teddy_edge.ear.segmenter import Utterance
from teddy_edge.waking.naming import behind_the_name
from teddy_edge.waking.second_look import may_be_call

REMEMBERED: Final = 32  # wakings, and beginnings of speech; the oldest gives way, long behind any utterance
NAME_ALONE: Final = "Hey Teddy"  # a greeting, however the recogniser spelled it


class Attention(Protocol):
    """Everything goes by sample index, so an answer does not depend on when it is asked for."""

    def woke(self, at: int, score: float) -> None:
        """The bear's name was heard, so surely (0 to 1)."""

    def speech_began(self, at: int, *, in_talk: bool) -> bool:
        """Somebody speaks: whether that is for the bear, as far as anybody can know.

        `in_talk` after its paw was squeezed, and while it thinks, speaks or waits for the next word.
        """

    def is_meant_for_bear(self, utterance: Utterance) -> bool:
        """Whether to understand it. What is not meant for the bear is not even turned into words."""

    def words_for_bear(self, utterance: Utterance, text: str, *, doubtful: bool, called: float) -> str | None:
        """What to answer, without the name before it; None where the words show that nobody called.

        `doubtful` where the recogniser was not sure of the text, and then `called` is how much likelier than
        the text a call was to it (`Hearing`).
        """


class AlwaysAttentive:
    """Every utterance is for the bear."""

    def woke(self, at: int, score: float) -> None: ...

    def speech_began(self, at: int, *, in_talk: bool) -> bool:  # noqa: ARG002  # it takes them all
        return True

    def is_meant_for_bear(self, utterance: Utterance) -> bool:  # noqa: ARG002  # as above
        return True

    def words_for_bear(
        self,
        utterance: Utterance,  # noqa: ARG002  # as above
        text: str,
        *,
        doubtful: bool,  # noqa: ARG002  # as above
        called: float,  # noqa: ARG002  # as above
    ) -> str | None:
        return behind_the_name(text) or text


class ByName:
    """What begins in a talk with the bear is for it, and what somebody calls it by its name for."""

    def __init__(self) -> None:
        self._woke: deque[tuple[int, float]] = deque(maxlen=REMEMBERED)
        self._in_talk: deque[int] = deque(maxlen=REMEMBERED)

    def woke(self, at: int, score: float) -> None:
        self._woke.append((at, score))

    def speech_began(self, at: int, *, in_talk: bool) -> bool:
        if in_talk:
            self._in_talk.append(at)
        return in_talk

    def is_meant_for_bear(self, utterance: Utterance) -> bool:
        return _has(utterance, self._in_talk) or _has(utterance, (at for at, _ in self._woke))

    def words_for_bear(self, utterance: Utterance, text: str, *, doubtful: bool, called: float) -> str | None:
        behind = behind_the_name(text)
        if behind is not None:
            return behind or NAME_ALONE
        if _has(utterance, self._in_talk):
            return text
        # A sure text overrules the head; a guess does where a call would be a worse guess by far.
        score = max((score for at, score in self._woke if _has(utterance, (at,))), default=0.0)
        if doubtful and may_be_call(text, called, utterance.pcm, score):
            return text or NAME_ALONE
        return None


def _has(utterance: Utterance, moments: Iterable[int]) -> bool:
    return any(utterance.speech_start <= at <= utterance.decided for at in moments)
