"""The state on the card: what is left after a restart, a crash, and damage."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from teddy_shared.clock import SeededChance, SystemClock
from teddy_shared.errors import ConfigError, LinkError, StateError, TeddyError
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing
from teddy_shared.state.keys import Key, Role
from teddy_shared.state.memory import MemoryStore
from teddy_shared.state.scopes import Scope
from teddy_shared.state.sqlite import open_sqlite_store
from teddy_shared.state.state import State
from teddy_shared.state.store import Stamp, Store

BEAR = Role("bear")
TEXT = TypeAdapter(str)  # made here, since the first one of a process reads files


def key(scope: Scope = Scope.APPLICATION) -> Key[str]:
    return Key(
        name="name",
        scope=scope,
        shape=TEXT,
        readers=frozenset({BEAR}),
        writers=frozenset({BEAR}),
    )


def state_on(store: Store) -> State:
    ring = MemoryKeyRing(chance=SeededChance(1))
    return State(store=store, seal=ChaChaSeal(keys=ring, chance=SeededChance(2)), clock=SystemClock())


async def test_what_belongs_to_the_bear_outlives_its_process_and_a_broken_session_does_not(
    tmp_path: Path,
) -> None:
    async with open_sqlite_store(tmp_path / "s.db") as store:
        version = await state_on(store).write(key(), "b", "Bruno", BEAR)
        await state_on(store).write(key(Scope.SESSION), "talk", "Anna", BEAR)  # and then the power went

    async with open_sqlite_store(tmp_path / "s.db") as store:
        held = await state_on(store).read(key(), "b", BEAR)

        assert held is not None
        assert (held.value, held.version) == ("Bruno", version)
        assert await state_on(store).read(key(Scope.SESSION), "talk", BEAR) is None
        assert store.healed == ()


async def test_a_damaged_state_is_set_aside_reported_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    await asyncio.to_thread(path.write_bytes, b"SQLite format 3\x00 but no more" * 300)

    async with open_sqlite_store(path) as store:
        await state_on(store).write(key(), "b", "Bruno", BEAR)

        assert len(store.healed) == 1
        assert "s.db.damaged-1" in store.healed[0]
    kept = await asyncio.to_thread((tmp_path / "s.db.damaged-1").read_bytes)
    assert kept.startswith(b"SQLite format 3\x00 but")


async def test_a_database_that_refuses_a_write_is_a_named_error(tmp_path: Path) -> None:
    async with open_sqlite_store(tmp_path / "s.db") as store:
        await state_on(store).write(key(), "b", "Bruno", BEAR)
        await asyncio.to_thread(spoil, tmp_path / "s.db")

        with pytest.raises(StateError, match="cannot be kept for now"):
            await state_on(store).write(key(), "b", "Otto", BEAR)


def spoil(path: Path) -> None:
    database = sqlite3.connect(path)
    database.executescript("DROP TABLE audit")
    database.close()


@pytest.fixture
def something_in_the_way(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_text("in the way")
    return path


async def test_a_folder_that_cannot_be_made_is_said_plainly(something_in_the_way: Path) -> None:
    with pytest.raises(ConfigError, match="cannot keep a database at"):
        async with open_sqlite_store(something_in_the_way / "s.db"):
            pass


@pytest.mark.parametrize(
    "trouble",
    [StateError("the state cannot be kept for now: database is locked"), LinkError("the store is away")],
)
async def test_a_store_that_is_busy_or_away_is_swept_at_the_next_interval(trouble: TeddyError) -> None:
    store = BusyStore(trouble, times=2)
    await state_on(store).write(replace(key(), lifetime=-1.0), "b", "Bruno", BEAR)  # past its time at once
    sweeper = asyncio.create_task(state_on(store).keep_sweeping(every=0.01), name="sweeper")

    async with asyncio.timeout(5):
        assert await store.swept == 1

    assert not sweeper.done()
    sweeper.cancel()
    await asyncio.wait([sweeper])
    assert sweeper.cancelled()


class BusyStore(MemoryStore):
    """The first few sweeps come to nothing."""

    def __init__(self, trouble: TeddyError, *, times: int) -> None:
        super().__init__()
        self._trouble = trouble
        self._times = times
        self.swept: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def expire(self, *, stamp: Stamp) -> int:
        if self._times:
            self._times -= 1
            raise self._trouble
        gone = await super().expire(stamp=stamp)
        if not self.swept.done():
            self.swept.set_result(gone)
        return gone
