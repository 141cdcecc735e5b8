"""Durations as children say them, and as they are spoken. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from teddy_edge.conversation.skills.number_words import in_words, numbers_in

MINUTE: Final = 60
HOUR: Final = 60 * MINUTE

_UNITS: Final = {
    "second": 1, "seconds": 1, "sec": 1, "secs": 1, "minute": MINUTE, "minutes": MINUTE, "min": MINUTE,
    "mins": MINUTE, "minit": MINUTE, "minits": MINUTE, "hour": HOUR, "hours": HOUR,
}  # fmt: skip


def duration_in(row: Sequence[str]) -> int | None:
    """Seconds: "two minutes", "a minute and a half", "half an hour", "one minute thirty seconds"."""
    total, found, used = 0, False, 0
    for at, word in enumerate(row):
        unit = _UNITS.get(word)
        if unit is None:
            continue
        before, after = tuple(row[used:at]), tuple(row[at + 1 : at + 4])
        half = "half" in before
        numbers = numbers_in([each for each in before if each != "half"], kindly=len(before) == 1)
        one = 0 if half and "and" not in before else 1  # "half an hour", and "an hour"
        number = numbers[-1].value if numbers else one
        total += number * unit + (unit // 2 if half or after == ("and", "a", "half") else 0)
        found, used = True, at + 1
    return total if found else None


def spoken_duration(seconds: int) -> str:
    """As exactly as a child can use it."""
    hours, rest = divmod(seconds, HOUR)
    minutes, single = divmod(rest, MINUTE)
    parts = [
        _counted(many, unit)
        for many, unit in ((hours, "hour"), (minutes, "minute"), (single if minutes < 10 else 0, "second"))
        if many
    ]
    return " and ".join(parts) if len(parts) < 3 else f"{parts[0]}, {parts[1]} and {parts[2]}"


def _counted(many: int, unit: str) -> str:
    return f"{in_words(many)} {unit}{'' if many == 1 else 's'}"
