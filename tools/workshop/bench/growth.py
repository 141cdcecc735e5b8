"""A page of a day and the rate of ingest, on a store of a million events beside one of ten thousand."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

from workshop.growing import BATCH, TURNS, Town, town
from workshop.measuring import Figure, Options, medians
from workshop.servers import redis_server

MANY: Final = 1_000_000
FEW: Final = 10_000
BEARS: Final = 50
BAR: Final = 1.3  # how many times slower the grown store may be
LOOKS: Final = 100  # in a round
BATCHES: Final = 20  # in a round


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--events", type=int, default=MANY, help=f"in the grown store ({MANY}); beside it {FEW}"
    )
    parser.add_argument("--bears", type=int, default=BEARS, help=f"that sent them ({BEARS})")


def run(options: Options) -> Sequence[Figure]:
    with tempfile.TemporaryDirectory(prefix="teddy-bench-") as folder:
        return asyncio.run(_run(Path(folder), options))


async def _run(folder: Path, options: Options) -> Sequence[Figure]:
    events, bears = options.own.events, options.own.bears
    with redis_server(folder / "small") as one, redis_server(folder / "grown") as other:
        async with town(one, bears=bears) as small, town(other, bears=bears) as grown:
            await _fill(small, bears, min(FEW, events))
            took = await _fill(grown, bears, events)
            looks = await _measure(options, LOOKS, small.look, grown.look)
            batches = await _measure(options, BATCHES, small.ingest, grown.ingest)
    return [
        Figure("events", events, "events"),
        Figure("fill_s", took, "s"),
        Figure("lookup_us", 1e6 * looks["small"], "us"),
        Figure("lookup_grown_us", 1e6 * looks["grown"], "us"),
        Figure("lookup_ratio", looks["grown"] / looks["small"], "", bar=BAR),
        Figure("ingest_per_s", BATCH / batches["small"], "events/s"),
        Figure("ingest_grown_per_s", BATCH / batches["grown"], "events/s"),
        Figure("ingest_ratio", batches["grown"] / batches["small"], "", bar=BAR),
    ]


async def _fill(place: Town, bears: int, events: int) -> float:
    """Seconds that it took."""
    loop, a_day = asyncio.get_running_loop(), 2 * TURNS * bears
    began, days = loop.time(), max(1, events // a_day)
    for lived in range(0, days, 20):
        await place.live(min(20, days - lived))
        print(f"{min(lived + 20, days) * a_day} events stored and shown", file=sys.stderr, flush=True)
    return loop.time() - began


async def _measure(
    options: Options, runs: int, small: Callable[[], Awaitable[None]], grown: Callable[[], Awaitable[None]]
) -> dict[str, float]:
    return await medians({"small": small, "grown": grown}, rounds=options.rounds, runs=runs)
