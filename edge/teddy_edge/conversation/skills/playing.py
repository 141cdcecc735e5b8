"""What children say in the midst of a game or a story: stop, I don't know, the first one, the other."""

from __future__ import annotations

from enum import StrEnum

from teddy_edge.conversation.skills.cues import Cues
from teddy_edge.safety.authored import read_authored


class Move(StrEnum):
    STOP = "stop"  # no more of this
    UNSURE = "unsure"  # the bear shall choose, or tell
    FIRST = "first"
    SECOND = "second"
    GIVES_UP = "gives_up"  # wants to be told, and no hint
    ELSEWHERE = "elsewhere"  # asks or wishes for something else


class Playing:
    """Hears moves, which mean something only while the bear waits for an answer."""

    def __init__(self, *, cues: Cues[Move]) -> None:
        self._cues = cues

    @classmethod
    def parse(cls, data: bytes) -> Playing:
        """Raises ConfigError."""
        return cls(cues=Cues.parse(Move, data, name="playing.toml"))

    def move(self, text: str) -> Move | None:
        return self._cues.meant(text)

    def gives_up(self, text: str) -> bool:
        """Among the moves of one who is unsure: this one would rather be told."""
        return self._cues.means(text, Move.GIVES_UP)


def load_playing() -> Playing:
    """Reads a file. Raises ConfigError."""
    return Playing.parse(read_authored("teddy_edge.conversation.skills", "playing.toml"))
