"""Nothing is lost, doubled or begun twice, whatever is killed and whenever; and the check bites."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KILLS = 40
SECONDS = 240


def run_module(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tools'}", "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done


@pytest.mark.slow
def test_forty_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    """Slow, since processes die and come back in real time: about a second a kill."""
    kept = tmp_path / "figures.json"

    command = ("chaos", "--kills", str(KILLS), "--bears", "3", "--json", str(kept))
    done = run_module(tmp_path, "workshop.bench", *command)

    found = {name: each["value"] for name, each in json.loads(kept.read_text())["figures"].items()}
    assert found["kills"] == KILLS
    assert found["tails_lost"] > 0 < found["taken_back"]
    assert found["recorded"] > 10 * KILLS
    assert found["commands"] > KILLS / 4
    assert {name: found[name] for name in ("lost", "doubled", "invented")} == {
        "lost": 0,
        "doubled": 0,
        "invented": 0,
    }, done.stderr
    assert (found["commands_twice"], found["commands_open"]) == (0, 0)
    assert found["strange_deaths"] == 0


@pytest.mark.slow
def test_a_cloud_that_acknowledges_before_it_has_stored_is_found_out(tmp_path: Path) -> None:
    """Slow, as above, and since it waits for what will never arrive."""
    done = run_module(tmp_path, "tests.chaos.hasty_cloud", str(tmp_path / "chaos"), "8", "1")

    assert json.loads(done.stdout.splitlines()[-1])["lost"] > 0
