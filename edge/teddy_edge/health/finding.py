"""What was found of one part of the bear, for whoever stands beside it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Condition(StrEnum):
    WELL = "well"
    NOTE = "note"  # it works, and somebody may want to know
    WRONG = "wrong"  # somebody must do something
    UNSEEN = "unseen"  # it cannot be looked at now


@dataclass(frozen=True, slots=True)
class Finding:
    """Made by the four below."""

    condition: Condition
    what: str
    remedy: str = ""


def well(what: str) -> Finding:
    return Finding(Condition.WELL, what)


def note(what: str, remedy: str = "") -> Finding:
    return Finding(Condition.NOTE, what, remedy)


def wrong(what: str, remedy: str) -> Finding:
    return Finding(Condition.WRONG, what, remedy)


def unseen(what: str) -> Finding:
    return Finding(Condition.UNSEEN, what)


FIRST_START: Final = "the first start makes it"
