"""Durable, acknowledged events a second through broker, ingest and store, beside the store's script alone."""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from teddy_cloud.eventstore.packing import packed
from teddy_cloud.eventstore.redis import append_call
from teddy_cloud.eventstore.store import Delivery
from teddy_cloud.ingest.ingest import GROUPS, TOGETHER
from teddy_cloud.ingest.intake import Intake
from teddy_cloud.settings import Settings, key_file, load, master_key
from teddy_cloud.storage.client import Call, connect
from teddy_shared.addresses import broker_address
from teddy_shared.clock import SeededChance, SystemChance
from teddy_shared.codec import BATCH_EVENTS
from teddy_shared.envelope import BearId
from teddy_shared.seal import ChaChaSeal, FileKeyRing
from workshop.children import Child, ChildFailed, Children
from workshop.fleet.feeder import Ready, feed, ready
from workshop.fleet.households import bears, move_in, permit
from workshop.fleet.made_up import LABEL, batch, event, turn
from workshop.fleet.processor import seconds_of_all
from workshop.measuring import Figure, Options
from workshop.servers import Server, mosquitto, redis_server

BEARS: Final = 50
PAYLOAD: Final = 300  # bytes of an event
EPOCH: Final = "bench-1"
READY: Final = 30.0  # seconds for a process to come up
NOON: Final = 1_700_000_000_000  # ms
TEDDY: Final = Path(sys.executable).with_name("teddy")
RUN: Final = ("cloud", "run", "--role", "ingest", "--json")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(rounds=3)
    parser.add_argument("--batches", type=int, default=40, help="batches of each bear in a run (40)")


@dataclass(frozen=True, slots=True)
class Load:
    """The same events for every run, in batches and as what the script takes."""

    batches: Mapping[BearId, Sequence[Ready]]
    calls: Sequence[Call]
    events: int


@dataclass(frozen=True, slots=True)
class Bench:
    folder: Path
    settings: Settings
    broker: Server
    store: Server
    load: Load


@dataclass(frozen=True, slots=True)
class Run:
    rate: float  # events a second
    busy: Mapping[str, float]  # microseconds of a processor an event, by process


def run(options: Options) -> Sequence[Figure]:
    runs: dict[str, list[Run]] = {"one": [], "script": [], "two": []}
    with tempfile.TemporaryDirectory(prefix="teddy-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        broker = stack.enter_context(mosquitto(folder / "broker"))
        store = stack.enter_context(redis_server(folder / "store"))
        where = {"broker": broker.url, "store": store.url, "data": folder / "cloud"}
        settings = load(environment={}, overrides=where)
        fleet = bears(BEARS)
        asyncio.run(move_in(settings, fleet))
        bench = Bench(folder, settings, broker, store, prepared(settings, fleet, options.own.batches))
        for _ in range(options.rounds):
            runs["one"].append(through_all(bench, workers=1))
            runs["script"].append(asyncio.run(through_script(bench)))
            runs["two"].append(through_all(bench, workers=2))
    return figures(runs)


def figures(runs: Mapping[str, Sequence[Run]]) -> Sequence[Figure]:
    one, script, two = (statistics.median(each.rate for each in runs[name]) for name in runs)
    return [
        Figure("events_per_s", one, "events/s", bar=20_000, more_is_better=True),
        Figure("ratio_script", one / script, "", bar=0.5, more_is_better=True),
        Figure("two_workers_per_s", two, "events/s"),
        Figure("script_per_s", script, "events/s"),
        *(
            Figure(f"{how}_{name}_us", statistics.median(each.busy[name] for each in runs[how]), "us/event")
            for how in ("one", "script")
            for name in runs[how][0].busy
        ),
    ]


def prepared(settings: Settings, fleet: Sequence[BearId], count: int) -> Load:
    """So many whole batches of each bear, and the script's arguments made of them as ingest makes them."""
    chance = SeededChance(1)
    keys = FileKeyRing(path=key_file(settings), master=master_key(settings), chance=SystemChance())
    intake = Intake(seal=ChaChaSeal(keys=keys, chance=SystemChance()))
    batches: dict[BearId, list[Ready]] = {bear: [] for bear in fleet}
    calls = []
    for first in range(1, count * BATCH_EVENTS + 1, BATCH_EVENTS):
        numbers = range(first, first + BATCH_EVENTS)
        for bear in fleet:
            made = (
                event(bear, EPOCH, seq, turn(size=PAYLOAD, chance=chance), wall_ms=NOON) for seq in numbers
            )
            data = batch(EPOCH, first, tuple(made))
            batches[bear].append(ready(bear, numbers[-1], data))
            delivery = intake.take(bear, LABEL.lane, data)
            assert isinstance(delivery, Delivery)
            calls.append(append_call(delivery, packed(delivery.items)))
    return Load(batches, calls, len(calls) * BATCH_EVENTS)


def through_all(bench: Bench, *, workers: int) -> Run:
    """Bears, broker, ingest and store, each in processes of their own; this one is the bears."""
    asyncio.run(emptied(bench))
    with Children(logs=bench.folder, environment=os.environ) as children:
        started = [_worker(bench, children, str(number)) for number in range(1, workers + 1)]
        pids = {f"ingest{number}": each.process.pid for number, each in enumerate(started, 1)}
        return asyncio.run(_timed(bench, fed(bench), pids | {"broker": bench.broker.pid}))


async def through_script(bench: Bench) -> Run:
    """One feeder without a broker, its arguments ready-made, in groups as large as those of ingest."""
    await emptied(bench)
    client = connect(bench.settings.store)
    calls, size = bench.load.calls, min(TOGETHER, BEARS // GROUPS)  # no more than ingest ever has
    groups = iter([calls[at : at + size] for at in range(0, len(calls), size)])

    async def feed() -> None:
        for group in groups:
            await client.run_all(group)

    async def feed_all() -> None:
        async with asyncio.TaskGroup() as tasks:
            for number in range(GROUPS):
                tasks.create_task(feed(), name=f"feeder-{number}")

    try:
        return await _timed(bench, feed_all(), {})
    finally:
        await client.close()


async def fed(bench: Bench) -> None:
    address = broker_address(bench.settings.broker)
    async with asyncio.TaskGroup() as tasks:
        for bear, batches in bench.load.batches.items():
            tasks.create_task(feed(bear, batches, address), name=f"feed-{bear}")


async def emptied(bench: Bench) -> None:
    """The store as it was before the first event, but for what families grant."""
    client = connect(bench.settings.store)
    try:
        await client.do("FLUSHALL")
        for bear in bench.load.batches:
            await permit(client, bear)
    finally:
        await client.close()


async def _timed(bench: Bench, work: Coroutine[Any, Any, None], pids: Mapping[str, int]) -> Run:
    watched = {**pids, "store": bench.store.pid, "feeder": os.getpid()}
    before, began = seconds_of_all(watched), time.perf_counter()
    await work
    took, after = time.perf_counter() - began, seconds_of_all(watched)
    events = bench.load.events
    return Run(events / took, {name: 1e6 * (after[name] - before[name]) / events for name in watched})


def _worker(bench: Bench, children: Children, name: str) -> Child:
    """An ingest worker that listens to the broker."""
    at = bench.settings
    where = ("--broker", at.broker, "--store", at.store, "--data", str(at.data))
    child = children.start(f"ingest{name}", [TEDDY, *RUN, "--worker", name, *where])
    children.first_word(child, seconds=READY)
    deadline = time.monotonic() + READY
    while child.log.read_text().count("broker connected") < 2:
        if time.monotonic() > deadline:
            raise ChildFailed(f"{child.name} did not reach the broker:\n{child.tail()}")
        children.listen(0.05)
    return child
