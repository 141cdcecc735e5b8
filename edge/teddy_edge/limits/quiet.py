"""Quiet hours as spans of time: by weekday, over midnight, right also when the clocks are changed. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Final

from teddy_shared.limits import QuietHours, Weekday

AHEAD: Final = 2  # days that are looked at behind today, for what begins next


@dataclass(frozen=True, slots=True)
class Span:
    """From `begins` until just before `ends`, in seconds since 1970."""

    begins: float
    ends: float


def day_of(wall: float, zone: tzinfo) -> date:
    """Which day it is on the family's wall."""
    return datetime.fromtimestamp(wall, zone).date()


def quiet_at(hours: tuple[QuietHours, ...], wall: float, zone: tzinfo) -> Span | None:
    """The quiet hours that this moment is in; where several are, those that end last."""
    spans = _spans_around(hours, day_of(wall, zone), zone)
    around = [span for span in spans if span.begins <= wall < span.ends]
    return max(around, key=lambda span: span.ends, default=None)


def next_quiet(hours: tuple[QuietHours, ...], wall: float, zone: tzinfo) -> float | None:
    """When quiet hours begin next, within a day or two."""
    spans = _spans_around(hours, day_of(wall, zone), zone)
    return min((span.begins for span in spans if span.begins > wall), default=None)


@lru_cache(maxsize=4)  # asked several times a turn, and the same for a whole day
def _spans_around(hours: tuple[QuietHours, ...], today: date, zone: tzinfo) -> tuple[Span, ...]:
    return tuple(_spans(hours, today, zone))


def _spans(hours: tuple[QuietHours, ...], today: date, zone: tzinfo) -> Iterator[Span]:
    for each in hours:
        for offset in range(-1, AHEAD):
            day = today + timedelta(days=offset)
            if Weekday(day.weekday()) in each.days:
                last = day if each.ends > each.begins else day + timedelta(days=1)
                yield Span(min(_instants(day, each.begins, zone)), max(_instants(last, each.ends, zone)))


def _instants(day: date, at: time, zone: tzinfo) -> tuple[float, float]:
    """A time that a wall shows twice, or that is left out, has two; quiet hours take the longer way."""
    shown = datetime.combine(day, at, zone)
    return shown.replace(fold=0).timestamp(), shown.replace(fold=1).timestamp()
