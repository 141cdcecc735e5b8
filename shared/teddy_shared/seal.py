"""Bytes that only their owner's key opens, bound to the place where they belong."""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from tempfile import mkstemp
from typing import Final, Protocol, final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from teddy_shared.clock import Chance
from teddy_shared.errors import ConfigError, KeyErased, SealError

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
UNFINISHED: Final = ".new"  # how the name of a file ends that is being written
CIPHERS: Final = 4096  # owners whose cipher is kept ready; the one that was made first gives way


class KeyRing(Protocol):
    """Keys by owner. To erase a key is to erase everything it sealed."""

    def key(self, owner: str) -> bytes:
        """32 bytes; raises KeyErased where there is none."""

    def create(self, owner: str) -> None:
        """Make a key for a new owner; an existing one stays."""

    def erase(self, owner: str) -> None: ...

    def at_hand(self) -> Mapping[str, bytes] | None:
        """All keys as they are now; None where that takes reading a file. Never blocks."""


class Seal(Protocol):
    """Seals and opens under the key of an owner."""

    def of(self, owner: str) -> OwnerSeal:
        """For many events at once: the key ring is asked once. Raises KeyErased.

        Ask again for the next ones: the same object comes back for as long as the key is the same.
        """

    def seal(self, owner: str, plain: bytes, bound_to: bytes) -> bytes:
        """Raises KeyErased."""

    def seal_all(self, owner: str, pieces: Sequence[tuple[bytes, bytes]]) -> Sequence[bytes]:
        """Seal many, each a plain text and what it is bound to. Raises KeyErased."""

    def open(self, owner: str, sealed: bytes, bound_to: bytes) -> bytes:
        """Raises SealError for altered bytes or another place, KeyErased without a key."""

    def at_hand(self, owners: Iterable[str]) -> Mapping[str, OwnerSeal] | None:
        """`of` for those of them that have a key; None where that takes reading a file. Never blocks."""


@final
class OwnerSeal:
    """ChaCha20-Poly1305 under one owner's key, as it was when it was asked for."""

    __slots__ = ("_chance", "_cipher", "_key", "_owner")

    def __init__(self, *, owner: str, key: bytes, chance: Chance) -> None:
        self._owner = owner
        self._key = key
        self._chance = chance
        self._cipher = ChaCha20Poly1305(key)

    def seal(self, plain: bytes, bound_to: bytes) -> bytes:
        nonce = self._chance.bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, bound_to)

    def seal_all(self, pieces: Sequence[tuple[bytes, bytes]]) -> Sequence[bytes]:
        """Plain bytes and what each is bound to. The nonces are drawn in one go."""
        encrypt = self._cipher.encrypt
        drawn = self._chance.bytes(NONCE_BYTES * len(pieces))
        nonces = (drawn[at : at + NONCE_BYTES] for at in range(0, len(drawn), NONCE_BYTES))
        return [
            nonce + encrypt(nonce, plain, bound_to)
            for nonce, (plain, bound_to) in zip(nonces, pieces, strict=True)
        ]

    def open(self, sealed: bytes, bound_to: bytes) -> bytes:
        """Raises SealError."""
        nonce, body = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, body, bound_to)
        except (InvalidTag, ValueError):
            raise SealError(f"{len(sealed)} sealed bytes of {self._owner} do not open here") from None

    def is_under(self, key: bytes) -> bool:
        return key == self._key


class ChaChaSeal:
    """ChaCha20-Poly1305 (RFC 8439): the Pi 4 has no AES instructions."""

    def __init__(self, *, keys: KeyRing, chance: Chance) -> None:
        self._keys = keys
        self._chance = chance
        self._ready: dict[str, OwnerSeal] = {}  # to make a cipher costs as much as to use it
        self._lock = threading.Lock()  # around changing that

    def of(self, owner: str) -> OwnerSeal:
        try:
            key = self._keys.key(owner)
        except KeyErased:
            self._forget(owner)
            raise
        return self._under(key, owner)

    def at_hand(self, owners: Iterable[str]) -> Mapping[str, OwnerSeal] | None:
        keys = self._keys.at_hand()
        if keys is None:
            return None
        found = {}
        for owner in owners:
            if owner in keys:
                found[owner] = self._under(keys[owner], owner)
            else:
                self._forget(owner)
        return found

    def _forget(self, owner: str) -> None:
        """What is erased does not stay in memory either."""
        with self._lock:
            self._ready.pop(owner, None)

    def _under(self, key: bytes, owner: str) -> OwnerSeal:
        ready = self._ready.get(owner)
        if ready is None or not ready.is_under(key):
            ready = OwnerSeal(owner=owner, key=key, chance=self._chance)
            with self._lock:
                if len(self._ready) >= CIPHERS:
                    del self._ready[next(iter(self._ready))]
                self._ready[owner] = ready
        return ready

    def seal(self, owner: str, plain: bytes, bound_to: bytes) -> bytes:
        return self.of(owner).seal(plain, bound_to)

    def seal_all(self, owner: str, pieces: Sequence[tuple[bytes, bytes]]) -> Sequence[bytes]:
        return self.of(owner).seal_all(pieces)

    def open(self, owner: str, sealed: bytes, bound_to: bytes) -> bytes:
        return self.of(owner).open(sealed, bound_to)


class MemoryKeyRing:
    """Keys that end with the process; for tests and for talks that leave nothing behind."""

    def __init__(self, *, chance: Chance) -> None:
        self._chance = chance
        self._keys: dict[str, bytes] = {}

    def key(self, owner: str) -> bytes:
        try:
            return self._keys[owner]
        except KeyError:
            raise KeyErased(owner) from None

    def create(self, owner: str) -> None:
        self.create_all([owner])

    def create_all(self, owners: Iterable[str]) -> None:
        for owner in owners:
            self._keys.setdefault(owner, self._chance.bytes(KEY_BYTES))

    def erase(self, owner: str) -> None:
        self._keys.pop(owner, None)

    def at_hand(self) -> Mapping[str, bytes]:
        return self._keys


class FileKeyRing:
    """Keys in one file that only its user may read, each wrapped under the master key in another.

    Erasing rewrites the file without the key; what an SD card's wear levelling keeps of the old
    blocks is useless without the master key, which lives in its own file. Any number of threads and
    processes may share the files: one at a time changes them. Blocks.
    """

    def __init__(self, *, path: Path, master: Path, chance: Chance) -> None:
        self._path = path
        self._chance = chance
        self._master = ChaCha20Poly1305(_read_or_make(master, chance))
        self._lock = threading.Lock()  # around what stands below
        self._keys: dict[str, bytes] = {}
        self._seen: tuple[int, int, int] | None = None  # which file, modified, size: as last read

    def key(self, owner: str) -> bytes:
        with self._lock:
            self._refresh()
            try:
                return self._keys[owner]
            except KeyError:
                raise KeyErased(owner) from None

    def create(self, owner: str) -> None:
        self.create_all([owner])

    def create_all(self, owners: Iterable[str]) -> None:
        """The same for many; the file is written once."""
        with self._lock:
            self._refresh()
            missing = [owner for owner in owners if owner not in self._keys]
            if not missing:
                return  # and a full disk does not matter
            with self._alone():
                fresh = {owner: self._chance.bytes(KEY_BYTES) for owner in missing if owner not in self._keys}
                if fresh:
                    self._write(self._keys | fresh)

    def erase(self, owner: str) -> None:
        with self._lock:
            self._refresh()
            if owner not in self._keys:
                return
            with self._alone():
                self._write({k: v for k, v in self._keys.items() if k != owner})

    def at_hand(self) -> Mapping[str, bytes] | None:
        if not self._lock.acquire(blocking=False):
            return None  # somebody reads or writes the file just now
        try:
            # Where a file stands that was looked at a moment ago the kernel knows by heart.
            is_as_read = self._seen is not None and self._seen == self._found()
            return self._keys if is_as_read else None
        finally:
            self._lock.release()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """What was read stays true while the block runs."""
        with _one_at_a_time(self._path):
            self._seen = None  # read anew, whatever the file's time says: clocks of files are coarse
            self._refresh()
            yield

    def _refresh(self) -> None:
        """Another process may have made or erased a key."""
        seen = self._found()
        if seen is None:
            self._keys, self._seen = {}, None
            return
        if seen == self._seen:
            return
        try:
            wrapped: dict[str, str] = json.loads(self._path.read_bytes())
            self._keys = {owner: self._unwrap(owner, bytes.fromhex(text)) for owner, text in wrapped.items()}
        except (ValueError, AttributeError, InvalidTag):
            raise ConfigError(
                f"the key file {self._path} does not open with its master key; "
                f"restore both from the same backup"
            ) from None
        self._seen = seen

    def _found(self) -> tuple[int, int, int] | None:
        """What tells one state of the file from another; None where there is no file."""
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size

    def _unwrap(self, owner: str, wrapped: bytes) -> bytes:
        return self._master.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], owner.encode())

    def _write(self, keys: dict[str, bytes]) -> None:
        wrapped = {}
        for owner, key in keys.items():
            nonce = self._chance.bytes(NONCE_BYTES)
            wrapped[owner] = (nonce + self._master.encrypt(nonce, key, owner.encode())).hex()
        # What a power cut left unfinished may hold a key that is being erased.
        for unfinished in self._path.parent.glob(f"{escape(self._path.name)}.*{UNFINISHED}"):
            unfinished.unlink(missing_ok=True)
        write_private(self._path, json.dumps(wrapped).encode())
        self._seen = None
        self._keys = keys


def write_private(path: Path, data: bytes) -> None:
    """Replace a file so that power may go at any instruction, readable by its user alone.

    Raises ConfigError where the disk does not take all of it; the old file is then as it was.
    """
    with _said_plainly(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = mkstemp(dir=path.parent, prefix=f"{path.name}.", suffix=UNFINISHED)
        fresh = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)  # all of it: a bare os.write may take a part, and say so by a number alone
                file.flush()
                os.fsync(descriptor)
            fresh.replace(path)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    """Nobody else, in this process or another one, is in such a block for the same file. Blocks."""
    with _said_plainly(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(path.with_name(f"{path.name}.lock"), os.O_RDONLY | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)  # closing frees it, and so does the end of the process
            yield
        finally:
            os.close(lock)


@contextmanager
def _said_plainly(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ConfigError(
            f"cannot write {path} ({error.strerror}): "
            f"make room on the disk, and its folder writable for this user"
        ) from None


def _read_or_make(path: Path, chance: Chance) -> bytes:
    if not path.exists():
        with _one_at_a_time(path):
            if not path.exists():  # still; two first starts at once agree on one
                write_private(path, chance.bytes(KEY_BYTES))
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise ConfigError(f"the master key {path} has {len(key)} bytes, not {KEY_BYTES}")
    return key
