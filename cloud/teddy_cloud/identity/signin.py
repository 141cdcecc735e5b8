"""Signing in: limit, then password, then a session. Wrong and unknown look the same."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from teddy_cloud.identity.accounts import Account, Accounts
from teddy_cloud.identity.limits import SignInLimit
from teddy_cloud.identity.passwords import Passwords
from teddy_cloud.identity.sessions import Sessions
from teddy_shared.logs import log

_log = log("identity")


class Refused(Enum):
    WRONG = "wrong"
    TOO_OFTEN = "too often"


@dataclass(frozen=True, slots=True)
class SignedIn:
    token: str
    account: Account


class SignIn:
    def __init__(
        self, *, accounts: Accounts, sessions: Sessions, limit: SignInLimit, passwords: Passwords
    ) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._limit = limit
        self._passwords = passwords

    async def sign_in(self, email: str, password: str, address: str) -> SignedIn | Refused:
        if not await self._limit.allows(email, address):
            _log.warning("too many attempts to sign in", address=address)
            return Refused.TOO_OFTEN
        account = await self._accounts.find(email)
        right = await self._passwords.matches(password, account.password if account else None)
        if account is None or not right:
            return Refused.WRONG
        await self._limit.forgive(email, address)
        return SignedIn(await self._sessions.begin(account), account)
