"""What a child can do with the bear's paw."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Squeeze(StrEnum):
    ONE = "one"  # wakes the bear, or makes it stop talking and listen
    TWICE = "twice"  # again: the last answer once more
    LONG = "long"  # the ears off, or on again


@dataclass(frozen=True, slots=True)
class Squeezed:
    """The paw was squeezed, from the paw's own thread or task into the inbox."""

    kind: Squeeze
