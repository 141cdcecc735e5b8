"""Who wants something of the cloud: a role, the family it may touch, and a digest in place of a name."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from teddy_shared.envelope import FamilyId
from teddy_shared.errors import TeddyError

DIGITS: Final = 16  # of a digest: enough to tell people apart in a ledger, too few to look one up


class Standing(StrEnum):
    """As what somebody asks."""

    PARENT = "parent"  # sees and changes what is its family's
    OPERATOR = "operator"  # at the command line of the machine
    CLOUD = "cloud"  # a part of the cloud itself


@dataclass(frozen=True, slots=True)
class Caller:
    standing: Standing
    who: str  # as it is recorded: a role and a digest, never an address
    family: FamilyId | None = None  # None: not bound to one


class NotForYou(TeddyError):
    """This role may not do that at all."""

    def __init__(self, caller: Caller, what: str) -> None:
        super().__init__(f"as {caller.standing} one may not do {what}")


def parent(email: str, family: FamilyId) -> Caller:
    return Caller(Standing.PARENT, _who(Standing.PARENT, email.strip().lower()), family)


def operator(login: str) -> Caller:
    """`login` is the name of the person at the machine."""
    return Caller(Standing.OPERATOR, _who(Standing.OPERATOR, login))


def part(name: str) -> Caller:
    """A part of the cloud, such as `processes`; its name is no secret."""
    return Caller(Standing.CLOUD, f"{Standing.CLOUD}:{name}")


def _who(standing: Standing, name: str) -> str:
    return f"{standing}:{hashlib.sha256(name.encode()).hexdigest()[:DIGITS]}"
