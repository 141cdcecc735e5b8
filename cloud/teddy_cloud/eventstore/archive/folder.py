"""The archive as a folder: a file a segment, compressed, sealed under a key of its own.

Payloads inside are sealed under their owner's key still, so that a child who is erased is erased here too.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import zstandard
from pydantic import BaseModel, ConfigDict, ValidationError

from teddy_cloud.eventstore.archive.segments import Segment, pack, unpack
from teddy_cloud.eventstore.store import Entry, Position, order_of
from teddy_shared.errors import ConfigError, KeyErased, LinkError, SealError, StoreDamaged
from teddy_shared.seal import UNFINISHED, KeyRing, Seal, write_private

OWNER: Final = "archive:segments"  # whose key seals them; a colon is in no name of a child
SUFFIX: Final = ".segment"
ASIDE: Final = ".damaged"
REMEMBERED: Final = 16  # segments whose entries are kept at hand, since readers take them in small stretches


class _Header(BaseModel):
    """The first line of a file, in the open; the seal is bound to it."""

    model_config = ConfigDict(frozen=True)

    partition: int
    first: str
    last: str
    ends_ms: int
    entries: int


class FolderArchive:
    """Where several machines read or keep house, the folder is one that they share."""

    def __init__(self, *, folder: Path, seal: Seal, keys: KeyRing) -> None:
        self._folder = folder
        self._seal = seal
        self._keys = keys
        self._opened: OrderedDict[tuple[Path, int, int], Sequence[Entry]] = OrderedDict()
        self._lock = threading.Lock()  # around what was opened

    async def segments(self, partitions: Collection[int]) -> Mapping[int, Sequence[Segment]]:
        return await asyncio.to_thread(self._segments, partitions)

    async def load(self, segment: Segment) -> Sequence[Entry]:
        return await asyncio.to_thread(self._load, segment)

    async def put(self, segment: Segment, entries: Sequence[Entry], *, ends_ms: int) -> None:
        await asyncio.to_thread(self._put, segment, entries, ends_ms)

    async def ends_ms(self, segment: Segment) -> int:
        return await asyncio.to_thread(self._ends_ms, segment)

    async def remove(self, segment: Segment) -> None:
        await asyncio.to_thread(self._path(segment).unlink, missing_ok=True)

    async def set_aside(self, segment: Segment) -> None:
        await asyncio.to_thread(_set_aside, self._path(segment))

    async def damaged(self) -> int:
        return await asyncio.to_thread(lambda: sum(1 for _ in self._folder.glob(f"*/*{ASIDE}-*")))

    async def name(self) -> str | None:
        return await asyncio.to_thread(self._read_name)

    async def call_it(self, name: str) -> None:
        await asyncio.to_thread(write_private, self._folder / "name", name.encode())

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[bool]:
        lock = await asyncio.to_thread(self._take_lock)
        try:
            yield lock is not None
        finally:
            if lock is not None:
                os.close(lock)

    # --- in a thread ---

    def _segments(self, partitions: Collection[int]) -> dict[int, list[Segment]]:
        found = {}
        try:
            rooms = {path.name for path in self._folder.iterdir()}  # few partitions may have one
            for partition in partitions:
                room = self._room(partition)
                names = [path.name for path in room.iterdir()] if room.name in rooms else []
                segments = [_named(partition, name) for name in names if name.endswith(SUFFIX)]
                if segments:
                    found[partition] = sorted(segments, key=lambda segment: order_of(segment.first))
        except FileNotFoundError:
            return {}  # nothing was ever kept here
        except OSError as error:
            raise LinkError(f"the archive is away: {error.strerror}") from None
        return found

    def _load(self, segment: Segment) -> Sequence[Entry]:
        path = self._path(segment)
        try:
            with path.open("rb") as file:
                status = os.fstat(file.fileno())
                known = (path, status.st_ino, status.st_mtime_ns)
                if (entries := self._at_hand(known)) is not None:
                    return entries
                data = file.read()
        except FileNotFoundError:
            return ()  # its days ended meanwhile
        except OSError as error:
            raise LinkError(f"the archive is away: {error.strerror}") from None
        entries = self._read(path, segment, data)
        with self._lock:
            self._opened[known] = entries
            while len(self._opened) > REMEMBERED:
                self._opened.popitem(last=False)
        return entries

    def _at_hand(self, known: tuple[Path, int, int]) -> Sequence[Entry] | None:
        with self._lock:
            if known in self._opened:
                self._opened.move_to_end(known)
            return self._opened.get(known)

    def _read(self, path: Path, segment: Segment, data: bytes) -> Sequence[Entry]:
        line, _, sealed = data.partition(b"\n")
        header = _header(path, line)
        if (header.partition, header.first, header.last) != (segment.partition, segment.first, segment.last):
            raise StoreDamaged(path, "it is another segment than its name says")
        try:
            packed = self._seal.open(OWNER, sealed, line)
            entries = unpack(zstandard.ZstdDecompressor().decompress(packed))
        except KeyErased:
            raise self._key_is_gone() from None
        except (SealError, zstandard.ZstdError, ValueError) as error:
            raise StoreDamaged(path, str(error)) from None
        if len(entries) != header.entries:
            raise StoreDamaged(path, f"it holds {len(entries)} events, and should {header.entries}")
        return entries

    def _put(self, segment: Segment, entries: Sequence[Entry], ends_ms: int) -> None:
        self._own_key()
        header = _Header(
            partition=segment.partition,
            first=segment.first,
            last=segment.last,
            ends_ms=ends_ms,
            entries=len(entries),
        )
        line = header.model_dump_json().encode()
        packed = zstandard.ZstdCompressor(level=6).compress(pack(entries))
        write_private(self._path(segment), line + b"\n" + self._seal.seal(OWNER, packed, line))

    def _own_key(self) -> None:
        """Made with the first segment, and never again: what an older key sealed would count as damaged."""
        try:
            self._keys.key(OWNER)
        except KeyErased:
            if any(self._folder.glob(f"*/*{SUFFIX}")):
                raise self._key_is_gone() from None
            self._keys.create(OWNER)

    def _key_is_gone(self) -> ConfigError:
        return ConfigError(
            f"the key of the archive {self._folder} is gone; "
            f"restore the keys from a backup, or move that folder away"
        )

    def _ends_ms(self, segment: Segment) -> int:
        path = self._path(segment)
        try:
            with path.open("rb") as file:
                return _header(path, file.readline(4096)).ends_ms
        except OSError as error:
            raise LinkError(f"the archive is away: {error.strerror}") from None

    def _read_name(self) -> str | None:
        try:
            return (self._folder / "name").read_text()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise LinkError(f"the archive is away: {error.strerror}") from None

    def _take_lock(self) -> int | None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = os.open(self._folder / "lock", os.O_RDONLY | os.O_CREAT, 0o600)
        except OSError as error:
            raise ConfigError(f"cannot keep an archive at {self._folder}: {error.strerror}") from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return None
        for unfinished in self._folder.glob(f"*/*{SUFFIX}.*{UNFINISHED}"):  # of a pass that was killed
            unfinished.unlink(missing_ok=True)
        return lock

    def _room(self, partition: int) -> Path:
        return self._folder / f"{partition:03}"

    def _path(self, segment: Segment) -> Path:
        return self._room(segment.partition) / f"{segment.first}_{segment.last}{SUFFIX}"


def _named(partition: int, name: str) -> Segment:
    first, last = name.removesuffix(SUFFIX).split("_")
    return Segment(partition, Position(first), Position(last))


def _header(path: Path, line: bytes) -> _Header:
    try:
        return _Header.model_validate_json(line)
    except ValidationError:
        raise StoreDamaged(path, "its first line cannot be read") from None


def _set_aside(path: Path) -> None:
    number = 1
    while (aside := path.with_name(f"{path.name}{ASIDE}-{number}")).exists():
        number += 1
    path.rename(aside)
