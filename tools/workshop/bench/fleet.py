"""Ten thousand simulated bears at one broker: event to read model, nothing lost, and the broker's restart."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from teddy_cloud.projections.redis import RedisReadModels
from teddy_cloud.settings import Role, Settings, load
from teddy_cloud.storage.client import connect
from teddy_shared.errors import ConfigError
from workshop.children import Child, Children
from workshop.fleet.handshakes import measure_handshakes
from workshop.fleet.households import bears, move_in
from workshop.fleet.processor import calm, seconds_of_all
from workshop.fleet.simulator import open_files
from workshop.fleet.verdict import Verdict, judge
from workshop.fleet.watching import Watch
from workshop.measuring import Figure, Options, percentile
from workshop.servers import Server, mosquitto, redis_server

BEARS: Final = 10_000
RATE: Final = 1_000.0  # events a second, of all bears together
SECONDS: Final = 120.0
HANDSHAKES: Final = 500
EPOCH: Final = "fleet-1"

READY: Final = 30.0  # seconds for a process to come up
DAYBREAK: Final = 120.0  # seconds for all bears to connect
BACK: Final = 60.0  # seconds for all of them to be back
SETTLE: Final = 1.0  # seconds until what the hellos stirred up has settled, and the last event is shown
SPARE: Final = 200  # files that a process has besides its bears
ROLES: Final = (Role.INGEST, Role.PROJECTOR)
SIMULATOR: Final = (sys.executable, "-m", "workshop.fleet.simulator")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--bears", type=int, default=BEARS, help=f"({BEARS})")
    parser.add_argument("--rate", type=float, default=RATE, help=f"events a second of all bears ({RATE:g})")
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"of sending ({SECONDS:g})")
    parser.add_argument(
        "--handshakes", type=int, default=HANDSHAKES, help=f"over TLS, measured apart ({HANDSHAKES})"
    )


@dataclass(frozen=True, slots=True)
class Day:
    """What a fleet lived through."""

    there: Mapping[str, Any]  # as the simulator told it
    sent: Mapping[str, Any]
    back: Mapping[str, Any]
    verdict: Verdict
    took: Sequence[float]  # seconds of each event from its stamp to the read model
    busy: Mapping[str, float]  # cores that each process kept busy while the bears sent


@dataclass(frozen=True, slots=True)
class Town:
    settings: Settings
    broker: Server
    children: Children
    simulator: Child
    pids: Mapping[str, int]


def run(options: Options) -> Sequence[Figure]:
    own = options.own
    if (most := open_files()) < own.bears + SPARE:
        raise ConfigError(f"{own.bears} bears need as many open files, and {most} are allowed; see ulimit -n")
    with tempfile.TemporaryDirectory(prefix="teddy-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        broker = stack.enter_context(mosquitto(folder / "broker", bears=own.bears + SPARE))
        store = stack.enter_context(redis_server(folder / "store"))
        where = {"broker": broker.url, "store": store.url, "data": folder / "cloud"}
        settings = load(environment={}, overrides=where)
        asyncio.run(move_in(settings, bears(own.bears)))
        children = stack.enter_context(Children(logs=folder, environment=os.environ))
        cloud = [_start(children, settings, role) for role in ROLES]
        for child in cloud:
            children.first_word(child, seconds=READY)
        simulator = children.start("bears", [*SIMULATOR, *_wish(settings, own)])
        pids = {each.name: each.process.pid for each in (simulator, *cloud)}
        pids |= {"broker": broker.pid, "store": store.pid}
        day = asyncio.run(_live(Town(settings, broker, children, simulator, pids), own.seconds))
        handshakes = measure_handshakes(folder / "secure", own.handshakes) if own.handshakes else []
    return figures(day, handshakes, bears=own.bears)


def figures(day: Day, handshakes: Sequence[float], *, bears: int) -> Sequence[Figure]:
    found = [
        Figure("bears", day.there["there"], "bears", bar=bears, more_is_better=True),
        Figure("connect_s", day.there["seconds"], "s"),
        Figure("events", day.sent["sent"], "events"),
        Figure("p50_ms", 1e3 * percentile(day.took, 50), "ms"),
        Figure("p99_ms", 1e3 * percentile(day.took, 99), "ms", bar=60),
        Figure("longest_ms", 1e3 * max(day.took), "ms"),
        Figure("sent_again", day.sent["again"], "events"),
        Figure("lost", day.verdict.lost, "events", bar=0),
        Figure("doubled", day.verdict.doubled, "events", bar=0),
        Figure("back_s", day.back["seconds"], "s", bar=BACK),
        Figure("knocks", day.back["knocks"] / day.back["there"], "a bear"),
        Figure("most_knocks_per_s", day.back["most_knocks_per_s"], "1/s"),
        *(Figure(f"{name}_cores", cores, "cores") for name, cores in day.busy.items()),
    ]
    if handshakes:
        found.append(Figure("tls_handshakes", len(handshakes), "bears"))
        found.append(Figure("tls_handshake_ms", 1e3 * percentile(handshakes, 50), "ms"))
        found.append(Figure("tls_handshake_p99_ms", 1e3 * percentile(handshakes, 99), "ms"))
    return found


async def _live(town: Town, seconds: float) -> Day:
    there = await _told(town, DAYBREAK)
    await asyncio.sleep(SETTLE)
    calm()
    client = connect(town.settings.store)
    try:
        watch = Watch()
        async with RedisReadModels(client=client).every_notice() as notices, asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(watch.listen(notices), name="watch")
            before = seconds_of_all(town.pids)
            town.simulator.process.send_signal(signal.SIGUSR1)
            sent = await _told(town, seconds + READY)
            after = seconds_of_all(town.pids)
            await asyncio.sleep(SETTLE)
            listening.cancel()
        await asyncio.to_thread(town.broker.restart)
        back = await _told(town, 2 * BACK)
        verdict = await judge(client, EPOCH, sent["sent"])
    finally:
        await client.close()
    busy = {name: (after[name] - before[name]) / seconds for name in town.pids}
    return Day(there, sent, back, verdict, watch.took(verdict.stamps), busy)


async def _told(town: Town, seconds: float) -> Mapping[str, Any]:
    """The simulator's next word. Raises ChildFailed."""
    return await asyncio.to_thread(town.children.first_word, town.simulator, seconds=seconds)


def _start(children: Children, settings: Settings, role: Role) -> Child:
    """A process of the cloud."""
    where = ("--broker", settings.broker, "--store", settings.store, "--data", str(settings.data))
    command = (sys.executable, "-m", "teddy_cloud", "run", "--role", role.value, "--json", *where)
    return children.start(role.value, command)


def _wish(settings: Settings, own: argparse.Namespace) -> Sequence[str]:
    return (
        *("--broker", settings.broker, "--epoch", EPOCH),
        *("--bears", str(own.bears), "--rate", str(own.rate), "--seconds", str(own.seconds)),
    )
