"""What heads find in sentences of situations that they never saw, and the thresholds chosen there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from teddy_edge.safety.heads import GRAVE, Scores
from teddy_edge.safety.verdict import Side

Flags = NDArray[np.bool_]

# Of a hundred harmless sentences, how many may be taken for a grave concern, and how many for another.
ALLOWED: Final = {
    Side.HEARD: (1.2, 1.2),
    Side.SAID: (0.2, 0.5),
}
"""Below the bars by about what the rules flag beside the heads."""


@dataclass(frozen=True, slots=True)
class Doubts:
    """Of each sentence, its gravest piece: how sure the head is of a grave concern, and of any."""

    grave: NDArray[np.float32]
    other: NDArray[np.float32]

    @classmethod
    def of(cls, scores: Sequence[Scores], categories: Sequence[str]) -> Doubts:
        """From the pieces of each sentence."""
        columns = [at for at, each in enumerate(categories) if each in GRAVE]
        return cls(
            grave=np.array([each[:, columns].sum(axis=1).max() for each in scores], np.float32),
            other=np.array([1 - each[:, -1].min() for each in scores], np.float32),
        )


@dataclass(frozen=True, slots=True)
class Thresholds:
    grave: float
    other: float

    def alarmed(self, doubts: Doubts) -> Flags:
        return doubts.grave >= self.grave

    def found(self, doubts: Doubts) -> Flags:
        return (doubts.grave >= self.grave) | (doubts.other >= self.other)


def choose(doubts: Doubts, harmless: Flags, side: Side) -> Thresholds:
    """The lowest thresholds that flag no more of the harmless sentences than is allowed."""
    grave_most, other_most = (percent / 100 for percent in ALLOWED[side])
    grave = _quantile(doubts.grave[harmless], grave_most)
    left = harmless & (doubts.grave < grave)
    return Thresholds(grave, _quantile(doubts.other[left], other_most))


def _quantile(values: NDArray[np.float32], most: float) -> float:
    """Rounded up, so that a manifest says what was measured."""
    return float(np.ceil(np.quantile(values, 1 - most) * 1e4) / 1e4)


def told(doubts: Doubts, thresholds: Thresholds, sources: Sequence[str]) -> dict[str, dict[str, Any]]:
    """By source of the sentences, the share that is found, and that is found grave."""
    alarmed, found, of = thresholds.alarmed(doubts), thresholds.found(doubts), np.array(sources)
    return {
        name: {
            "sentences": int((of == name).sum()),
            "found": round(float(found[of == name].mean()), 3),
            "grave": round(float(alarmed[of == name].mean()), 3),
        }
        for name in sorted(set(sources))
    }
