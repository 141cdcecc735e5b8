"""Sessions of parents: a random token in the browser, only its hash in the store, revocable at once."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Final

from teddy_cloud.identity.accounts import Account, email_digest
from teddy_cloud.storage.client import StoreClient
from teddy_shared.clock import Chance, Clock
from teddy_shared.envelope import FamilyId

DAYS: Final = 30
SECONDS: Final = DAYS * 24 * 3600


@dataclass(frozen=True, slots=True)
class Session:
    email: str
    family: FamilyId
    form_token: str  # stands in every form, so that only our own pages can send one


class Sessions:
    def __init__(self, *, client: StoreClient, clock: Clock, chance: Chance) -> None:
        self._client = client
        self._clock = clock
        self._chance = chance

    async def begin(self, account: Account) -> str:
        """The token, for the browser alone."""
        token = self._chance.token(32)
        fields = {"email": account.email, "family": account.family, "form_token": self._chance.token(16)}
        await self._client.do("SET", _key(token), json.dumps(fields), "EX", SECONDS)
        index = _index(account.email)
        now = self._clock.wall()
        await self._client.do_all(
            [
                ("ZADD", index, now + SECONDS, _key(token)),
                ("ZREMRANGEBYSCORE", index, "-inf", now),  # those that have run out by themselves
                ("EXPIRE", index, SECONDS),
            ]
        )
        return token

    async def find(self, token: str | None) -> Session | None:
        found: bytes | None = await self._client.do("GET", _key(token)) if token else None
        if found is None:
            return None
        fields: dict[str, str] = json.loads(found)
        return Session(fields["email"], FamilyId(fields["family"]), fields["form_token"])

    async def end(self, token: str) -> None:
        await self._client.do("DEL", _key(token))

    async def end_all(self, email: str) -> None:
        """Every session of an account, as after a lost phone."""
        keys: list[bytes] = await self._client.do("ZRANGE", _index(email), 0, -1)
        await self._client.do_all([*(("DEL", key) for key in keys), ("DEL", _index(email))])


def _key(token: str) -> str:
    return f"session:{hashlib.sha256(token.encode()).hexdigest()}"


def _index(email: str) -> str:
    return f"sessions:{email_digest(email)}"
