"""Ten thousand interruptions: nothing stale is heard, kept or recorded, and how soon the bear is silent."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Final

from teddy_edge.inference.models import ModelStore
from teddy_edge.settings import read
from teddy_shared import logs
from workshop.interrupting.home import Survived, interrupt, props
from workshop.measuring import Figure, Options, percentile

INTERRUPTIONS: Final = 10_000


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--interruptions", type=int, default=INTERRUPTIONS, help=f"({INTERRUPTIONS})")
    parser.add_argument("--seed", type=int, default=1, help="the same seed interrupts in the same way (1)")


def run(options: Options) -> Sequence[Figure]:
    """On the virtual clock; the delays of ear, threads and card are charged to it."""
    logs.configure(level="error")
    store = ModelStore(read().models.cache)
    store.prepare(_tell)
    wanted = options.own.interruptions
    return figures(interrupt(props(store), interruptions=wanted, seed=options.own.seed, tell=_tell), wanted)


def figures(survived: Survived, wanted: int) -> list[Figure]:
    tally = survived.tally
    return [
        Figure("interruptions", tally.interruptions, "interruptions", bar=wanted, more_is_better=True),
        Figure("stale", survived.stale, "samples, writes and records", bar=0),
        Figure("stop_p95_ms", percentile(tally.stop, 95), "ms", bar=150),
        Figure("duck_p95_ms", percentile(tally.duck, 95), "ms", bar=200),
        Figure("silence_p95_ms", percentile(tally.silence, 95), "ms", bar=450),
        Figure("stop_p50_ms", percentile(tally.stop, 50), "ms"),
        Figure("duck_p50_ms", percentile(tally.duck, 50), "ms"),
        Figure("silence_p50_ms", percentile(tally.silence, 50), "ms"),
        Figure("not_stopped", tally.not_stopped, "replies", bar=0),
        Figure("coughs", tally.coughs, "coughs"),
        Figure("not_resumed", tally.not_resumed, "replies", bar=0),
        Figure("safety_lines", tally.safety_lines, "lines"),
        Figure("cut_safety_lines", tally.cut_safety_lines, "lines", bar=0),
    ]


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
