"""Tampering with the account of the state shows, on a bear's card and in the cloud's store."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from teddy_cloud.commands.state_looking import verify
from teddy_cloud.settings import Settings
from teddy_cloud.state.redis import RedisStore
from teddy_cloud.storage.client import StoreClient, connect
from teddy_shared.errors import ConfigError
from teddy_shared.state.chain import GENESIS, Verdict, look_through
from teddy_shared.state.keys import Role
from teddy_shared.state.scopes import Scope
from teddy_shared.state.sqlite import open_sqlite_store, read_sqlite_store
from teddy_shared.state.store import Slot, Stamp, Store
from tests.processes import ask
from tests.servers import Server

TALK = Role("talk")
AUDIT = "state:{state}:audit"


async def write(store: Store, times: int, owner: str = "bear-1") -> None:
    for number in range(times):
        slot = Slot(Scope.APPLICATION, owner, f"talk.{number}")
        await store.put(slot, b"", stamp=Stamp(TALK, 1.5), expires=None, expected=None)


# --- on a card ---------------------------------------------------------------------------------------


async def looked_at(path: Path) -> Verdict:
    async with open_sqlite_store(path) as store:
        return await look_through(store)


def change(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.executescript(statement)


@pytest.mark.parametrize(
    ("statement", "number", "what"),
    [
        ("UPDATE audit SET who = 'nobody' WHERE number = 3", 3, "altered"),
        ("UPDATE audit SET at = 1.6, chain = 'f' WHERE number = 3", 3, "altered"),
        ("DELETE FROM audit WHERE number = 3", 3, "missing"),
        ("DELETE FROM audit WHERE number >= 4", 4, "newest entries are missing"),
        ("DELETE FROM audit WHERE number <= 2", 1, "missing"),
        (
            "UPDATE audit SET name = 'talk.3' WHERE number = 3;"
            "UPDATE audit SET name = 'talk.2' WHERE number = 4",
            3,
            "altered",
        ),
    ],
)
async def test_a_row_that_was_tampered_with_is_named(
    tmp_path: Path, statement: str, number: int, what: str
) -> None:
    async with open_sqlite_store(tmp_path / "s.db") as store:
        await write(store, 5)
    assert (await looked_at(tmp_path / "s.db")).broken is None

    await asyncio.to_thread(change, tmp_path / "s.db", statement)

    broken = (await looked_at(tmp_path / "s.db")).broken
    assert broken is not None
    assert broken.number == number
    assert what in broken.what


FIRST_VERSION = """
CREATE TABLE held (
    scope TEXT NOT NULL, owner TEXT NOT NULL, name TEXT NOT NULL,
    version INTEGER NOT NULL, expires REAL, value BLOB NOT NULL,
    PRIMARY KEY (scope, owner, name)
) WITHOUT ROWID;
CREATE TABLE audit (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    scope TEXT NOT NULL, owner TEXT NOT NULL, name TEXT NOT NULL,
    verb TEXT NOT NULL, who TEXT NOT NULL, at REAL NOT NULL
);
PRAGMA user_version = 1;
"""


async def test_a_database_of_the_first_version_is_chained_as_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    row = "'application', 'bear-1', 'talk.name'"
    kept = f"""
    INSERT INTO audit VALUES (4, {row}, 'written', 'talk', 7);
    INSERT INTO audit VALUES (5, {row}, 'forgotten', 'talk', 8.25);
    INSERT INTO audit VALUES (6, {row}, 'written', 'talk', 1e9);
    INSERT INTO held VALUES ({row}, 6, NULL, 'kept');
    """
    await asyncio.to_thread(change, path, FIRST_VERSION + kept)

    async with open_sqlite_store(path) as store:
        slot = Slot(Scope.APPLICATION, "bear-1", "talk.name")
        held = await store.get(slot, now=0.0)
        seven = await store.put(slot, b"", stamp=Stamp(TALK, 2e9), expires=None, expected=6)
        verdict = await look_through(store)

    assert held is not None
    assert (held.version, seven) == (6, 7)
    assert store.healed == ()
    assert verdict.broken is None
    assert (verdict.entries, verdict.span.before.number) == (4, 3)


async def test_a_database_of_the_first_version_is_read_before_it_is_brought_up(tmp_path: Path) -> None:
    held = "INSERT INTO held VALUES ('application', 'bear-1', 'talk.name', 6, NULL, 'kept');"
    await asyncio.to_thread(change, tmp_path / "s.db", FIRST_VERSION + held)

    async with read_sqlite_store(tmp_path / "s.db") as store:
        row = await store.get(Slot(Scope.APPLICATION, "bear-1", "talk.name"), now=0.0)

    assert row is not None
    assert row.version == 6


async def test_an_empty_database_of_the_first_version_begins_a_chain(tmp_path: Path) -> None:
    await asyncio.to_thread(change, tmp_path / "s.db", FIRST_VERSION)

    async with open_sqlite_store(tmp_path / "s.db") as store:
        await write(store, 2)
        verdict = await look_through(store)

    assert (verdict.entries, verdict.span.before, verdict.broken) == (2, GENESIS, None)


# --- in the cloud ------------------------------------------------------------------------------------


@pytest.fixture
async def client(redis_server: Server) -> AsyncIterator[StoreClient]:
    client = connect(redis_server.url)
    yield client
    await client.close()


async def rewrite(client: StoreClient, entries: list[bytes]) -> None:
    """As somebody with the store's password would: the whole stream anew."""
    await client.do("DEL", AUDIT)
    for entry in entries:
        await client.do("XADD", AUDIT, f"{json.loads(entry)[0]}-0", "entry", entry)


async def test_an_entry_in_the_store_that_was_tampered_with_is_named(client: StoreClient) -> None:
    store = RedisStore(client=client)
    await write(store, 5)
    written = [fields[b"entry"] for _, fields in await client.do("XRANGE", AUDIT, "-", "+")]
    assert (await look_through(store)).broken is None

    found = []
    for forged in (
        [each.replace(b'"talk.2"', b'"talk.9"') for each in written],
        [*written[:2], *written[3:]],
        written[:3],
        [written[0], written[2].replace(b"[3,", b"[2,"), written[1].replace(b"[2,", b"[3,"), *written[3:]],
    ):
        await rewrite(client, forged)
        found.append((await look_through(store)).broken)

    assert [(each.number, each.what.split(" ")[-1]) for each in found if each is not None] == [
        (3, "exchanged"),
        (3, "missing"),
        (4, "on"),
        (2, "exchanged"),
    ]


async def test_an_operator_sees_who_changed_what_and_whether_it_holds(
    client: StoreClient, redis_server: Server
) -> None:
    async def audit(*more: str) -> tuple[int, str]:
        arguments = ["cloud", "state", "audit", "--store", redis_server.url, *more]
        code, out, errors = await asyncio.to_thread(ask, arguments)
        return code, out + errors

    store = RedisStore(client=client)
    await write(store, 3)
    slot = Slot(Scope.SESSION, "\x1b[2Jwho", "talk.name")
    await store.put(slot, b"secret", stamp=Stamp(TALK, 0.0), expires=None, expected=None)

    listed = await audit("--limit", "2")
    await client.do("XDEL", AUDIT, "2-0")
    broken = await audit("--verify", "--json")

    assert listed[0] == 0
    assert len(listed[1].splitlines()) == 2
    assert listed[1].splitlines()[1].split("  ") == [
        *("4", "1970-01-01T00:00:00+00:00", "talk", "written", "session", r"\x1b[2Jwho", "talk.name"),
    ]
    assert broken[0] == 1
    assert json.loads(broken[1])["broken"] == {"number": 2, "what": "entries 2 to 2 are missing"}


async def test_an_end_that_was_noted_down_is_found_again_unless_the_whole_was_forged(
    client: StoreClient, redis_server: Server
) -> None:
    settings = Settings(store=redis_server.url)
    await write(RedisStore(client=client), 3)
    end = (await verify(settings, None)).span.end
    noted = f"{end.number}:{end.chain}"
    await write(RedisStore(client=client), 2)
    before = await verify(settings, noted)

    await client.do("FLUSHALL")
    await write(RedisStore(client=client, audit_kept=2), 4, "forger")
    forged = await verify(settings, noted)
    await write(RedisStore(client=client, audit_kept=2), 1)
    gone = await verify(settings, noted)

    assert before.broken is None
    assert [verdict.broken.what for verdict in (forged, gone) if verdict.broken is not None] == [
        "entry 3 is another one than was noted: the chain was forged",
        "entry 3 made room since it was noted: nothing can be said of it",
    ]
    with pytest.raises(ConfigError, match="looks like"):
        await verify(settings, "4")
