"""The unit files: systemd finds nothing to complain of, and a bear that is broken into is worth little."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from teddy_edge.health.signs import MODEL_MOST
from teddy_edge.health.undertaker import GRACE

UNITS = Path(__file__).parents[2] / "firmware_configs" / "units"
EXPOSED = 30  # of 100, systemd's own judgement; a bare unit has 96


def verified(unit: Path) -> str:
    """What systemd has to say; its exit code is 0 also for a misspelt key."""
    done = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False, timeout=60
    )
    return done.stderr.strip()


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """As they are, but that the program they start stands where it is on this machine."""
    for unit in UNITS.iterdir():
        text = unit.read_text().replace("/opt/teddy/bin/teddy", "/usr/bin/env")
        (tmp_path / unit.name).write_text(text)
    return tmp_path


@pytest.mark.parametrize("name", sorted(each.name for each in UNITS.iterdir()))
def test_systemd_has_nothing_to_say_about_a_unit(units: Path, name: str) -> None:
    assert verified(units / name) == ""


def test_a_misspelt_key_is_noticed(units: Path) -> None:
    unit = units / "teddy.service"
    unit.write_text(unit.read_text().replace("WatchdogSec=", "WatchDogSec="))

    assert "WatchDogSec" in verified(unit)


def test_the_bear_may_do_little_beside_what_it_needs() -> None:
    done = subprocess.run(
        [
            *("systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSED}"),
            str(UNITS / "teddy.service"),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 0, done.stdout[-200:]


def test_a_part_that_hangs_longest_is_healed_within_twenty_seconds_by_the_units_own_times() -> None:
    keys = dict(
        line.split("=", 1) for line in (UNITS / "teddy.service").read_text().splitlines() if "=" in line
    )

    assert keys["Type"] == "notify"
    assert keys["Restart"] == "always"
    assert MODEL_MOST + GRACE + float(keys["RestartSec"]) < 20
    assert 2 * float(keys["WatchdogSec"]) < 20
