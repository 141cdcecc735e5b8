"""The folder where a bear lives: its state, outbox and keys, and no second bear at the same time."""

from __future__ import annotations

import asyncio
import fcntl
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from teddy_shared.envelope import ProfileId
from teddy_shared.errors import ConfigError, StateError

A_LOOK: Final = 0.02  # seconds that `is_inhabited` takes at most
LOOKS: Final = 5


@dataclass(frozen=True, slots=True)
class Home:
    """Whoever is handed one is alone in it. Made by `open_home`."""

    data: Path

    async def forget_set_aside(self, _: ProfileId) -> None:
        """Damaged databases that were kept for somebody to look at: they may tell of any child."""

        def remove() -> None:
            for kept in self.data.glob("*.damaged-*"):
                kept.unlink(missing_ok=True)

        try:
            await asyncio.to_thread(remove)
        except OSError as error:
            raise StateError(f"what was set aside cannot be removed ({error.strerror})") from None


@asynccontextmanager
async def open_home(data: Path) -> AsyncIterator[Home]:
    """Raises ConfigError where another bear lives, or the folder cannot be used."""
    lock = await asyncio.to_thread(_locked, data)
    try:
        yield Home(data)
    finally:
        await asyncio.to_thread(os.close, lock)


def is_inhabited(data: Path) -> bool:
    """Whether a bear lives there at this moment. Looks for an instant, and changes nothing. Blocks."""
    try:
        lock = os.open(data / "lock", os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def _locked(data: Path) -> int:
    """A descriptor that holds the lock for as long as it is open; a process that dies lets go of it."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        # For reading, since a card that has become read-only must not keep the bear from starting.
        lock = os.open(data / "lock", os.O_RDONLY | os.O_CREAT, 0o600)
        try:
            _take(lock)
        except OSError:
            os.close(lock)
            raise
    except BlockingIOError:
        raise ConfigError(f"another bear lives in {data}: stop it, or choose another --data") from None
    except OSError as error:
        raise ConfigError(
            f"cannot live in {data} ({error.strerror}): make the folder writable for this user, "
            f"and make room on the disk"
        ) from None
    return lock


def _take(lock: int) -> None:
    """Raises BlockingIOError where somebody has it for longer than a look takes."""
    for _ in range(LOOKS):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(A_LOOK)
        else:
            return
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
