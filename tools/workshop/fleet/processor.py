"""How much processor time other processes take, and how to stay out of their way."""

from __future__ import annotations

import gc
import os
from collections.abc import Mapping
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def seconds_of(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def seconds_of_all(pids: Mapping[str, int]) -> dict[str, float]:
    return {name: seconds_of(pid) for name, pid in pids.items()}


def calm() -> None:
    """From now on the collector leaves alone what is there: its pauses would be taken for the cloud's."""
    gc.collect()
    gc.freeze()
