"""Kills everything at random, and counts what was lost, doubled, or begun twice."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path

from workshop.chaos.house import Plan
from workshop.chaos.parts import forking
from workshop.chaos.running import Outcome, progress
from workshop.chaos.running import run as run_once
from workshop.measuring import Figure, Options


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--kills", type=int, default=500, help="how many kill -9 (500)")
    parser.add_argument("--bears", type=int, default=4, help="how many bears talk (4)")
    parser.add_argument("--turns", type=float, default=8.0, help="turns a second and bear (8)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed strikes the same parts (1)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="work here, and leave logs and data behind")


def run(options: Options) -> Sequence[Figure]:
    wanted = options.own
    with tempfile.TemporaryDirectory(prefix="teddy-chaos-") as folder, forking():
        plan = Plan(
            folder=(wanted.keep or Path(folder)) / "chaos",
            bears=wanted.bears,
            turns_a_second=wanted.turns,
            seed=wanted.seed,
        )
        outcome = asyncio.run(run_once(plan, kills=wanted.kills, tell=progress))
    for line in complaints(outcome):
        progress(line)
    return figures(outcome)


def figures(outcome: Outcome) -> list[Figure]:
    verdict = outcome.verdict
    lost = len(verdict.lost) + len(verdict.unseen)
    return [
        Figure("kills", outcome.kills, "kills"),
        Figure("tails_lost", outcome.tails, "kills"),
        Figure("taken_back", outcome.taken_back, "events"),
        Figure("cuts", outcome.cuts, "cuts"),
        Figure("recorded", verdict.recorded, "events"),
        Figure("stored", verdict.stored, "events", bar=verdict.recorded, more_is_better=True),
        Figure("lost", lost, "events", bar=0),
        Figure("doubled", len(verdict.doubled), "events", bar=0),
        Figure("invented", len(verdict.invented), "events", bar=0),
        Figure("commands", outcome.orders, "commands"),
        Figure("commands_twice", len(verdict.orders_twice), "commands", bar=0),
        Figure("commands_open", len(verdict.orders_open), "commands", bar=0),
        Figure("strange_deaths", sum(map(len, outcome.strange_deaths.values())), "processes"),
        Figure("healing_s", outcome.healing_s, "s"),
    ]


def complaints(outcome: Outcome) -> list[str]:
    """What went wrong, by name; the first few of each."""
    verdict = outcome.verdict
    found = {
        "lost": verdict.lost,
        "not in the read models": verdict.unseen,
        "doubled": verdict.doubled,
        "from nowhere": verdict.invented,
        "begun twice": verdict.orders_twice,
        "without an ending": verdict.orders_open,
        "died by themselves": [f"{name}: {codes}" for name, codes in outcome.strange_deaths.items()],
    }
    return [f"{what}: {', '.join(names[:5])} … {len(names)}" for what, names in found.items() if names]
