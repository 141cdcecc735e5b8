"""Figures beside their bars: how a bench measures, prints and keeps what it found."""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One number. Without a bar it is a yardstick, or there for the curious."""

    name: str
    value: float
    unit: str
    bar: float | None = None
    more_is_better: bool = False

    @property
    def holds(self) -> bool | None:
        """Whether it keeps to its bar; None without one."""
        if self.bar is None:
            return None
        return self.value >= self.bar if self.more_is_better else self.value <= self.bar


@dataclass(frozen=True)
class Options:
    rounds: int  # how often everything is measured, ours and the yardstick in turn
    own: argparse.Namespace = field(default_factory=argparse.Namespace)  # what a bench's `configure` added


async def medians(
    subjects: Mapping[str, Callable[[], Awaitable[object]]], *, rounds: int, runs: int
) -> dict[str, float]:
    """Seconds a run of each subject: the median of `rounds`, each the mean of `runs`.

    The subjects take turns within a round, so that a slow moment of the machine meets all of them.
    """
    seconds: dict[str, list[float]] = {name: [] for name in subjects}
    for each in subjects.values():
        await each()  # warm
    for _ in range(rounds):
        for name, subject in subjects.items():
            began = time.perf_counter()
            for _ in range(runs):
                await subject()
            seconds[name].append((time.perf_counter() - began) / runs)
    return {name: statistics.median(taken) for name, taken in seconds.items()}


def percentile(values: Sequence[float], percent: float) -> float:
    """The least of the values that so many of a hundred do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def table(figures: Sequence[Figure]) -> str:
    """As people read it."""
    rows = [("figure", "value", "unit", "bar", "")]
    for figure in figures:
        verdict = {True: "ok", False: "MISS", None: ""}[figure.holds]
        sign = "≥" if figure.more_is_better else "≤"
        bar = "" if figure.bar is None else f"{sign} {figure.bar:g}"
        rows.append((figure.name, f"{figure.value:.4g}", figure.unit, bar, verdict))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if at == 1 else cell.ljust(width) for at, (cell, width) in enumerate(both)
        ).rstrip()
        for both in (list(zip(row, widths, strict=True)) for row in rows)
    )


def write_json(path: Path, *, bench: str, figures: Sequence[Figure]) -> None:
    found = {
        figure.name: {"value": figure.value, "unit": figure.unit, "bar": figure.bar} for figure in figures
    }
    whole = {"bench": bench, "machine": machine(), "figures": found}
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        fresh.write_text(json.dumps(whole, indent=2) + "\n")
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def machine() -> str:
    """What it was measured on; no name of a machine, which says nothing to others."""
    cores = len(os.sched_getaffinity(0))
    return f"{_model()} ({platform.machine()}, {cores} cores), Python {platform.python_version()}"


def _model() -> str:
    board = Path("/proc/device-tree/model")  # a Raspberry Pi
    if board.exists():
        return board.read_text().rstrip("\0")
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return "unknown processor"
