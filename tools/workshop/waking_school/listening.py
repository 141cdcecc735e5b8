"""The bear's own spotter over whole recordings, whose embeddings are made at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from teddy_edge.audio.samples import Pcm
from teddy_edge.waking.features import STEP, Embedding
from teddy_edge.waking.head import Head
from teddy_edge.waking.spotter import REST, Spotter, Watch, Woke
from workshop.waking_school.hearing_at_once import HearingAtOnce


class Listening:
    """Where a head calls in a recording: the spotter's counting, the same features, less time."""

    def __init__(self, *, hearing: HearingAtOnce, head: Head) -> None:
        self._front = _Ahead(hearing)
        self._spotter = Spotter(features=self._front, watches=[Watch(head, Woke)])

    def calls(self, pcm: Pcm) -> list[int]:
        """The sample indices. What is told once more within the rest is the same call."""
        self._spotter.reset()
        self._front.listen(pcm)
        calls: list[int] = []
        for spotted in self._spotter.hear(pcm):
            if not calls or spotted.at >= calls[-1] + REST:
                calls.append(spotted.at)
        return calls


class _Ahead:
    """A front end that has heard the recording already."""

    def __init__(self, hearing: HearingAtOnce) -> None:
        self._hearing = hearing
        self._heard: Sequence[Embedding] = ()

    def listen(self, pcm: Pcm) -> None:
        self._heard = list(self._hearing.embeddings(pcm))

    def reset(self) -> None:
        self._heard = ()

    def remember(self, pcm: Pcm) -> None:
        raise AssertionError(f"a recording is heard from its beginning, not after {len(pcm)} samples")

    def hear(self, pcm: Pcm) -> list[Embedding]:
        return list(self._heard[: len(pcm) // STEP])

    def silence(self) -> Embedding:
        return np.asarray(self._hearing.rows(np.zeros(0, np.int16))[0], np.float32)
