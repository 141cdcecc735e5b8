"""Container, state manager and cached query, each beside something bare; the memory of a whole bear."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from pydantic import TypeAdapter

from teddy_cloud.bus.cache import Cache
from teddy_cloud.bus.callers import parent
from teddy_cloud.bus.queries import Query, QueryBus, answers
from teddy_cloud.bus.records import Records
from teddy_cloud.bus.timings import Timings
from teddy_cloud.eventstore.memory import MemoryEventStore
from teddy_cloud.state.redis import open_redis_store
from teddy_cloud.storage.client import connect
from teddy_edge.container.bear import bear_providers
from teddy_edge.container.parts import open_parts
from teddy_edge.conversation.report import Nobody, Onlooker
from teddy_edge.inference.models import ModelStore
from teddy_edge.settings import Settings, read
from teddy_shared.clock import Clock, SystemChance, SystemClock
from teddy_shared.envelope import BearId, FamilyId
from teddy_shared.errors import TeddyError
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing
from teddy_shared.state.keys import Key, Role
from teddy_shared.state.memory import MemoryStore
from teddy_shared.state.scopes import Scope
from teddy_shared.state.sqlite import open_sqlite_store
from teddy_shared.state.state import State, one_key
from teddy_shared.state.store import Slot, Store
from workshop.measuring import Figure, Options, medians
from workshop.servers import redis_server
from workshop.turns.remembering import TURNS, remembered

ROLE: Final = Role("bench")
VALUE: Final[dict[str, str | int]] = {"favourite": "elephants", "turns": 12}
MEMORY_RUNS: Final = 200
DISK_RUNS: Final = 20


def run(options: Options) -> Sequence[Figure]:
    with tempfile.TemporaryDirectory(prefix="teddy-bench-") as folder, redis_server(Path(folder)) as server:
        cloud = asyncio.run(_cloud(server.url, options))
    return [*asyncio.run(_run(options)), *cloud, *_whole_bear()]


async def _run(options: Options) -> Sequence[Figure]:
    with tempfile.TemporaryDirectory(prefix="teddy-bench-") as folder:
        resolving = await _resolving(Path(folder), options)
        memory = await _memory(options)
        disk = await _disk(Path(folder), options)
        asking = await _asking(options)
    return [*resolving, *memory, *disk, *asking]


async def _resolving(folder: Path, options: Options) -> list[Figure]:
    """A finished part of the bear's own graph, against a lookup in a dict by the same key."""
    settings = Settings(data=folder / "bear")
    context = {Settings: settings, Onlooker: Nobody()}
    async with open_parts(*bear_providers(), context=context) as parts:
        clock = await parts.get(Clock)  # type: ignore[type-abstract]  # the key of a port
        bare = {Clock: clock}

        async def resolve() -> object:
            return await parts.get(Clock)

        async def look_up() -> object:
            return bare[Clock]

        took = await medians({"ours": resolve, "dict": look_up}, rounds=options.rounds, runs=MEMORY_RUNS)
    return [
        Figure("resolve_us", 1e6 * took["ours"], "us", bar=50),
        Figure("resolve_dict_us", 1e6 * took["dict"], "us"),
    ]


async def _memory(options: Options) -> list[Figure]:
    """One operation: the mean of a write and a read, sealed and not, against a dict that holds the JSON."""
    state = _state(MemoryStore())
    bare: dict[Slot, bytes] = {}
    plain, sealed = _key("bench.plain", sealed=False), _key("bench.sealed", sealed=True)
    slot = Slot(plain.scope, "bear", plain.name)

    async def ours(key: Key[dict[str, str | int]]) -> None:
        await state.write(key, "bear", VALUE, ROLE)
        await state.read(key, "bear", ROLE)

    async def yardstick() -> None:
        bare[slot] = plain.shape.dump_json(VALUE)
        plain.shape.validate_json(bare[slot])

    subjects: dict[str, Callable[[], Awaitable[object]]] = {
        "plain": lambda: ours(plain),
        "sealed": lambda: ours(sealed),
        "dict": yardstick,
    }
    took = await medians(subjects, rounds=options.rounds, runs=MEMORY_RUNS)
    return [
        Figure("state_us", 1e6 * took["plain"] / 2, "us", bar=1000),
        Figure("state_sealed_us", 1e6 * took["sealed"] / 2, "us", bar=1000),
        Figure("state_dict_us", 1e6 * took["dict"] / 2, "us"),
    ]


async def _disk(folder: Path, options: Options) -> list[Figure]:
    """One durable write, sealed and audited, against SQLite behind an executor with the same pragmas."""
    key = _key("bench.sealed", sealed=True)
    blob = key.shape.dump_json(VALUE) + bytes(28)  # as long as the sealed value
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1) as thread:
        bare = await loop.run_in_executor(thread, _bare, folder / "bare.db")

        def put() -> None:
            bare.execute("INSERT OR REPLACE INTO held VALUES ('value', ?)", (blob,))

        async with open_sqlite_store(folder / "state.db") as store:
            state = _state(store)
            took = await medians(
                {
                    "ours": lambda: state.write(key, "bear", VALUE, ROLE),
                    "bare": lambda: loop.run_in_executor(thread, put),
                },
                rounds=options.rounds,
                runs=DISK_RUNS,
            )
        await loop.run_in_executor(thread, bare.close)
    return [
        Figure("state_fsync_ms", 1e3 * took["ours"], "ms", bar=10),
        Figure("state_sqlite_ms", 1e3 * took["bare"], "ms"),
    ]


async def _cloud(url: str, options: Options) -> list[Figure]:
    """The mean of a write and a read of the cloud's state, beside SET and GET by the same client."""
    client, key = connect(url), _key("bench.plain", sealed=False)
    async with open_redis_store(client=client, chance=SystemChance()) as store:
        state = _state(store)

        async def ours() -> None:
            await state.write(key, "bear", VALUE, ROLE)
            await state.read(key, "bear", ROLE)

        async def bare() -> None:
            await client.do("SET", "bare", key.shape.dump_json(VALUE))
            key.shape.validate_json(await client.do("GET", "bare"))

        took = await medians({"ours": ours, "bare": bare}, rounds=options.rounds, runs=MEMORY_RUNS)
    await client.close()
    return [
        Figure("state_redis_us", 1e6 * took["ours"] / 2, "us", bar=1000),
        Figure("state_redis_bare_us", 1e6 * took["bare"] / 2, "us"),
    ]


@dataclass(frozen=True)
class _Day(Query[str]):
    name: ClassVar[str] = "bench.day"

    day: str


class _EveryFamily:
    async def bear(self, family: FamilyId, bear: BearId) -> object:
        return (family, bear)


async def _asking(options: Options) -> list[Figure]:
    """A question that was answered a moment ago, whole way through the bus, against a dict lookup."""
    chance, clock, cache = SystemChance(), SystemClock(), Cache()
    keys = MemoryKeyRing(chance=chance)
    keys.create("bear:bear-1")
    seal = ChaChaSeal(keys=keys, chance=chance)
    records = Records(store=MemoryEventStore(), seal=seal, clock=clock, owner_of=lambda bear: f"bear:{bear}")
    bear, mother = BearId("bear-1"), parent("mother@example.org", FamilyId("family-1"))

    async def answer(query: _Day) -> str:
        return query.day

    bus = QueryBus(
        answerers=[answers(_Day, answer)],
        cache=cache,
        owners=_EveryFamily(),
        records=records,
        timings=Timings(),
        clock=clock,
    )
    cache.open()
    bare = {(mother.family, _Day(bear, "2026-09-01")): "2026-09-01"}

    async def ask() -> object:
        return await bus.ask(_Day(bear, "2026-09-01"), mother)

    async def look_up() -> object:
        return bare[mother.family, _Day(bear, "2026-09-01")]

    took = await medians({"ours": ask, "dict": look_up}, rounds=options.rounds, runs=MEMORY_RUNS)
    if len(cache) != 1:
        raise TeddyError("the answer did not come from the cache")
    return [
        Figure("cached_query_us", 1e6 * took["ours"], "us", bar=50),
        Figure("cached_dict_us", 1e6 * took["dict"], "us"),
    ]


def _whole_bear() -> list[Figure]:
    """In a process of its own, with real models, after twenty turns of all lengths."""
    ModelStore(read().models.cache).prepare(lambda line: print(line, file=sys.stderr, flush=True))
    memory = remembered()
    return [
        Figure("turns", memory.turns, "turns", bar=TURNS, more_is_better=True),
        Figure("rss_ready_mb", memory.ready, "MB"),
        Figure("rss_mb", memory.after, "MB", bar=420),
        Figure("rss_peak_mb", memory.peak, "MB", bar=420),
    ]


def _bare(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE held (name TEXT PRIMARY KEY, value BLOB)")
    return connection


def _state(store: Store) -> State:
    chance = SystemChance()
    keys = MemoryKeyRing(chance=chance)
    keys.create(one_key(Slot(Scope.APPLICATION, "bear", "any")))
    return State(store=store, seal=ChaChaSeal(keys=keys, chance=chance), clock=SystemClock())


def _key(name: str, *, sealed: bool) -> Key[dict[str, str | int]]:
    return Key(
        name=name,
        scope=Scope.APPLICATION,
        shape=TypeAdapter(dict[str, str | int]),
        readers=frozenset({ROLE}),
        writers=frozenset({ROLE}),
        sealed=sealed,
    )
