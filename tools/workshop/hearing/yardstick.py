"""faster-whisper as another process, in an environment of its own that holds exactly what its lock says."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from teddy_edge.audio.samples import Pcm
from teddy_shared.errors import ConfigError, TeddyError
from workshop.environment import remedy

ROOT: Final = Path(__file__).parents[3]
LOCK: Final = ROOT / "tools/locks/bench.txt"
PLACE: Final = ROOT / "var/bench-venv"
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
def open_peer(model: Path, *, place: Path = PLACE) -> Iterator[Peer]:
    """Set up its environment where that is not done yet, start it, wait until it is warm."""
    command: list[str | Path] = [_prepared(place), "-I", PROGRAM, model]
    environment = {**os.environ, **_ONE_THREAD, **_OFFLINE}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as running:
        assert running.stdin is not None and running.stdout is not None
        try:
            peer = Peer(questions=running.stdin, answers=running.stdout)
            peer.answer()  # warm
            yield peer
        finally:
            running.terminate()


def _prepared(place: Path) -> Path:
    """The Python of the environment. Raises ConfigError with what to do."""
    python, stamp = place / "bin/python", place / "locked"
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if python.exists() and stamp.exists() and stamp.read_text() == wanted:
        return python
    print("setup: installing what ours is measured beside (200 MB)", file=sys.stderr, flush=True)
    _run([sys.executable, "-m", "venv", "--clear", place])
    pip: list[str | Path] = [python, "-m", "pip", "--no-input", "--disable-pip-version-check", "--quiet"]
    _run([*pip, "install", "--require-hashes", "--only-binary", ":all:", "-r", LOCK])
    stamp.write_text(wanted)
    return python


def _run(command: list[str | Path]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        output = done.stdout + done.stderr
        raise ConfigError(
            f"the bench's environment was not set up: {output[-1500:].strip()}\n\n{remedy(output)}"
        )
