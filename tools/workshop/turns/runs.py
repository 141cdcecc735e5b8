"""When models ran: notes every run through the one door to onnxruntime, and the voice's vocoder."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, ParamSpec, TypeVar
from unittest import mock

from hibari import dsp

from teddy_edge.inference import session

P = ParamSpec("P")
T = TypeVar("T")

VOCODER: Final = "vocoder"


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one model."""

    model: str  # by the first of its outputs
    thread: str
    began: float  # seconds on the monotonic clock, as the bear's own
    ended: float


@contextmanager
def noted_runs() -> Iterator[list[Run]]:
    """Every run within the block, in the order in which they end."""
    runs: list[Run] = []
    run, synth = session._OnnxSession.run, dsp.synth
    with (
        mock.patch.object(session._OnnxSession, "run", _noted(run, _model, runs)),
        mock.patch.object(dsp, "synth", _noted(synth, lambda *_: VOCODER, runs)),
    ):
        yield runs


def seconds(runs: Sequence[Run], *, since: float, until: float) -> float:
    """Spent in models between two moments; two that run side by side count once."""
    total, reached = 0.0, since
    for run in sorted(runs, key=lambda each: each.began):
        began, ended = max(run.began, reached), min(run.ended, until)
        if ended > began:
            total += ended - began
            reached = ended
    return total


def _noted(work: Callable[P, T], name: Callable[..., str], runs: list[Run]) -> Callable[P, T]:
    def noting(*args: P.args, **kwargs: P.kwargs) -> T:
        began = time.monotonic()
        try:
            return work(*args, **kwargs)
        finally:
            runs.append(Run(name(*args), threading.current_thread().name, began, time.monotonic()))

    return noting


def _model(of: Any, *_: Any) -> str:
    return str(of.outputs[0])
