"""From which probability on a head counts, judged on voices that its networks never heard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from teddy_edge.audio.samples import EAR_RATE
from teddy_edge.waking.features import STEP
from teddy_edge.waking.spotter import REST
from workshop.waking_school import corpus
from workshop.waking_school.lessons import TALKING, WORDLESS, Lesson
from workshop.waking_school.network import Floats

Found = NDArray[np.bool_]

Judged = Sequence[tuple[Lesson, Floats]]
"""Lessons, and the probabilities that a network gave their looks that never heard the lesson's engine."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """How often a head may be wrong in voices that it never heard."""

    near: float  # share of near phrases that it takes for its own
    false_per_hour: float  # in talk, music and noise


ALONE: Final = Quiet(near=0.04, false_per_hour=0.3)
BEFORE_WORDS: Final = Quiet(near=0.2, false_per_hour=60)
"""Where what was said is understood and judged too, the head may be wrong often, but must miss little."""

_TRIED: Final = tuple(
    np.round(
        np.concatenate(
            [[0.06, 0.08, 0.1, 0.12, 0.15], np.arange(0.2, 0.95, 0.05), np.arange(0.95, 0.999, 0.008)]
        ),
        3,
    )
)
_ROWS: Final = (1, 2, 3)  # looks in a row


@dataclass(frozen=True, slots=True)
class Choice:
    threshold: float
    hits: int
    recall: float  # of the phrase in all its rooms and noises
    near: float
    false_per_hour: float

    def told(self) -> Mapping[str, float]:
        return {
            "recall_in_rooms_and_noise": self.recall,
            "near_share": self.near,
            "false_per_hour": self.false_per_hour,
        }


def choose(judged: Judged, quiet: Quiet) -> Choice:
    """The one that hears most among those that keep quiet enough; else the quietest."""
    tried = [judge(judged, float(threshold), hits) for threshold in _TRIED for hits in _ROWS]
    enough = [
        each for each in tried if each.near <= quiet.near and each.false_per_hour <= quiet.false_per_hour
    ]
    if enough:
        return max(enough, key=lambda each: each.recall)
    loudness = {
        each: max(each.near / quiet.near, each.false_per_hour / quiet.false_per_hour) for each in tried
    }
    return min(tried, key=lambda each: loudness[each] - each.recall)


def judge(judged: Judged, threshold: float, hits: int) -> Choice:
    heard: list[Found] = []
    near: list[Found] = []
    calls, hours = 0, 0.0
    for lesson, chances in judged:
        over = in_a_row(chances >= threshold, lesson.scenes, hits)
        if lesson.kind in (TALKING, WORDLESS):
            calls += _calls(over)
            hours += len(over) * STEP / EAR_RATE / 3600
        else:
            found = np.zeros(int(lesson.scenes.max(initial=-1)) + 1, bool)
            found[lesson.scenes[over]] = True
            (heard if lesson.kind == corpus.SAID else near).append(found)
    return Choice(threshold, hits, _share(heard), _share(near), calls / hours if hours else 0.0)


def in_a_row(over: Found, scenes: NDArray[np.int32], hits: int) -> Found:
    """Looks that are at least the so manieth in a row of the same scene."""
    rows = over.copy()
    for back in range(1, hits):
        same = np.zeros_like(over)
        same[back:] = over[:-back] & (scenes[back:] == scenes[:-back])
        rows &= same
    return rows


def _calls(over: Found) -> int:
    """As the spotter counts: after one, a second of rest."""
    calls, rests_until = 0, -1
    for at in np.flatnonzero(over).tolist():
        if at >= rests_until:
            calls, rests_until = calls + 1, at + REST // STEP
    return calls


def _share(found: Sequence[Found]) -> float:
    return float(np.mean(np.concatenate(found))) if found else 0.0
