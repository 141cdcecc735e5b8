"""A Pipecat pipeline as another process: says a clip to it in real time and hears how late its answer was."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from teddy_shared.errors import TeddyError
from workshop.apart import ROOT, python_with
from workshop.beside.pieces import Piece

PROGRAM: Final = Path(__file__).with_name("bot.py")

# num2words names docopt for its command line alone, and docopt has no wheel: the lock leaves it out.
_OPTIONS: Final = ("--no-deps",)


class BotFailed(TeddyError):
    """The other bot ended in the middle; its own lines stand above."""


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer, ours or another's: seconds behind the last sample of speech; None for what never came."""

    stopped: float | None  # the speech was taken to be over
    heard: float | None  # its words were there
    spoke: float | None  # the voice gave its first samples
    sounded: float | None  # the first audible sample was handed to the speaker
    text: str  # as it was understood

    @property
    def counts(self) -> bool:
        """Whether there was an answer, and not into the middle of the sentence."""
        return self.sounded is not None and self.stopped is not None and self.stopped > 0


class Bot:
    """A running one. One clip at a time."""

    def __init__(self, *, questions: IO[bytes], answers: IO[bytes]) -> None:
        self._questions = questions
        self._answers = answers

    def take(self, piece: Piece, *, reply: str) -> Answered:
        """Blocks for as long as the child speaks and waits. Raises BotFailed."""
        asked = {"samples": len(piece.pcm), "speech_end": piece.speech_end, "reply": reply}
        try:
            self._questions.write(json.dumps(asked).encode() + b"\n")
            self._questions.write(piece.pcm.astype("<i2").tobytes())
            self._questions.flush()
        except BrokenPipeError:
            raise BotFailed("Pipecat has ended") from None
        return Answered(**self.answer())

    def answer(self) -> dict[str, Any]:
        line = self._answers.readline()
        if not line:
            raise BotFailed("Pipecat has ended without an answer")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextlib.contextmanager
def open_bot(parts: str, folder: Path, *, wait: float, audible: int) -> Iterator[Bot]:
    """Set up its environment where that is not done yet, start it, wait until its pipeline runs."""
    python = python_with("peer", says="Pipecat with its parts (900 MB)", options=_OPTIONS)
    command: list[str | Path] = [python, PROGRAM, parts, folder, str(wait), str(audible)]
    environment = {
        **os.environ,
        "HF_HUB_OFFLINE": "1",  # the weights lie on disk: nothing is to be asked for
        "PYTHONPATH": f"{ROOT / 'edge'}:{ROOT / 'shared'}",  # for `ours`; the bear is not installed there
        "PYTHONSAFEPATH": "1",
    }
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as running:
        assert running.stdin is not None and running.stdout is not None
        try:
            bot = Bot(questions=running.stdin, answers=running.stdout)
            bot.answer()  # its pipeline runs
            yield bot
        finally:
            running.terminate()
