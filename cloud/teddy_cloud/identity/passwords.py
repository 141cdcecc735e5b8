"""Passwords, stored so that a stolen store does not give them away."""

from __future__ import annotations

import asyncio
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from teddy_shared.clock import Chance

LONGEST: Final = 256  # characters; a longer one only burns time
SHORTEST: Final = 10
AT_ONCE: Final = 2  # hashes at the same time: 19 MiB and one core each

# The 19 MiB profile of OWASP's password storage cheat sheet; the library's default takes 1.7 s here.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

# What an unknown account is checked against, so that its answer takes as long as a wrong password's.
_NOBODY: Final = (
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5LW5vYm9keS1ubw$OvgFMJhEJmwisN+c3d6pi23DAXMpajeaGUz1RLt7E3M"
)


class Passwords:
    def __init__(self, *, chance: Chance) -> None:
        self._chance = chance
        self._at_once = asyncio.Semaphore(AT_ONCE)

    async def hashed(self, password: str) -> str:
        salt = self._chance.bytes(16)
        async with self._at_once:
            return await asyncio.to_thread(_hasher.hash, password, salt=salt)

    async def matches(self, password: str, stored: str | None) -> bool:
        """Takes the same time for an account that is not there."""
        async with self._at_once:
            right = await asyncio.to_thread(_verify, stored or _NOBODY, password[:LONGEST])
        return right and stored is not None and len(password) <= LONGEST


def _verify(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
