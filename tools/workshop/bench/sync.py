"""From a commit on the bear's card to the parent's read model, and how the projector keeps up under load."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from teddy_cloud.projections.redis import RedisReadModels
from teddy_cloud.storage.client import connect
from teddy_shared.clock import SystemChance
from workshop.measuring import Figure, Options, percentile
from workshop.syncing.bear import sending_bear
from workshop.syncing.house import House, family_house
from workshop.syncing.load import lag_under
from workshop.syncing.trips import Trips, make_trips
from workshop.syncing.yardstick import bare_trip

EVENTS: Final = 300
LOAD: Final = 8.0  # seconds of each load


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--events", type=int, default=EVENTS, help=f"how many, one at a time ({EVENTS})")


def run(options: Options) -> Sequence[Figure]:
    with tempfile.TemporaryDirectory(prefix="teddy-bench-") as folder:
        return asyncio.run(_run(Path(folder), options.own.events))


async def _run(folder: Path, events: int) -> Sequence[Figure]:
    async with family_house(folder, Path(sys.executable)) as house:
        trips = await _trips(house, events)
        calm = await lag_under(house, rate=1_000, seconds=LOAD)
        full = await lag_under(house, rate=2_000, seconds=LOAD)
    return [
        Figure("p50_ms", 1e3 * percentile(trips.committed, 50), "ms", bar=5),
        Figure("p99_ms", 1e3 * percentile(trips.committed, 99), "ms", bar=25),
        Figure("recorded_p50_ms", 1e3 * percentile(trips.recorded, 50), "ms"),
        Figure("recorded_p99_ms", 1e3 * percentile(trips.recorded, 99), "ms"),
        Figure("bare_p50_ms", 1e3 * percentile(trips.bare, 50), "ms"),
        Figure("bare_p99_ms", 1e3 * percentile(trips.bare, 99), "ms"),
        Figure("lag_p50_ms", 1e3 * percentile(full.seconds, 50), "ms"),
        Figure("lag_p99_ms", 1e3 * percentile(full.seconds, 99), "ms", bar=60),
        Figure("lag_lost", calm.lost + full.lost, "events", bar=0),
        Figure("cores_at_1000", calm.cores, "cores", bar=0.8),
        Figure("cores_at_2000", full.cores, "cores"),
    ]


async def _trips(house: House, events: int) -> Trips:
    client = connect(house.store)
    try:
        models = RedisReadModels(client=client)
        with house.cloud():
            async with sending_bear(house) as bear, bare_trip(house) as bare:
                return await make_trips(events, bear, models, bare, SystemChance())
    finally:
        await client.close()
