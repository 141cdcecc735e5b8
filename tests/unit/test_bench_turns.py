"""Where a turn's time went is told apart: what ran in models, and what did not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hibari import dsp
from hypothesis import given
from hypothesis import strategies as st

from teddy_edge.inference.session import _OnnxSession
from workshop.turns.runs import VOCODER, Run, noted_runs, seconds

RUNS = st.lists(
    st.tuples(st.integers(0, 50), st.integers(0, 10)).map(
        lambda both: Run("voice", "voice_0", both[0], both[0] + both[1])
    ),
    max_size=12,
)


class Native:
    """An onnxruntime session that gives back what it is fed."""

    def get_inputs(self) -> list[Any]:
        return []

    def get_outputs(self) -> list[Any]:
        return [type("Output", (), {"name": "logits"})]

    def run(self, outputs: Sequence[str] | None, feeds: Mapping[str, Any], options: Any) -> list[Any]:
        return list(feeds.values())


def test_each_run_of_a_model_is_noted_and_gives_what_it_gave() -> None:
    session = _OnnxSession(Native())

    with noted_runs() as runs:
        assert session.run({"x": np.ones(2)})[0].sum() == 2
    session.run({})

    assert [run.model for run in runs] == ["logits"]
    assert runs[0].began <= runs[0].ended


def test_the_vocoder_counts_as_a_model() -> None:
    frames = [np.zeros((601, 8), np.float32) for _ in range(5)]

    with noted_runs() as runs:
        dsp.synth(*frames, np.full(8, 200.0, np.float32), np.random.default_rng(1))

    assert [run.model for run in runs] == [VOCODER]


def test_two_models_at_the_same_time_count_once() -> None:
    runs = [Run("a", "1", 1.0, 3.0), Run("b", "2", 2.0, 4.0), Run("c", "1", 8.0, 9.5)]

    assert seconds(runs, since=0.0, until=9.0) == pytest.approx(3.0 + 1.0)


@given(RUNS, st.integers(0, 30), st.integers(0, 30))
def test_time_in_models_is_the_moments_in_which_one_ran(runs: list[Run], since: int, more: int) -> None:
    until = since + more

    busy = sum(any(run.began <= at < run.ended for run in runs) for at in range(since, until))

    assert seconds(runs, since=since, until=until) == busy
