"""What somebody beyond the bear's own skills would have it say: a plugin, the cloud. Not safe yet."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

ROLLING: Final = 600  # letters of strangers' words that the next ones are judged with: five or six sentences
NEAR: Final = 80  # letters: a sentence that may have been cut in two


class Origin(StrEnum):
    """Who proposes."""

    PLUGIN = "plugin"
    REMOTE = "remote"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A reply, piece by piece as it comes: a remote one's sentences, or a plugin's text in one piece."""

    origin: Origin
    pieces: AsyncIterator[str]

    async def sentences(self) -> AsyncIterator[str]:
        """The pieces, put together until they end like a sentence: nobody can judge the beginning of one.

        What stops in the middle of a sentence comes last, as it is; see `is_whole`.
        """
        waiting = ""
        async for piece in self.pieces:
            waiting = f"{waiting} {piece}".strip()
            if is_whole(waiting):
                yield waiting
                waiting = ""
            elif len(waiting) > ROLLING:
                break
        if waiting:
            yield waiting


def is_whole(text: str) -> bool:
    """Whether it ends as a sentence does, but for a picture behind it."""
    return bool(_END.search(text))


_END: Final = re.compile(r"[.!?\u2026][\"')\]\u00bb\u201d\u2019\s]*[^\w.,;:\-]*$")


def rolling(before: str, text: str, most: int = ROLLING) -> str:
    """The last words of both together, cut between two words."""
    whole = f"{before} {text}".strip()
    if len(whole) <= most:
        return whole
    return whole[-most:].partition(" ")[2]


def together(before: str, text: str) -> tuple[str, ...]:
    """A sentence alone, behind the words right before it, and behind all that are remembered.

    A long text is judged as the mean of what it says, and harm is no louder for being cut in two.
    """
    return tuple(dict.fromkeys((text, rolling(before, text, len(text) + NEAR), rolling(before, text))))
