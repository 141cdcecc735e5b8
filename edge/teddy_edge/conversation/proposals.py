"""What somebody beyond the bear's own skills would have it say: a plugin, the cloud. Not safe yet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

ROLLING: Final = 600  # letters of strangers' words that the next ones are judged with: five or six sentences


class Origin(StrEnum):
    """Who proposes."""

    PLUGIN = "plugin"
    REMOTE = "remote"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A reply, piece by piece as it comes: a remote one's sentences, or a plugin's text in one piece."""

    origin: Origin
    pieces: AsyncIterator[str]


def rolling(before: str, text: str) -> str:
    """The last words of both together, cut between two words."""
    whole = f"{before} {text}".strip()
    if len(whole) <= ROLLING:
        return whole
    return whole[-ROLLING:].partition(" ")[2]
