"""The ring between the microphone and the ear: preallocated, bounded, and honest about what it lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Condition
from typing import Final

import numpy as np

from teddy_edge.audio.samples import EAR_RATE, HOP, Pcm

CAPACITY: Final = 8 * EAR_RATE  # samples; a reader that lags further loses the oldest


@dataclass(frozen=True, slots=True)
class Hop:
    """10 ms of the microphone."""

    pcm: Pcm  # int16 [160]
    index: int  # of its first sample, counted since the microphone opened
    reference: Pcm | None = None  # int16 [160]: what the speaker played meanwhile; None where it was silent
    drowned: bool = False  # the bear's own voice covers what else there may be: not for whoever seeks speech


@dataclass(frozen=True, slots=True)
class Overrun:
    """The reader came too late; so many samples before `index` are gone."""

    lost: int
    index: int


class Ring:
    """One writer, one reader, each on its own thread. The writer never waits and never allocates.

    While the ears are off (`muted`) it takes silence for whatever comes, so that the count of samples, and
    with it whoever watches that the microphone lives, goes on; call `forget` when they go off.
    """

    def __init__(self, *, capacity: int = CAPACITY, muted: Callable[[], bool] = lambda: False) -> None:
        self._muted = muted
        self._samples = np.zeros((capacity, 2), np.int16)  # microphone and reference side by side
        self._capacity = capacity
        self._written = 0
        self._read = 0
        self._closed = False
        self._changed = Condition()

    def write(self, pcm: Pcm, reference: Pcm | None = None) -> None:
        """Samples in pieces of any size; when the ring is full the oldest give way.

        The reference is as long, and None stands for silence.
        """
        for at in range(0, len(pcm), self._capacity):
            piece = slice(at, at + self._capacity)
            self._copy(pcm[piece], None if reference is None else reference[piece])

    def forget(self) -> None:
        """What waits to be read becomes silence. From any thread."""
        with self._changed:
            self._samples[:] = 0

    def _copy(self, pcm: Pcm, reference: Pcm | None) -> None:
        with self._changed:
            # Asked under the lock, so that nothing slips in behind `forget`.
            heard = None if self._muted() else pcm
            start = self._written % self._capacity
            head = min(len(pcm), self._capacity - start)
            for channel, samples in enumerate((heard, reference)):
                self._samples[start : start + head, channel] = 0 if samples is None else samples[:head]
                self._samples[: len(pcm) - head, channel] = 0 if samples is None else samples[head:]
            self._written += len(pcm)
            self._changed.notify()

    def read(self, timeout: float | None = None) -> Hop | Overrun | None:
        """The next hop; None when the ring is closed and empty, or nothing came in `timeout` seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._closed or self._waiting() >= HOP, timeout):
                return None
            if self._waiting() > self._capacity:
                # Skip to half a ring, so that the reader does not fall over the same edge again.
                kept = self._capacity // 2 // HOP * HOP
                lost = self._waiting() - kept
                self._read += lost
                return Overrun(lost, self._read)
            if self._waiting() < HOP:
                return None
            start = self._read % self._capacity
            wrap = np.arange(start, start + HOP) % self._capacity
            pcm, reference = self._samples[wrap].T.copy()
            hop = Hop(pcm, self._read, reference if reference.any() else None)
            self._read += HOP
            return hop

    def close(self) -> None:
        """No more will be written; the reader may finish what is there."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def written(self) -> int:
        """Samples since the start: moves as long as a microphone lives."""
        return self._written

    @property
    def taken(self) -> int:
        """Samples that were read or lost: moves as long as the reader lives."""
        return self._read

    @property
    def closed(self) -> bool:
        return self._closed

    def _waiting(self) -> int:
        return self._written - self._read
