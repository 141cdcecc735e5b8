"""Somebody beyond the bear who may know an answer. The bear does not need one to talk."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol


class Remote(Protocol):
    def ask(self, kind: str, text: str, *, deadline: float, generation: int) -> AsyncIterator[str]:
        """Sentence by sentence, for the guard to judge. Raises TeddyError where none comes in time."""
