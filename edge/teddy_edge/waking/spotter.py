"""Embeddings in, `Woke` and `StopHeard` out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from teddy_edge.audio.samples import EAR_RATE, Pcm
from teddy_edge.inference.models import ModelStore
from teddy_edge.waking.features import FILLED, SEEN, STEP, WIDTH, Embedding, open_features
from teddy_edge.waking.head import HEADS, STOP, WAKE, Head, open_head
from teddy_edge.waking.second_look import SURE

LOOKED_BACK: Final = FILLED + (SEEN - 1) * STEP
"""Samples (2 s) before a look that can still matter to it."""

REST: Final = EAR_RATE  # samples after a spotting in which the same head is not asked to say it again


@dataclass(frozen=True, slots=True)
class Woke:
    """Somebody said the bear's name. The words themselves are looked at when they have been understood."""

    at: int  # sample index up to which the ear had heard
    score: float  # 0 to 1


@dataclass(frozen=True, slots=True)
class StopHeard:
    """Somebody said "stop"."""

    at: int  # sample index up to which the ear had heard
    score: float  # 0 to 1


Spotted = Woke | StopHeard


@dataclass(frozen=True, slots=True)
class Watch:
    """One head, and what it means when it is sure."""

    head: Head
    tells: Callable[[int, float], Spotted]


class FrontEnd(Protocol):
    """Sound to embeddings (`waking/features.py`)."""

    def reset(self) -> None: ...

    def remember(self, pcm: Pcm) -> None: ...

    def hear(self, pcm: Pcm) -> list[Embedding]: ...

    def silence(self) -> Embedding: ...


class Spotter:
    """Knows no clock: the same samples give the same spottings in chunks of any size."""

    def __init__(self, *, features: FrontEnd, watches: Sequence[Watch]) -> None:
        self._features = features
        self._watching = [_Watching(each) for each in watches]
        self._silence = features.silence()
        self._seen = np.empty((SEEN, WIDTH), np.float32)
        self.reset()

    @property
    def phrases(self) -> tuple[str, ...]:
        """What it listens for, by the names of its heads."""
        return tuple(each.name for each in self._watching)

    def reset(self, at: int = 0) -> None:
        """What comes next begins at this sample index and follows silence."""
        self._features.reset()
        self._seen[:] = self._silence
        self._at = at
        for each in self._watching:
            each.forget()

    def resume(self, at: int, before: Pcm) -> None:
        """What comes next begins at this sample index and follows `before`, where nothing is spotted.

        With LOOKED_BACK samples, or all there are, it is as if all of them had been heard.
        """
        self.reset(at)
        before = np.concatenate([np.zeros(-len(before) % STEP, np.int16), before])
        known = max(0, len(before) - (SEEN - 1) * STEP)
        self._features.remember(before[:known])
        for each in self._features.hear(before[known:]):
            self._see(each)

    def hear(self, pcm: Pcm) -> list[Spotted]:
        """What these samples complete."""
        return [spotted for each in self._features.hear(pcm) for spotted in self._look(each)]

    def _see(self, embedding: Embedding) -> None:
        self._seen[:-1] = self._seen[1:].copy()
        self._seen[-1] = embedding

    def _look(self, embedding: Embedding) -> list[Spotted]:
        self._see(embedding)
        self._at += STEP
        looks = (each.judge(each.probability(self._seen), self._at) for each in self._watching)
        return [spotted for spotted in looks if spotted is not None]


class _Watching:
    """One phrase tells once, however many looks in a row see it, and once more when they grow sure of it."""

    def __init__(self, watch: Watch) -> None:
        self._manifest = watch.head.manifest
        self.name = self._manifest.name
        self._tells = watch.tells
        self.probability = watch.head.probability
        self.forget()

    def forget(self) -> None:
        self._row = 0  # looks in a row that reached the threshold
        self._rests_until = 0
        self._sure = False  # told so since the rest began

    def judge(self, probability: float, at: int) -> Spotted | None:
        if probability < self._manifest.threshold:
            self._row = 0
            return None
        self._row += 1
        sure = probability >= SURE
        if self._row == self._manifest.hits and at >= self._rests_until:
            self._rests_until = at + REST
        elif self._row < self._manifest.hits or at >= self._rests_until or self._sure or not sure:
            return None
        self._sure = sure
        return self._tells(at, probability)


def loudest(features: FrontEnd, head: Head, pcm: Pcm) -> float:
    """The highest probability that a head gives anywhere in a clip, 0 for one shorter than a step."""
    features.reset()
    seen = np.tile(features.silence(), (SEEN, 1))
    highest = 0.0
    for embedding in features.hear(pcm):
        seen[:-1] = seen[1:].copy()
        seen[-1] = embedding
        highest = max(highest, head.probability(seen))
    return highest


def open_spotter(models: ModelStore, *, folder: Path = HEADS) -> Spotter | None:
    """The front end and the heads that this release has, warm; None where it has none."""
    meanings: dict[str, Callable[[int, float], Spotted]] = {WAKE: Woke, STOP: StopHeard}
    watches = [
        Watch(open_head(name, folder=folder), tells)
        for name, tells in meanings.items()
        if (folder / f"{name}.toml").exists()
    ]
    return Spotter(features=open_features(models), watches=watches) if watches else None
