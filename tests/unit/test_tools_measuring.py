"""A figure knows whether it keeps to its bar, and the report is what the table shows."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from workshop.bench import __main__ as benches
from workshop.bench.__main__ import about, names, parse
from workshop.measuring import Figure, Options, machine, medians, percentile, table, write_json

pytestmark = pytest.mark.virtual_time

FIGURES = (
    Figure("resolve_us", 3.25, "us", bar=50),
    Figure("state_fsync_ms", 31.0, "ms", bar=10),
    Figure("rate", 900.0, "events/s", bar=500, more_is_better=True),
    Figure("dict_us", 0.1, "us"),
)


def test_a_figure_holds_its_bar_in_the_direction_that_is_better() -> None:
    assert [figure.holds for figure in FIGURES] == [True, False, True, None]


def test_a_percentile_is_one_of_the_values() -> None:
    values = [float(number) for number in range(200, 0, -1)]

    assert [percentile(values, each) for each in (0, 50, 99, 100)] == [1.0, 100.0, 198.0, 200.0]
    assert percentile([7.0], 50) == 7.0


def test_the_table_has_a_line_for_each_figure_and_shows_what_misses() -> None:
    lines = table(FIGURES).splitlines()

    assert lines[0].split() == ["figure", "value", "unit", "bar"]
    assert lines[1].split() == ["resolve_us", "3.25", "us", "≤", "50", "ok"]
    assert lines[2].split()[-1] == "MISS"
    assert lines[3].split() == ["rate", "900", "events/s", "≥", "500", "ok"]
    assert lines[4].split() == ["dict_us", "0.1", "us"]


def test_the_file_holds_bench_machine_and_figures(tmp_path: Path) -> None:
    write_json(tmp_path / "b.json", bench="parts", figures=FIGURES)

    kept = json.loads((tmp_path / "b.json").read_text())
    assert kept["bench"] == "parts"
    assert kept["machine"] == machine()
    assert kept["figures"]["resolve_us"] == {"value": 3.25, "unit": "us", "bar": 50}
    assert [path.name for path in tmp_path.iterdir()] == ["b.json"]


async def test_subjects_take_turns_after_one_warm_run_each() -> None:
    order: list[str] = []

    async def run(name: str) -> None:
        order.append(name)

    took = await medians({"a": lambda: run("a"), "b": lambda: run("b")}, rounds=2, runs=2)

    assert "".join(order) == "ab" + "aabb" * 2
    assert set(took) == {"a", "b"}


def test_every_bench_says_what_it_measures() -> None:
    assert "parts" in names()
    assert all(about(name) for name in names())


class Hungry:
    """A bench with an option of its own."""

    def configure(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--bowls", type=int, default=3)

    def run(self, options: Options) -> Sequence[Figure]:
        return [Figure("bowls", options.own.bowls, "bowls")]


def test_a_bench_may_have_options_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benches, "load", lambda name: Hungry())

    plain, with_default = parse(["parts", "--rounds", "2"])
    _, with_own = parse(["parts", "--bowls", "7"])

    assert isinstance(plain, Hungry)
    assert (with_default.rounds, with_default.bowls, with_own.bowls) == (2, 3, 7)
    with pytest.raises(SystemExit):
        parse(["parts", "--plates", "7"])
