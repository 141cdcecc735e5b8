"""The outbox's tables, and every statement over them. Says nothing about why. Blocks."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Final

from teddy_edge.outbox.draft import LANE_BITS, row_key
from teddy_edge.outbox.entry import Mark
from teddy_edge.outbox.gaps import Gap
from teddy_shared.envelope import Lane, When
from teddy_shared.errors import ConfigError, StoreDamaged
from teddy_shared.state.database import is_damage, open_database, read_database

VERSION: Final = 2
_NEW: Final = """
CREATE TABLE IF NOT EXISTS events (place INTEGER PRIMARY KEY, head TEXT NOT NULL, payload BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS gaps (last INTEGER PRIMARY KEY, first INTEGER NOT NULL, noted TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS graced (
    lane INTEGER NOT NULL, mark INTEGER NOT NULL, since REAL NOT NULL, PRIMARY KEY (lane, mark)
) WITHOUT ROWID;
"""
SCHEMA: Final = f"""
CREATE TABLE IF NOT EXISTS identity (
    one INTEGER PRIMARY KEY CHECK (one = 1), epoch TEXT NOT NULL, lived REAL NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS lanes (
    lane INTEGER PRIMARY KEY, acked INTEGER NOT NULL, gone INTEGER NOT NULL DEFAULT 0
);
{_NEW}
"""
_ASIDE: Final = """
ALTER TABLE identity ADD COLUMN lived REAL NOT NULL DEFAULT 0;
ALTER TABLE lanes ADD COLUMN gone INTEGER NOT NULL DEFAULT 0;
UPDATE lanes SET gone = acked;
ALTER TABLE events RENAME TO events_1;
"""
_OVER: Final = """
INSERT INTO events SELECT lane << 48 | seq, CAST(head AS TEXT), payload FROM events_1 ORDER BY lane, seq;
DROP TABLE events_1;
"""
UPGRADES: Final = {1: _ASIDE + _NEW + _OVER}  # until then an event went with its acknowledgement
MOST_ROWS: Final = 256  # of one statement, which binds three values for each


class Tables:
    """One connection. Raises sqlite3.Error."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        connection.text_factory = bytes  # a harmed head need not be text
        self._connection = connection
        self.overwrite(on=True)
        self._page: int = connection.execute("PRAGMA page_size").fetchone()[0]
        self._insert = connection.cursor()

    def overwrite(self, *, on: bool) -> None:
        """Whether what goes is overwritten, not only forgotten. It takes room in the log."""
        self._connection.execute(f"PRAGMA secure_delete = {'ON' if on else 'OFF'}")

    def close(self) -> None:
        self._connection.close()

    def begin(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        self._connection.commit()

    def roll_back(self) -> None:
        """Nothing where nothing was begun."""
        self._connection.rollback()

    def add(self, values: Sequence[int | str | bytearray]) -> None:
        """Key, head and payload of each row. Up to MOST_ROWS are one call, in which other threads run."""
        if len(values) <= 3 * MOST_ROWS:
            self._insert.execute(_insertion(len(values) // 3), values)
            return
        for at in range(0, len(values), 3 * MOST_ROWS):
            self.add(values[at : at + 3 * MOST_ROWS])

    def rows(self, lane: Lane, first: int, last: int) -> dict[int, tuple[bytes, bytes]]:
        found = self._connection.execute(
            "SELECT place, head, payload FROM events WHERE place BETWEEN ? AND ?",
            (row_key(lane, first), row_key(lane, last)),
        )
        below = row_key(lane, 0)
        return {place - below: (head, payload) for place, head, payload in found}

    def heads_behind(self, place: int, limit: int) -> list[tuple[int, bytes]]:
        """Of all lanes, from the most urgent on."""
        return self._connection.execute(
            "SELECT place, head FROM events WHERE place > ? ORDER BY place LIMIT ?", (place, limit)
        ).fetchall()

    def replace(self, place: int, head: str, payload: bytes | bytearray) -> None:
        self._connection.execute(
            "UPDATE events SET head = ?, payload = ? WHERE place = ?", (head, payload, place)
        )

    def remove(self, lane: Lane, first: int, last: int) -> None:
        self._connection.execute(
            "DELETE FROM events WHERE place BETWEEN ? AND ?", (row_key(lane, first), row_key(lane, last))
        )

    def gaps(self, lane: Lane) -> tuple[Gap, ...]:
        below = row_key(lane, 0)
        found = self._connection.execute(
            "SELECT first, last, noted FROM gaps WHERE last BETWEEN ? AND ? ORDER BY last",
            (below, row_key(lane, (1 << LANE_BITS) - 1)),
        )
        return tuple(
            Gap(first, last - below, When.model_validate_json(noted)) for first, last, noted in found
        )

    def set_gaps(self, lane: Lane, gaps: Sequence[Gap]) -> None:
        whole = (row_key(lane, 0), row_key(lane, (1 << LANE_BITS) - 1))
        self._connection.execute("DELETE FROM gaps WHERE last BETWEEN ? AND ?", whole)
        self._connection.executemany(
            "INSERT INTO gaps (last, first, noted) VALUES (?, ?, ?)",
            [(row_key(lane, gap.last), gap.first, gap.noted.model_dump_json()) for gap in gaps],
        )

    def marks(self, lane: Lane) -> Mark:
        found = self._connection.execute("SELECT acked, gone FROM lanes WHERE lane = ?", (int(lane),))
        acked, gone = found.fetchone() or (0, 0)
        # Rows go only up to a mark, so a lane without rows ends at its mark.
        below, above = row_key(lane, 0), row_key(lane, (1 << LANE_BITS) - 1)
        newest: int | None
        last: int = acked
        for table, column in (("events", "place"), ("gaps", "last")):
            (newest,) = self._connection.execute(
                f"SELECT max({column}) FROM {table} WHERE {column} BETWEEN ? AND ?",  # noqa: S608  # our own names
                (below, above),
            ).fetchone()
            last = max(last, (newest or below) - below)
        return Mark(acked, last, gone)

    def set_marks(self, lane: Lane, *, acked: int, gone: int) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO lanes (lane, acked, gone) VALUES (?, ?, ?)", (int(lane), acked, gone)
        )

    def epoch(self) -> str | None:
        found = self._connection.execute("SELECT epoch FROM identity").fetchone()
        return None if found is None else found[0].decode()

    def begin_epoch(self, epoch: str) -> None:
        """Marks begin anew; rows stay, and are the caller's to move."""
        self._connection.execute(
            "INSERT INTO identity (one, epoch) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET epoch = ?",
            (epoch, epoch),
        )
        for table in ("lanes", "gaps", "graced"):
            self._connection.execute(f"DELETE FROM {table}")  # noqa: S608  # our own names

    def lived(self) -> float:
        """Seconds that this outbox was open, in all its processes, as far as noted."""
        return float(self._connection.execute("SELECT lived FROM identity").fetchone()[0])

    def set_lived(self, seconds: float) -> None:
        self._connection.execute("UPDATE identity SET lived = ?", (seconds,))

    def graced(self, lane: Lane) -> list[tuple[int, float]]:
        """Up to which number a lane was acknowledged, and since when of `lived`; oldest first."""
        return self._connection.execute(
            "SELECT mark, since FROM graced WHERE lane = ? ORDER BY mark", (int(lane),)
        ).fetchall()

    def grace(self, lane: Lane, mark: int, since: float) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO graced (lane, mark, since) VALUES (?, ?, ?)", (int(lane), mark, since)
        )

    def end_grace(self, lane: Lane, first: int, last: int) -> None:
        """Of the notes from one mark to another."""
        self._connection.execute(
            "DELETE FROM graced WHERE lane = ? AND mark BETWEEN ? AND ?", (int(lane), first, last)
        )

    def free(self) -> int:
        """Bytes that rows can take without a larger file."""
        (pages,) = self._connection.execute("PRAGMA freelist_count").fetchone()
        return int(pages) * self._page

    def used(self) -> int:
        """Bytes of pages that hold something."""
        (pages,) = self._connection.execute("PRAGMA page_count").fetchone()
        (free,) = self._connection.execute("PRAGMA freelist_count").fetchone()
        return int(pages - free) * self._page

    def write_back(self) -> None:
        """As much of the log into the database as can be, which takes room where the database has to grow."""
        self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()

    def empty_log(self) -> None:
        """Writes the log into the database and cuts it off, with what it still holds of what is gone."""
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def open_tables(path: Path) -> tuple[Tables, tuple[str, ...]]:
    """Raises ConfigError. What was healed comes with it."""
    connection, healed = open_database(path, SCHEMA, VERSION, UPGRADES)
    try:
        return Tables(connection), healed
    except BaseException:
        connection.close()
        raise


@contextmanager
def read_tables(path: Path) -> Iterator[Tables]:
    """Beside a process that writes. Raises StoreDamaged, and ConfigError where it may not be read."""
    with closing(read_database(path, {VERSION})) as connection:
        try:
            yield Tables(connection)
        except sqlite3.Error as error:
            if is_damage(error):
                raise StoreDamaged(path, str(error)) from None
            raise ConfigError(f"cannot read the outbox {path} ({error})") from None


def read_what_can_be(path: Path, lane: Lane) -> list[tuple[bytes, bytes]]:
    """Heads and payloads of a lane, unacknowledged as far as is known, out of a damaged database."""
    rows: dict[int, tuple[bytes, bytes]] = {}
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    except sqlite3.Error:
        return []
    with closing(connection):
        connection.text_factory = bytes
        first = row_key(lane, 0)
        with suppress(sqlite3.Error):
            # Else a file that is shorter than it should be is not looked into at all. Nothing is written.
            connection.execute("PRAGMA writable_schema = ON")
        with suppress(sqlite3.Error):
            found = connection.execute("SELECT acked FROM lanes WHERE lane = ?", (int(lane),)).fetchone()
            first += found[0] if found else 0
        # From both ends, each up to where it is broken.
        for order in ("ASC", "DESC"):
            with suppress(sqlite3.Error):
                for place, head, payload in connection.execute(
                    "SELECT place, head, payload FROM events WHERE place > ? AND place < ?"  # noqa: S608  # one of two words
                    f" ORDER BY place {order}",
                    (first, row_key(lane, 1 << LANE_BITS)),
                ):
                    rows[place] = head, payload
    return [rows[place] for place in sorted(rows)]


@cache
def _insertion(count: int) -> str:
    rows = ",".join(["(?,?,?)"] * count)
    return f"INSERT INTO events (place, head, payload) VALUES {rows}"  # noqa: S608  # question marks
