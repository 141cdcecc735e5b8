"""A small fleet lives through a short day: the simulator and what is judged of it are true."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
SECONDS = 60.0


def test_two_hundred_bears_lose_nothing_and_come_back_when_their_broker_was_away(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    wish = ("--bears", "200", "--seconds", "3", "--rate", "100", "--handshakes", "10", "--json", figures)

    done = subprocess.run(
        [sys.executable, "-m", "workshop.bench", "fleet", *wish],
        env={**os.environ, "PYTHONPATH": str(ROOT / "tools")},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    found = {name: each["value"] for name, each in json.loads(figures.read_text())["figures"].items()}
    assert (found["bears"], found["events"], found["tls_handshakes"]) == (200, 300, 10)
    assert (found["lost"], found["doubled"]) == (0, 0)
    assert found["back_s"] <= 60
    assert 0 < found["p50_ms"] <= found["p99_ms"] <= found["longest_ms"]
