"""What a child says to steer any talk: more, what was that, yes, no."""

from __future__ import annotations

from enum import StrEnum

from teddy_edge.conversation.skills.cues import Cues
from teddy_edge.safety.authored import read_authored


class Wish(StrEnum):
    """Where the child would like the talk to go."""

    MORE = "more"  # another of the same
    REPEAT = "repeat"  # the bear's last words again
    HUH = "huh"  # a bare "what?": the last words again, or the answer to a riddle
    YES = "yes"
    NO = "no"
    FIRST = "first"  # of two that were offered
    OTHER = "other"  # the second of them
    WHY = "why"  # nothing but that


class Steering:
    """Hears wishes that mean something only after what was said before."""

    def __init__(self, *, cues: Cues[Wish]) -> None:
        self._cues = cues

    @classmethod
    def parse(cls, data: bytes) -> Steering:
        """Raises ConfigError."""
        return cls(cues=Cues.parse(Wish, data, name="steering.toml"))

    def wish(self, text: str) -> Wish | None:
        return self._cues.meant(text)

    def taken(self, text: str) -> Wish | None:
        """Which of two things that were offered. Else "the other one" is a wish for more."""
        return next((each for each in (Wish.OTHER, Wish.FIRST) if self._cues.means(text, each)), None)


def load_steering() -> Steering:
    """Reads a file. Raises ConfigError."""
    return Steering.parse(read_authored("teddy_edge.conversation.skills", "steering.toml"))
