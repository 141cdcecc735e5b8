"""The state on a bear's card."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, TypeVar

from teddy_shared.errors import Conflict, StateError
from teddy_shared.logs import log
from teddy_shared.state.chain import GENESIS, digest, linked
from teddy_shared.state.database import open_database, read_database
from teddy_shared.state.keys import Role
from teddy_shared.state.scopes import Scope
from teddy_shared.state.store import AUDIT_KEPT, Change, Link, Row, Slot, Span, Stamp, Verb

T = TypeVar("T")

VERSION: Final = 2
SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS held (
    scope TEXT NOT NULL, owner TEXT NOT NULL, name TEXT NOT NULL,
    version INTEGER NOT NULL, expires REAL, value BLOB NOT NULL,
    PRIMARY KEY (scope, owner, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS audit (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    scope TEXT NOT NULL, owner TEXT NOT NULL, name TEXT NOT NULL,
    verb TEXT NOT NULL, who TEXT NOT NULL, at REAL NOT NULL, chain TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS span (place TEXT PRIMARY KEY, number INTEGER NOT NULL, chain TEXT NOT NULL);
"""
_UPGRADES: Final = {
    # Version 1 had no chain: what it kept is chained as it stands.
    1: """
ALTER TABLE audit ADD COLUMN chain TEXT NOT NULL DEFAULT '';
CREATE TABLE span (place TEXT PRIMARY KEY, number INTEGER NOT NULL, chain TEXT NOT NULL);
INSERT INTO span SELECT 'before', min(number) - 1, lower(hex(zeroblob(32))) FROM audit HAVING count(*) > 0;
WITH RECURSIVE chained (number, chain) AS (
    SELECT number, chain FROM span
    UNION ALL
    SELECT next.number, digest(
        chained.chain, next.number, next.scope, next.owner, next.name, next.verb, next.who, next.at
    )
    FROM chained JOIN audit AS next ON next.number = (
        SELECT min(number) FROM audit WHERE number > chained.number
    )
)
UPDATE audit SET chain = chained.chain FROM chained WHERE chained.number = audit.number;
INSERT INTO span SELECT 'end', number, chain FROM audit ORDER BY number DESC LIMIT 1;
"""
}
_SPAN: Final = "INSERT OR REPLACE INTO span (place, number, chain) VALUES (?, ?, ?)"
_END_BRIEF: Final = "DELETE FROM held WHERE scope IN ('request', 'session')"

_READ: Final = (
    "SELECT value, version FROM held WHERE scope = ? AND owner = ? AND name = ?"
    " AND (expires IS NULL OR expires > ?)"
)
_FORGET: Final = "DELETE FROM held WHERE scope = ? AND owner = ? AND name = ? RETURNING scope, owner, name"
_END: Final = "DELETE FROM held WHERE scope = ? AND owner = ? RETURNING scope, owner, name"
_EXPIRE: Final = "DELETE FROM held WHERE expires <= ? RETURNING scope, owner, name"


@asynccontextmanager
async def open_sqlite_store(path: Path, *, audit_kept: int = AUDIT_KEPT) -> AsyncIterator[SqliteStore]:
    """Raises ConfigError where the folder cannot be used. Damage is healed and told in `healed`."""
    async with _on_a_thread(lambda: _open_state(path), audit_kept) as store:
        yield store


@asynccontextmanager
async def read_sqlite_store(path: Path) -> AsyncIterator[SqliteStore]:
    """A store that another process may be writing right now. Here every change raises StateError.

    Values can be read from the first version too: the bear that brings it up may not have started yet.

    Raises ConfigError where it is not there or may not be read, and StoreDamaged where it is damaged.
    """
    async with _on_a_thread(lambda: (read_database(path, (1, VERSION)), ()), AUDIT_KEPT) as store:
        yield store


@asynccontextmanager
async def _on_a_thread(
    open_: Callable[[], tuple[sqlite3.Connection, tuple[str, ...]]], audit_kept: int
) -> AsyncIterator[SqliteStore]:
    loop = asyncio.get_running_loop()
    # One thread owns the connection. Its queue holds one entry for each caller, who waits for it.
    thread = ThreadPoolExecutor(1, thread_name_prefix="state")
    try:
        connection, healed = await loop.run_in_executor(thread, open_)
        try:
            yield SqliteStore(connection=connection, thread=thread, healed=healed, audit_kept=audit_kept)
        finally:
            await loop.run_in_executor(thread, connection.close)
    finally:
        await asyncio.to_thread(thread.shutdown)


class SqliteStore:
    """Made by `open_sqlite_store`."""

    def __init__(
        self,
        *,
        connection: sqlite3.Connection,
        thread: ThreadPoolExecutor,
        healed: tuple[str, ...],
        audit_kept: int,
    ) -> None:
        self._connection = connection
        self._thread = thread
        self._audit_kept = audit_kept
        self._listeners: list[Callable[[Change], None]] = []
        self.healed = healed

    async def get(self, slot: Slot, *, now: float) -> Row | None:
        def work() -> Row | None:
            found = self._connection.execute(_READ, (*slot, now)).fetchone()
            return None if found is None else Row(*found)

        return await self._run(work)

    async def put(
        self, slot: Slot, value: bytes, *, stamp: Stamp, expires: float | None, expected: int | None
    ) -> int:
        def work(noted: list[Change]) -> int:
            if expected is not None:
                found = self._connection.execute(_READ, (*slot, stamp.when)).fetchone()
                if (version := 0 if found is None else int(found[1])) != expected:
                    raise Conflict(slot.name, expected, version)
            number = self._note(slot, Verb.WRITTEN, stamp, noted)
            self._connection.execute(
                "INSERT OR REPLACE INTO held (scope, owner, name, version, expires, value)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (*slot, number, expires, value),
            )
            return number

        return await self._change(work)

    async def delete(self, slot: Slot, *, stamp: Stamp) -> bool:
        return await self._drop(_FORGET, slot, Verb.FORGOTTEN, stamp) > 0

    async def end(self, scope: Scope, owner: str, *, stamp: Stamp) -> None:
        await self._drop(_END, (scope, owner), Verb.ENDED, stamp)

    async def expire(self, *, stamp: Stamp) -> int:
        return await self._drop(_EXPIRE, (stamp.when,), Verb.EXPIRED, stamp)

    async def audit(self, *, after: int, limit: int) -> Sequence[Change]:
        def work() -> list[Change]:
            rows = self._connection.execute(
                "SELECT number, scope, owner, name, verb, who, at, chain FROM audit"
                " WHERE number > ? ORDER BY number LIMIT ?",
                (after, limit),
            )
            return [
                Change(number, Slot(Scope(scope), owner, name), Verb(verb), Stamp(Role(who), at), chain)
                for number, scope, owner, name, verb, who, at, chain in rows
            ]

        return await self._run(work)

    async def span(self) -> Span:
        return await self._run(self._span)

    def tell(self, listener: Callable[[Change], None]) -> None:
        self._listeners.append(listener)

    async def _drop(self, deleting: str, values: Sequence[object], verb: Verb, stamp: Stamp) -> int:
        def work(noted: list[Change]) -> int:
            gone = self._connection.execute(deleting, tuple(values)).fetchall()
            for scope, owner, name in gone:
                self._note(Slot(Scope(scope), owner, name), verb, stamp, noted)
            return len(gone)

        return await self._change(work)

    async def _change(self, work: Callable[[list[Change]], T]) -> T:
        """One transaction. Listeners hear of it even if the caller has stopped waiting."""
        loop = asyncio.get_running_loop()

        def transaction() -> T:
            noted: list[Change] = []
            with self._connection:  # commits, or rolls back what raised
                self._connection.execute("BEGIN IMMEDIATE")
                result = work(noted)
            if noted:
                loop.call_soon_threadsafe(self._announce, noted)
            return result

        return await self._run(transaction)

    async def _run(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except sqlite3.Error as error:
            raise StateError(f"the state cannot be kept for now: {error}") from error

    def _note(self, slot: Slot, verb: Verb, stamp: Stamp, noted: list[Change]) -> int:
        change = linked(noted[-1].link if noted else self._span().end, slot, verb, stamp)
        self._connection.execute(
            "INSERT INTO audit (number, scope, owner, name, verb, who, at, chain)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (change.number, *slot, verb, *stamp, change.chain),
        )
        self._connection.execute(_SPAN, ("end", *change.link))
        gone = self._connection.execute(
            "DELETE FROM audit WHERE number <= ? RETURNING number, chain", (change.number - self._audit_kept,)
        ).fetchall()
        if gone:
            self._connection.execute(_SPAN, ("before", *max(gone)))
        noted.append(change)
        return change.number

    def _span(self) -> Span:
        rows = self._connection.execute("SELECT place, number, chain FROM span")
        found = {place: Link(number, chain) for place, number, chain in rows}
        return Span(found.get("before", GENESIS), found.get("end", GENESIS))

    def _announce(self, changes: list[Change]) -> None:
        for change in changes:
            for listener in self._listeners:
                listener(change)


def _open_state(path: Path) -> tuple[sqlite3.Connection, tuple[str, ...]]:
    connection, healed = open_database(path, SCHEMA, VERSION, _UPGRADES, {"digest": digest})
    try:
        # One process owns the file, and what was brief has ended with the one before.
        connection.execute(_END_BRIEF)
    except sqlite3.Error as error:  # a full disk; nobody asks for what is left, and the next start comes by
        log("state").warning("what was brief is not cleared away", reason=str(error))
    return connection, healed
