"""Events recorded one by one, by eight at once and in batches, beside bare sqlite3; and fifty kills."""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from teddy_edge.outbox.entry import Context
from teddy_edge.outbox.store import Outbox, open_outbox
from teddy_shared.ages import AgeBand
from teddy_shared.clock import SystemChance, SystemClock
from teddy_shared.envelope import BearId, Lane, ProfileId
from teddy_shared.events import TurnEnded
from teddy_shared.seal import NONCE_BYTES, ChaChaSeal, FileKeyRing
from workshop.measuring import Figure, Options
from workshop.outbox_kills import kill_again_and_again, lost

KILLS: Final = 50
# Calls of each caller of ours, then as many of the bare one, and so on: few enough that a slow moment of the
# machine meets both, and enough that each has its code in the caches for most of them.
TURN: Final = {"single": 60, "eight": 20, "batch100": 20}
TURNS: Final = {"single": 10, "eight": 8, "batch100": 6}  # a round
CALLERS: Final = {"single": 1, "eight": 8, "batch100": 2}
BATCH: Final = 100
WORN: Final = 1500  # commits after which a log of 1,000 pages has begun anew
TAG_BYTES: Final = 16

EVENT: Final = TurnEnded(  # what a bear records most
    topic="dinosaurs",
    skill="facts",
    verdict="fine",
    outcome="answered",
    speech_ms=1840,
    reply_ms=5210,
    stages_ms={"hearing": 231.25, "guard": 4.75, "answering": 3.5, "voice_first": 51.5, "voice_rest": 88.0},
    first_sound_ms=262.75,
    from_last_sample_ms=871.5,
)
CONTEXT: Final = Context(
    turn="9f86d081884c7d65",
    generation=12,
    profile=ProfileId("child-8c2f6b"),
    age_band=AgeBand.MIDDLE,
    correlation="9f86d081884c7d65",
    traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
)

Call = Callable[[], Awaitable[object]]


class Bare:
    """sqlite3 with the same pragmas, which stores blobs of one size behind an executor of one thread."""

    def __init__(self, *, database: sqlite3.Connection, thread: ThreadPoolExecutor, size: int) -> None:
        self._database = database
        self._thread = thread
        self._blob = (bytes(size),)

    async def put(self) -> None:
        def insert_and_commit() -> None:
            self._database.execute("INSERT INTO blobs (blob) VALUES (?)", self._blob)
            self._database.commit()

        await self._run(insert_and_commit)

    async def put_all(self) -> None:
        def insert_and_commit() -> None:
            self._database.executemany("INSERT INTO blobs (blob) VALUES (?)", [self._blob] * BATCH)
            self._database.commit()

        await self._run(insert_and_commit)

    async def _run(self, work: Callable[[], object]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, work)


def run(options: Options) -> Sequence[Figure]:
    with tempfile.TemporaryDirectory(prefix="teddy-bench-") as name:
        folder = Path(name)
        return [*asyncio.run(_speed(folder, options)), _kills(folder / "kills")]


async def _speed(folder: Path, options: Options) -> list[Figure]:
    keys = FileKeyRing(path=folder / "keys", master=folder / "master", chance=SystemChance())
    keys.create("outbox")
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1) as thread:
        async with open_outbox(
            folder / "outbox.db",
            bear=BearId("bear-1"),
            seal=ChaChaSeal(keys=keys, chance=SystemChance()),
            clock=SystemClock(),
            chance=SystemChance(),
        ) as outbox:
            size = await _size(outbox)
            database = await loop.run_in_executor(thread, _open, folder / "bare.db")
            bare = Bare(database=database, thread=thread, size=size)
            calls: dict[str, tuple[Call, Call]] = {
                "single": (lambda: outbox.append(EVENT, CONTEXT), bare.put),
                "eight": (lambda: outbox.append(EVENT, CONTEXT), bare.put),
                "batch100": (lambda: _append_all(outbox), bare.put_all),
            }
            fresh = await _round("single", *calls["single"])
            for _ in range(WORN // BATCH):  # both alike: each has ten times as many commits behind it then
                await asyncio.gather(*(each() for each in calls["batch100"]))
            figures = [Figure("event_bytes", size, "bytes")]
            for name, bar in (("single", 1.0), ("eight", 0.7), ("batch100", 0.7)):
                rounds = [await _round(name, *calls[name]) for _ in range(options.rounds)]
                ratio = statistics.median(theirs / ours for ours, theirs in rounds)
                figures += [
                    Figure(f"ratio_{name}", ratio, "", bar=bar, more_is_better=True),
                    Figure(f"{name}_us", 1e6 * statistics.median(ours for ours, _ in rounds), "us"),
                    Figure(f"{name}_bare_us", 1e6 * statistics.median(theirs for _, theirs in rounds), "us"),
                ]
            # In the first hours after a start, while the log of the bare one still grows.
            figures.append(Figure("ratio_single_fresh", fresh[1] / fresh[0], ""))
        await loop.run_in_executor(thread, database.close)
    return figures


async def _round(name: str, ours: Call, bare: Call) -> tuple[float, float]:
    """Seconds a call of ours and of the bare one: each the median of its turns, since a disk hiccups."""
    took: tuple[list[float], list[float]] = ([], [])
    callers = CALLERS[name]
    for turn in range(TURNS[name]):
        both = list(zip(took, (ours, bare), strict=True))
        for turns, call in both if turn % 2 else reversed(both):  # neither always follows the other
            began = time.perf_counter()
            await asyncio.gather(*(_calls(call, TURN[name]) for _ in range(callers)))
            turns.append((time.perf_counter() - began) / (TURN[name] * callers))
    return statistics.median(took[0]), statistics.median(took[1])


async def _calls(call: Call, count: int) -> None:
    for _ in range(count):
        await call()


async def _append_all(outbox: Outbox) -> None:
    heads = await outbox.append_all([EVENT] * BATCH, CONTEXT)
    assert heads[-1].type == EVENT.label.type


async def _size(outbox: Outbox) -> int:
    """Bytes of one event as it lies on the card."""
    await outbox.append(EVENT, CONTEXT)
    (entry,) = await outbox.pending(Lane.INTERACTION, 0)
    return len(entry.wire.head) + NONCE_BYTES + len(entry.wire.payload) + TAG_BYTES


def _open(file: Path) -> sqlite3.Connection:
    database = sqlite3.connect(file)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute("PRAGMA secure_delete = ON")
    database.execute("CREATE TABLE blobs (id INTEGER PRIMARY KEY, blob BLOB)")
    return database


def _kills(folder: Path) -> Figure:
    folder.mkdir()
    acknowledged = kill_again_and_again(folder, kills=KILLS)
    return Figure("lost_after_kill", len(asyncio.run(lost(folder, acknowledged))), "events", bar=0)
