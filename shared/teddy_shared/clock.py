"""The only door to time and chance: everything else is handed a Clock and Chance."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """Time as the process may know it."""

    def monotonic(self) -> float:
        """Seconds since some zero of this process; never goes back."""

    def wall(self) -> float:
        """Seconds since 1970, UTC; may jump."""

    def synchronised(self) -> bool:
        """Whether the wall clock was set from outside."""


class Chance(Protocol):
    """Randomness, so that tests can repeat it."""

    def token(self, size: int = 16) -> str:
        """`size` random bytes as lowercase hex; fit for secrets in production."""

    def bytes(self, size: int) -> bytes: ...

    def between(self, low: float, high: float) -> float: ...

    def below(self, limit: int) -> int:
        """A whole number from 0 to limit-1."""


class SystemClock:
    """The machine's own clocks."""

    def __init__(self, *, synchronised_flag: Path = Path("/run/systemd/timesync/synchronized")) -> None:
        self._flag = synchronised_flag

    def monotonic(self) -> float:
        return time.monotonic()

    def wall(self) -> float:
        return time.time()

    def synchronised(self) -> bool:
        return self._flag.exists()  # on a file system in memory: microseconds


class SystemChance:
    """The kernel's randomness."""

    def __init__(self) -> None:
        self._random = random.SystemRandom()

    def token(self, size: int = 16) -> str:
        return os.urandom(size).hex()

    def bytes(self, size: int) -> bytes:
        return os.urandom(size)

    def between(self, low: float, high: float) -> float:
        return self._random.uniform(low, high)

    def below(self, limit: int) -> int:
        return self._random.randrange(limit)


class SeededChance:
    """Repeatable chance for tests and for rendering; never for secrets."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)

    def token(self, size: int = 16) -> str:
        return self._random.randbytes(size).hex()

    def bytes(self, size: int) -> bytes:
        return self._random.randbytes(size)

    def between(self, low: float, high: float) -> float:
        return self._random.uniform(low, high)

    def below(self, limit: int) -> int:
        return self._random.randrange(limit)
