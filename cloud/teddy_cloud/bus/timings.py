"""How often and how long: counters by name and outcome, in memory, for whoever shows metrics."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

BOUNDS: Final = (0.00005, 0.0005, 0.001, 0.005, 0.025, 0.1, 0.5, 2.5)  # seconds; the last bucket is above


@dataclass(slots=True)
class Timing:
    """What was measured under one name with one outcome."""

    count: int = 0
    seconds: float = 0.0
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))


class Timings:
    """Bounded by the names and outcomes that the code knows."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Timing] = {}

    def note(self, name: str, outcome: str, seconds: float) -> None:
        timing = self._kept.get((name, outcome))
        if timing is None:
            timing = self._kept[name, outcome] = Timing()
        timing.count += 1
        timing.seconds += seconds
        timing.buckets[bisect_left(BOUNDS, seconds)] += 1

    def all(self) -> Mapping[tuple[str, str], Timing]:
        return self._kept
