"""The bench of growth measures two real stores side by side, also when it is asked for little."""

from __future__ import annotations

import argparse

from workshop.bench import growth
from workshop.measuring import Options


def test_a_small_run_gives_all_figures() -> None:
    figures = growth.run(Options(rounds=1, own=argparse.Namespace(events=400, bears=2)))

    found = {figure.name: figure for figure in figures}
    assert found["events"].value == 400
    assert all(figure.value > 0 for figure in figures)
    assert (found["lookup_ratio"].bar, found["ingest_ratio"].bar) == (1.3, 1.3)
