"""What a bear costs while nobody speaks to it, holds after twenty turns, and is left with after a day."""

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
from workshop.idling import idled
from workshop.measuring import Figure, Options
from workshop.soaking.day import Life, soak
from workshop.soaking.growth import growth
from workshop.turns.remembering import remembered

SHARE: Final = 10.0  # percent of one core
FULL: Final = 420.0  # MB
SMALL: Final = 300.0  # MB
GROWTH: Final = 5.0  # MB a day


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seconds", type=float, default=120.0, help="that pass in the idle room (120)")
    parser.add_argument(
        "--days", type=float, default=3.0, help="that are lived through; 0 leaves them out (3)"
    )


def run(options: Options) -> Sequence[Figure]:
    logs.configure(level="error")
    ModelStore(read().models.cache).prepare(lambda line: print(line, file=sys.stderr, flush=True))
    idle = idled(options.own.seconds)
    full, small = remembered("full"), remembered("small")
    return [
        Figure("core_share", idle.core_share, "% of a core", bar=SHARE),
        Figure("knows_its_name", float(idle.knows_its_name), "heads"),
        Figure("rss_full_mb", full.peak, "MB", bar=FULL),
        Figure("rss_small_mb", small.peak, "MB", bar=SMALL),
        *(_growth(options.own.days) if options.own.days else ()),
    ]


def _growth(days: float) -> list[Figure]:
    settings = read(overrides={"link.broker": ""})
    with tempfile.TemporaryDirectory(prefix="teddy-idle-") as folder:
        lived = soak(settings.model_copy(update={"data": Path(folder)}), Life(days=days))
    found = growth([(each.day, each.rss) for each in lived.readings])
    return [
        Figure("growth_mb_per_day", found.upper, "MB", bar=GROWTH),
        Figure("growth_slope_mb_per_day", found.slope, "MB"),
    ]
