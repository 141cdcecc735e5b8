"""How often somebody may try to sign in."""

from __future__ import annotations

import hashlib
from typing import Final

from teddy_cloud.identity.accounts import email_digest
from teddy_cloud.storage.client import StoreClient

WINDOW: Final = 15 * 60  # seconds
PER_ACCOUNT: Final = 10  # attempts in a window
PER_ADDRESS: Final = 40  # a family behind one router, not a guesser


class SignInLimit:
    """Counts failed attempts by account and by address."""

    def __init__(self, *, client: StoreClient) -> None:
        self._client = client

    async def allows(self, email: str, address: str) -> bool:
        """Counts this attempt too, until it is forgiven."""
        account, peer = _account(email), _address(address)
        replies = await self._client.do_all(
            [
                ("INCR", account),
                ("EXPIRE", account, WINDOW, "NX"),
                ("INCR", peer),
                ("EXPIRE", peer, WINDOW, "NX"),
            ]
        )
        return int(replies[0]) <= PER_ACCOUNT and int(replies[2]) <= PER_ADDRESS

    async def forgive(self, email: str, address: str) -> None:
        """The password was right: the account starts anew, and the address has not failed this once."""
        await self._client.do_all([("DEL", _account(email)), ("DECR", _address(address))])


def _account(email: str) -> str:
    return f"tries:account:{email_digest(email)}"


def _address(address: str) -> str:
    return f"tries:address:{hashlib.sha256(address.encode()).hexdigest()[:32]}"
