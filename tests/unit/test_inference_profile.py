"""How much of the bear a board has room for."""

from __future__ import annotations

from pathlib import Path

import pytest

from teddy_edge.health.finding import Condition
from teddy_edge.health.models import room_for
from teddy_edge.inference.profile import FULL, SMALL, Profile, Wanted, choose, total_memory

ZERO, FOUR = 436_000_000, 1_900_000_000  # bytes that the kernel of a Zero 2 W and of a small Pi 4 tells


@pytest.mark.parametrize(
    ("wanted", "total", "expected"),
    [
        ("auto", ZERO, SMALL),
        ("auto", FOUR, FULL),
        ("auto", None, FULL),
        ("small", FOUR, SMALL),
        ("full", ZERO, FULL),
    ],
)
def test_the_board_decides_unless_somebody_did(wanted: Wanted, total: int | None, expected: Profile) -> None:
    assert choose(wanted, total) is expected


def test_the_memory_is_what_the_kernel_says(tmp_path: Path) -> None:
    told = tmp_path / "meminfo"
    told.write_text("MemTotal:         426000 kB\nMemFree:          100000 kB\n")

    assert total_memory(told) == 426_000 * 1024
    assert total_memory(tmp_path / "none") is None


def test_a_doctor_says_what_is_loaded_and_warns_of_what_does_not_fit() -> None:
    small, forced, chosen = room_for("auto", ZERO), room_for("full", ZERO), room_for("small", FOUR)

    assert (small.condition, "small" in small.what, "436 MB" in small.what) == (Condition.WELL, True, True)
    assert (forced.condition, "models.profile" in str(forced.remedy)) == (Condition.WRONG, True)
    assert chosen.condition is Condition.NOTE
