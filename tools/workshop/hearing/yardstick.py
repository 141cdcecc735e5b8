"""faster-whisper as another process, in an environment of its own that holds exactly what its lock says."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from teddy_edge.audio.samples import Pcm
from teddy_shared.errors import TeddyError
from workshop.apart import python_with

PROGRAM: Final = Path(__file__).with_name("peer.py")

# One thread, as ours; else the second one of numpy's library spins and is counted as work.
_ONE_THREAD: Final = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
_OFFLINE: Final = {"HF_HUB_OFFLINE": "1"}  # the weights lie on disk: nothing is to be asked for


class PeerFailed(TeddyError):
    """The other recogniser ended in the middle; its own lines stand above."""


@dataclass(frozen=True, slots=True)
class PeerHearing:
    text: str
    cpu: float  # seconds


class Peer:
    """A running one. One question at a time."""

    def __init__(self, *, questions: IO[bytes], answers: IO[bytes]) -> None:
        self._questions = questions
        self._answers = answers

    def hear(self, pcm: Pcm) -> PeerHearing:
        """Raises PeerFailed."""
        try:
            self._questions.write(b"%d\n" % len(pcm))
            self._questions.write(pcm.astype("<i2").tobytes())
            self._questions.flush()
        except BrokenPipeError:
            raise PeerFailed("faster-whisper has ended") from None
        answer = self.answer()
        return PeerHearing(str(answer["text"]), float(str(answer["cpu"])))

    def answer(self) -> dict[str, object]:
        line = self._answers.readline()
        if not line:
            raise PeerFailed("faster-whisper has ended without an answer")
        answer: dict[str, object] = json.loads(line)
        return answer


@contextlib.contextmanager
def open_peer(model: Path) -> Iterator[Peer]:
    """Set up its environment where that is not done yet, start it, wait until it is warm."""
    python = python_with("bench", says="what ours is measured beside (200 MB)")
    command: list[str | Path] = [python, "-I", PROGRAM, model]
    environment = {**os.environ, **_ONE_THREAD, **_OFFLINE}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as running:
        assert running.stdin is not None and running.stdout is not None
        try:
            peer = Peer(questions=running.stdin, answers=running.stdout)
            peer.answer()  # warm
            yield peer
        finally:
            running.terminate()
