"""Speakers: whatever pulls samples from the mouth in its own time. Here, into a file or into nothing."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread
from typing import Protocol

from teddy_edge.audio.mouth import Mouth
from teddy_edge.audio.samples import MOUTH_HOP, MOUTH_RATE, Pcm
from teddy_shared.clock import Clock
from teddy_shared.errors import ConfigError


class Speaker(Protocol):
    """Pulls from the mouth on its own thread until it is stopped."""

    def start(self) -> None: ...

    def stop(self) -> None:
        """Returns when its thread has ended."""


class Sink(Protocol):
    """Takes what was played: a WAV file, or somebody who listens."""

    def write(self, pcm: Pcm) -> None: ...

    def close(self) -> None: ...


class FileSpeaker:
    """Plays into a WAV file, or into nothing: in real time as a sound card would, or as fast as it can.

    Without real time it leaves the silence between replies out.
    """

    def __init__(
        self,
        *,
        mouth: Mouth,
        writer: Sink | None,
        failed: Callable[[BaseException], None],
        clock: Clock,
        real_time: bool = True,
    ) -> None:
        self._mouth = mouth
        self._writer = writer
        self._failed = failed
        self._clock = clock
        self._real_time = real_time
        self._stop = Event()
        self._thread = Thread(target=self._run, name="mouth")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()
        if self._writer is not None:
            self._writer.close()

    def _run(self) -> None:
        try:
            if self._real_time:
                self._play()
            else:
                self._hurry()
        except ConfigError as error:  # the disk is full; whoever hears of it tells the operator in a line
            self._failed(error)
        except BaseException as error:  # a mute bear must end the process, not go on unheard
            self._failed(error)
            raise

    def _play(self) -> None:
        began, played = self._clock.monotonic(), 0
        while not self._stop.is_set():
            pcm = self._mouth.pull(MOUTH_HOP)
            if self._writer is not None:
                self._writer.write(pcm)
            played += MOUTH_HOP
            self._stop.wait(max(0.0, began + played / MOUTH_RATE - self._clock.monotonic()))

    def _hurry(self) -> None:
        while not self._stop.is_set():
            if self._mouth.idle:
                self._stop.wait(0.001)
                continue
            pcm = self._mouth.pull(MOUTH_HOP)
            if self._writer is not None:
                self._writer.write(pcm)
