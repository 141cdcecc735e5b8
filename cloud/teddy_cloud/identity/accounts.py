"""Parents' accounts: one e-mail address, one family."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Final

from teddy_cloud.identity.passwords import LONGEST, SHORTEST
from teddy_cloud.storage.client import StoreClient
from teddy_shared.envelope import FamilyId
from teddy_shared.errors import ConfigError

_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")


@dataclass(frozen=True, slots=True)
class Account:
    email: str
    family: FamilyId
    password: str  # its hash


class Accounts:
    def __init__(self, *, client: StoreClient) -> None:
        self._client = client

    async def find(self, email: str) -> Account | None:
        found: bytes | None = await self._client.do("GET", _key(email))
        if found is None:
            return None
        fields: dict[str, str] = json.loads(found)
        return Account(fields["email"], FamilyId(fields["family"]), fields["password"])

    async def add(self, account: Account) -> bool:
        """False where there is an account of this address already."""
        fields = {"email": account.email, "family": account.family, "password": account.password}
        return await self._client.do("SET", _key(account.email), json.dumps(fields), "NX") is not None


def normal_email(text: str) -> str:
    """The address as accounts are found by it. Raises ConfigError for what cannot be one."""
    email = text.strip().lower()
    if not _EMAIL.fullmatch(email):
        raise ConfigError("that is not an e-mail address")
    return email


def check_password(password: str) -> None:
    """Raises ConfigError for one that is too easy to guess, or endless."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise ConfigError(f"a password has {SHORTEST} to {LONGEST} characters")


def email_digest(email: str) -> str:
    """What stands for the address in key names, which turn up in monitoring and slow logs."""
    return hashlib.sha256(email.strip().lower().encode()).hexdigest()[:32]


def _key(email: str) -> str:
    return f"account:{email_digest(email)}"
