"""A room between the two cards of a sound server: the bear hears itself, and a child in it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
from collections.abc import Iterator
from typing import Final

import numpy as np

from teddy_edge.audio.samples import HOP, Pcm
from tests.rooms import TAPS, Response, room_response
from tests.sound_server import SoundServer

NOISE: Final = 8.0  # rms of a quiet room


class EchoingRoom:
    """One stream into the microphone: what the speaker plays, through the room, and whoever speaks in it."""

    def __init__(self, recorder: subprocess.Popen[bytes], air: subprocess.Popen[bytes], seed: int) -> None:
        self.loudness = 0.0  # of the bear in its own microphone; 1 is as loud as it was played
        self._recorder = recorder
        self._air = air
        self._response = room_response(seed)
        self._chance = np.random.default_rng(seed + 1)
        self._past: Pcm = np.zeros(TAPS - 1, np.int16)
        self._lock = threading.Lock()
        self._said: Pcm = np.zeros(0, np.int16)  # by the child, and not yet on its way
        self._played: list[Pcm] = []
        self._thread = threading.Thread(target=self._run, name="room")
        self._thread.start()

    def say(self, pcm: Pcm) -> None:
        """A child begins to speak now, at 16 kHz."""
        with self._lock:
            self._said = pcm

    @property
    def played(self) -> Pcm:
        """All that the speaker has played."""
        with self._lock:
            return np.concatenate([np.zeros(0, np.int16), *self._played])

    def close(self) -> None:
        self._recorder.terminate()
        self._thread.join()
        self._air.terminate()

    def _run(self) -> None:
        assert self._recorder.stdout is not None and self._air.stdin is not None
        while data := self._recorder.stdout.read(2 * HOP):
            pcm = np.frombuffer(data, "<i2").astype(np.int16)
            with contextlib.suppress(BrokenPipeError):
                os.write(self._air.stdin.fileno(), self._through(pcm).astype("<i2").tobytes())

    def _through(self, pcm: Pcm) -> Pcm:
        known: Pcm = np.concatenate((self._past, pcm))
        self._past = known[len(pcm) :]
        sound: Response = self.loudness * np.convolve(known.astype(float), self._response, "valid")
        sound += NOISE * self._chance.standard_normal(len(pcm))
        with self._lock:
            said, self._said = self._said[: len(pcm)], self._said[len(pcm) :]
            self._played.append(pcm)
        sound[: len(said)] += said
        heard: Pcm = np.clip(np.rint(sound), -32768, 32767).astype(np.int16)
        return heard


@contextlib.contextmanager
def echoing_room(server: SoundServer, *, seed: int) -> Iterator[EchoingRoom]:
    with (
        subprocess.Popen(server.ear_at_the_speaker(), stdout=subprocess.PIPE) as recorder,
        subprocess.Popen(server.voice_in_the_air(), stdin=subprocess.PIPE, bufsize=0) as air,
    ):
        room = EchoingRoom(recorder, air, seed)
        try:
            yield room
        finally:
            room.close()
