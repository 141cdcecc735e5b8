"""The guard on both sides of the talk, and the only maker of SafeText; when it fails, it fails closed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, final

from teddy_edge.safety.verdict import Decision, Finding, Refused, Side, Verdict
from teddy_shared.ages import AgeBand


@final
@dataclass(frozen=True, slots=True)
class SafeText:
    """Text that a guard has passed. Built in this module and nowhere else."""

    text: str


class Safe(StrEnum):
    """Why a fixed line is said instead of an answer."""

    FAILED = "failed"  # the guard could not judge
    REFUSED = "refused"  # the guard refused the reply
    UNCLEAR = "unclear"  # the words were not understood
    BROKEN = "broken"  # some part of the bear failed to answer


def safe_line(reason: Safe, band: AgeBand, *, nth: int = 0) -> SafeText:
    """One of a few fixed lines; `nth` takes turns among them. Needs no file and never fails."""
    lines = _LINES[reason][band is AgeBand.LITTLE]
    return SafeText(lines[nth % len(lines)])


def safe_lines() -> tuple[SafeText, ...]:
    """All fixed lines, for rendering ahead."""
    both = (line for pair in _LINES.values() for lines in pair for line in lines)
    return tuple(SafeText(line) for line in dict.fromkeys(both))


# Constants and no data file, so that a broken file cannot take the bear's last words away.
# For each reason: (for five to ten, for three and four).
_LINES: Final[dict[Safe, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    Safe.FAILED: (
        (
            "Hmm, I got a bit muddled. Let's ask a grown-up together.",
            "My head is a little fuzzy. A grown-up can help us.",
        ),
        ("Oh, I'm muddled. Let's get a grown-up.",),
    ),
    Safe.REFUSED: (
        (
            "Hmm, let's talk about something else. Shall I tell you about an animal?",
            "Let me think of something nicer. Would you like a joke?",
        ),
        ("Let's talk about something else. Maybe a cat?",),
    ),
    Safe.UNCLEAR: (
        (
            "Sorry, I didn't catch that. Can you say it again?",
            "My ears missed that. Say it once more, please?",
        ),
        ("Sorry, what was that? Say it again?",),
    ),
    Safe.BROKEN: (
        (
            "Oh dear, I lost my words. Let's try again in a moment.",
            "Oops, my thoughts got tangled. Can we try again?",
        ),
        ("Oops, I lost my words. Let's try again.",),
    ),
}

__all__ = ["Decision", "Finding", "Refused", "Safe", "SafeText", "Side", "Verdict", "safe_line", "safe_lines"]
