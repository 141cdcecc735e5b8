"""Microphones: whatever writes samples into the ring. Here, recordings that play in real time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event, Thread
from typing import Final, Protocol

import numpy as np

from teddy_edge.audio.ring import Ring
from teddy_edge.audio.samples import EAR_RATE, HOP, Pcm
from teddy_shared.clock import Clock


class Microphone(Protocol):
    """Fills the ring from its own thread until it is stopped."""

    def start(self) -> None: ...

    def stop(self) -> None:
        """Returns when its thread has ended."""


@dataclass(frozen=True, slots=True)
class ClipBegins:
    name: str


@dataclass(frozen=True, slots=True)
class ClipsPlayed:
    """All recordings have been played; the microphone goes on with silence."""


MicrophoneEvent = ClipBegins | ClipsPlayed

QUIET: Final = EAR_RATE  # samples of silence after the bear is at rest, before the next clip begins
_HOP_OF_SILENCE: Final = np.zeros(HOP, np.int16)


@dataclass(frozen=True, slots=True)
class Clip:
    name: str
    pcm: Pcm  # int16 [n], 16 kHz mono


class ClipMicrophone:
    """Plays clips in real time, like a child who speaks, listens to the answer, and speaks again.

    After each clip it gives silence until the bear is at rest (`at_rest` is asked from this thread),
    at least `wait()` samples, so that the last sentence can end.
    """

    def __init__(
        self,
        *,
        ring: Ring,
        clips: Sequence[Clip],
        at_rest: Callable[[], bool],
        wait: Callable[[], int],
        post: Callable[[MicrophoneEvent], None],
        failed: Callable[[BaseException], None],
        clock: Clock,
    ) -> None:
        self._ring = ring
        self._clips = clips
        self._at_rest = at_rest
        self._wait = wait
        self._post = post
        self._failed = failed
        self._clock = clock
        self._stop = Event()
        self._thread = Thread(target=self._run, name="microphone")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._ring.close()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            self._play()
        except BaseException as error:  # a dead microphone must end the process, not deafen it
            self._failed(error)
            raise

    def _play(self) -> None:
        self._began = self._clock.monotonic()
        self._written = 0
        self._silence(QUIET // 2, until=lambda: True)
        for clip in self._clips:
            if self._stop.is_set():
                return
            self._post(ClipBegins(clip.name))
            for at in range(0, len(clip.pcm), HOP):
                self._write(clip.pcm[at : at + HOP])
            self._silence(self._wait() + QUIET, until=self._at_rest)
        self._post(ClipsPlayed())
        self._silence(0, until=lambda: False)

    def _silence(self, least: int, *, until: Callable[[], bool]) -> None:
        """At least so many samples, and then until the condition has held for QUIET samples."""
        given = held = 0
        while not self._stop.is_set() and (given < least or held < min(QUIET, least)):
            self._write(_HOP_OF_SILENCE)
            given += HOP
            held = held + HOP if until() else 0
        while not self._stop.is_set() and not until():
            self._write(_HOP_OF_SILENCE)

    def _write(self, pcm: Pcm) -> None:
        """Hand over at the moment when a sound card would: after its last sample was recorded."""
        self._written += len(pcm)
        due = self._began + self._written / EAR_RATE
        self._stop.wait(max(0.0, due - self._clock.monotonic()))
        if not self._stop.is_set():
            self._ring.write(pcm)
