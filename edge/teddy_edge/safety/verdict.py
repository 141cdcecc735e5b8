"""What the guard says about words: on which side they stood, what was found, what follows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Side(StrEnum):
    """Whose words are judged."""

    HEARD = "heard"  # the child's
    SAID = "said"  # what the bear is about to say


class Decision(StrEnum):
    """What the bear does about what it heard; from harmless to grave."""

    ANSWER = "answer"
    SIMPLIFY = "simplify"  # answer, in smaller words
    REDIRECT = "redirect"  # a kind authored line that leads elsewhere or to a grown-up
    STOP = "stop"  # a plain no, and why
    COMFORT_AND_ALERT = "comfort_and_alert"  # stay with the child, and tell the parents

    @property
    def answers(self) -> bool:
        """Whether a skill may answer; otherwise an authored line is said."""
        return self in (Decision.ANSWER, Decision.SIMPLIFY)


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule or judge saw one category of concern. Never holds the words themselves."""

    category: str
    rule: str
    sure: bool = True  # enough to stop the bear's own authored lines


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the guard makes of a sentence that was heard."""

    decision: Decision
    categories: tuple[str, ...] = ()  # gravest first
    rules: tuple[str, ...] = ()  # names fit for a log
    failed: bool = False  # the guard could not judge: say `safe_line(Safe.FAILED, band)` and nothing else


@dataclass(frozen=True, slots=True)
class Refused:
    """These words must not be said."""

    categories: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    failed: bool = False  # refused because the guard could not judge
