"""How a database on a bear's card is opened, so that neither damage nor a full disk stops the bear."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Mapping
from contextlib import closing
from pathlib import Path

from teddy_shared.errors import ConfigError, StoreDamaged
from teddy_shared.logs import log

Upgrades = Mapping[int, str]
"""From a version of a schema to the next: the statements that bring an older database up, data and all."""


Functions = Mapping[str, Callable[..., str]]
"""What the statements of an upgrade may call by name, beside what SQLite knows."""


def open_database(
    path: Path,
    schema: str,
    version: int,
    upgrades: Upgrades | None = None,
    functions: Functions | None = None,
) -> tuple[sqlite3.Connection, tuple[str, ...]]:
    """A connection in WAL with synchronous FULL, and what had to be healed to get it.

    A file that cannot be read is set aside beside itself as `*.damaged-N`; nothing is deleted. A disk that
    takes nothing is no hindrance where the database is there already: then it can at least be read.
    Blocks: call it in the thread that will own the connection.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return _connect(path, schema, version, upgrades or {}, functions or {}), ()
        except StoreDamaged as damage:
            aside = set_aside(path)
            log("state").warning("database set aside", database=path.name, kept_as=aside.name)
            return _connect(path, schema, version, {}, {}), (f"{damage}; kept as {aside.name}",)
    except (OSError, sqlite3.Error, StoreDamaged) as error:
        raise ConfigError(
            f"cannot keep a database at {path} ({error}): "
            f"make its folder writable for this user, and make room on the disk"
        ) from None


def read_database(path: Path, versions: Collection[int]) -> sqlite3.Connection:
    """Raises ConfigError, StoreDamaged. Takes no lock that a writer would have to wait for."""
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
        try:
            found = connection.execute("PRAGMA user_version").fetchone()[0]
            if found not in versions:
                known = max(versions)
                raise StoreDamaged(path, f"its schema is version {found}, this release knows {known}")
        except BaseException:
            connection.close()
            raise
    except sqlite3.Error as error:
        if is_damage(error):
            raise StoreDamaged(path, str(error)) from None
        raise ConfigError(f"cannot read the database {path} ({error})") from None
    return connection


def check_database(path: Path, versions: Collection[int]) -> int:
    """Reads all of it once, and gives its version. Raises ConfigError, StoreDamaged."""
    with closing(read_database(path, versions)) as connection:
        try:
            read_through(path, connection)
            version: int = connection.execute("PRAGMA user_version").fetchone()[0]
        except sqlite3.Error as error:
            if is_damage(error):
                raise StoreDamaged(path, str(error)) from None
            raise ConfigError(f"cannot read the database {path} ({error})") from None
    return version


def read_through(path: Path, connection: sqlite3.Connection) -> None:
    """Raises StoreDamaged, and sqlite3.Error where it cannot be read at all."""
    with closing(connection.execute("PRAGMA quick_check(1)")) as verdict:
        if (complaint := verdict.fetchone()[0]) != "ok":
            raise StoreDamaged(path, complaint.splitlines()[0])


def set_aside(path: Path) -> Path:
    """Moves a database with its journals out of the way, to the first free number."""
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    for journal in ("-wal", "-shm"):
        beside = path.with_name(path.name + journal)
        if beside.exists():
            beside.rename(aside.with_name(aside.name + journal))
    return path.rename(aside)


def newest_aside(path: Path) -> Path:
    """What was set aside last; the first one, where nothing was."""
    number = 1
    while path.with_name(f"{path.name}.damaged-{number + 1}").exists():
        number += 1
    return path.with_name(f"{path.name}.damaged-{number}")


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file itself is broken, and not the disk full or away."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _connect(
    path: Path, schema: str, version: int, upgrades: Upgrades, functions: Functions
) -> sqlite3.Connection:
    """Raises StoreDamaged."""
    try:
        connection = _dial(path)
        try:
            for name, function in functions.items():
                connection.create_function(name, -1, function, deterministic=True)
            _prepare(connection, path, schema, version, upgrades)
        except BaseException:
            connection.close()
            raise
    except sqlite3.Error as error:
        if is_damage(error):
            raise StoreDamaged(path, str(error)) from None
        raise
    return connection


def _prepare(
    connection: sqlite3.Connection, path: Path, schema: str, version: int, upgrades: Upgrades
) -> None:
    """Writes only into a new or older database: a full disk must not keep the bear from starting."""
    found = connection.execute("PRAGMA user_version").fetchone()[0]
    empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    missing = range(found, version) if found and not empty else range(0)
    if (
        found != version
        and not (found == 0 and empty)
        and not (missing and all(n in upgrades for n in missing))
    ):
        raise StoreDamaged(path, f"its schema is version {found}, this release knows {version}")
    read_through(path, connection)
    # synchronous FULL: in WAL, NORMAL loses the last commits when the power goes.
    connection.execute("PRAGMA synchronous = FULL")
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if found != version:
        if mode != ("wal",):
            raise sqlite3.OperationalError("this file system cannot keep a write-ahead log")
        wanted = " ".join(upgrades[n] for n in missing) if missing else schema
        connection.executescript(f"BEGIN; {wanted} PRAGMA user_version = {version}; COMMIT;")


def _dial(path: Path) -> sqlite3.Connection:
    """Reading a database in WAL needs two more files beside it; here also on a disk that takes none."""
    file = path.absolute().as_uri()
    try:
        return _look(file)
    except sqlite3.OperationalError as error:
        match getattr(error, "sqlite_errorcode", 0) & 0xFF:
            case sqlite3.SQLITE_IOERR:
                # No room for the index of the log. In memory it shuts out other readers, but this process
                # reads, and writes again as soon as there is room.
                return _look(file, "PRAGMA locking_mode = EXCLUSIVE")
            case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_READONLY if path.exists() and not _has_log(path):
                # A card that has become read-only stays so until it is changed. Without a log nothing is
                # overlooked by not looking for one.
                return _look(f"{file}?immutable=1")
        raise


def _look(file: str, first: str = "") -> sqlite3.Connection:
    connection = sqlite3.connect(file, uri=True, isolation_level=None, check_same_thread=False)
    try:
        connection.execute(first)
        connection.execute("PRAGMA user_version")
    except BaseException:
        connection.close()
        raise
    return connection


def _has_log(path: Path) -> bool:
    return path.with_name(f"{path.name}-wal").exists()
