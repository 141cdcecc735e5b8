"""Simulated days of a whole bear with talks: what each hour leaves in memory, and who was not answered."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from teddy_edge.inference.models import ModelStore
from teddy_edge.settings import read
from teddy_shared import logs
from workshop.measuring import Figure, Options
from workshop.soaking.day import Life, memory_of, soak
from workshop.soaking.growth import growth

MOST: Final = 5.0  # MB a day


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--days", type=float, default=2.0, help="that are lived through (2)")
    parser.add_argument("--talks", type=int, default=3, help="an hour while nobody sleeps (3)")


def run(options: Options) -> Sequence[Figure]:
    logs.configure(level="error")
    settings = read(overrides={"link.broker": ""})
    ModelStore(settings.models.cache).prepare(lambda line: print(line, file=sys.stderr, flush=True))
    with tempfile.TemporaryDirectory(prefix="teddy-soak-") as folder:
        private = settings.model_copy(update={"data": Path(folder)})
        lived = soak(private, Life(days=options.own.days, talks_an_hour=options.own.talks))
    found = growth([(each.day, each.rss) for each in lived.readings])
    turns = lived.readings[-1].turns
    return [
        Figure("days", options.own.days, "days"),
        Figure("turns", turns, "turns"),
        Figure("failed_turns", lived.outcomes.get("failed", 0), "turns", bar=0),
        Figure("unanswered", lived.unanswered, "sentences"),
        Figure("rss_mb", lived.readings[-1].rss, "MB"),
        Figure("rss_peak_mb", memory_of(field="VmHWM"), "MB"),
        Figure("growth_mb_per_day", found.upper, "MB", bar=MOST),
        Figure("growth_slope_mb_per_day", found.slope, "MB"),
    ]
