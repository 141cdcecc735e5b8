"""The bars of a day as geometry; the template only draws them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 340.0
HEIGHT: Final = 150.0
LEFT: Final = 26.0  # room for the numbers of the scale
TOP: Final = 8.0
BOTTOM: Final = 20.0  # room for the hours
MORNING: Final = 7  # the hours that are drawn also when nobody talked
EVENING: Final = 20
GAP: Final = 0.28  # of a bar's room
SCALES: Final = (1, 2, 4, 6, 10, 20, 30, 60)  # minutes at the top of the chart


@dataclass(frozen=True, slots=True)
class Bar:
    hour: int
    minutes: float
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A line of the scale, or an hour under the bars."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    bars: Sequence[Bar]
    scale: Sequence[Mark]
    hours: Sequence[Mark]
    total: float  # minutes
    busiest: int | None  # the hour with most talk
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    floor: float = HEIGHT - BOTTOM


def chart_of(minutes_by_hour: Sequence[float]) -> Chart:
    """Bars for the hours of a child's day, and for any other hour in which somebody talked."""
    busy = [hour for hour, minutes in enumerate(minutes_by_hour) if minutes > 0]
    first, last = min([MORNING, *busy]), max([EVENING, *busy])
    most = max(minutes_by_hour, default=0.0)
    top = next((scale for scale in SCALES if scale >= most), SCALES[-1])
    room = (WIDTH - LEFT) / (last - first + 1)
    tall = HEIGHT - TOP - BOTTOM
    bars = [
        Bar(
            hour,
            minutes,
            x=round(LEFT + (hour - first + GAP / 2) * room, 2),
            y=round(HEIGHT - BOTTOM - tall * min(minutes / top, 1), 2),
            width=round(room * (1 - GAP), 2),
            height=round(tall * min(minutes / top, 1), 2),
        )
        for hour, minutes in enumerate(minutes_by_hour)
        if minutes > 0
    ]
    return Chart(
        bars,
        scale=[Mark(round(TOP + tall * (1 - part), 2), _short(top * part)) for part in (0.5, 1.0)],
        hours=[
            Mark(round(LEFT + (hour - first + 0.5) * room, 2), str(hour))
            for hour in range(first, last + 1)
            if hour % 3 == 0
        ],
        total=sum(minutes_by_hour),
        busiest=max(busy, key=lambda hour: minutes_by_hour[hour]) if busy else None,
    )


def _short(minutes: float) -> str:
    return f"{minutes:g}"
