"""What stands on the outside of every event: who, when, why, and in which order."""

from __future__ import annotations

import re
from enum import IntEnum, StrEnum
from typing import Annotated, Final, NewType

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from teddy_shared.ages import AgeBand
from teddy_shared.purposes import Purpose

BearId = NewType("BearId", str)
ProfileId = NewType("ProfileId", str)
FamilyId = NewType("FamilyId", str)

# What a name may look like: it becomes part of topics and keys, so no slash, brace, wildcard or space.
NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


class Lane(IntEnum):
    """The order in which events leave the bear. Each lane counts for itself, without gaps."""

    SAFETY = 0
    INTERACTION = 1
    TELEMETRY = 2
    BULK = 3


class Kind(StrEnum):
    """What an event is to the store: decides who consumes it and how long it stays."""

    DOMAIN = "domain"
    INTEGRATION = "integration"
    COMMAND = "command"
    QUERY = "query"
    SYSTEM = "system"
    AUDIT = "audit"


class Place(BaseModel):
    """The identity of an event: nothing else in the world has this bear, epoch, lane and number."""

    model_config = ConfigDict(frozen=True)

    bear: Name
    epoch: Name  # made with the outbox database, so that a re-flashed bear does not repeat itself
    lane: Lane
    seq: Annotated[int, Field(ge=1)]  # from 1, gap-free within (bear, epoch, lane)

    def bytes(self) -> bytes:
        """The place as bytes to bind a seal to."""
        return f"{self.bear}/{self.epoch}/{int(self.lane)}/{self.seq}".encode()

    @classmethod
    def parse(cls, text: str) -> Place:
        """What `bytes` wrote. Raises ValueError."""
        bear, epoch, lane, seq = text.split("/")
        return cls(bear=bear, epoch=epoch, lane=Lane(int(lane)), seq=int(seq))


class When(BaseModel):
    """Three clocks, since any single one lies. Never order by `wall_ms`."""

    model_config = ConfigDict(frozen=True)

    boot: Name  # which start of the process
    monotonic_us: Annotated[int, Field(ge=0)]  # microseconds since that start's own zero
    wall_ms: int  # milliseconds since 1970, UTC, as far as the bear knows
    synchronised: bool  # whether the wall clock was set from the network


class Envelope(BaseModel):
    """The head of an event. It names the child only by a pseudonymous profile."""

    model_config = ConfigDict(frozen=True, extra="ignore")  # a newer bear may add fields

    place: Place
    type: Annotated[str, StringConstraints(pattern=r"^[a-z]+(\.[a-z_]+)+$", max_length=64)]
    version: Annotated[int, Field(ge=1)]  # of the payload's schema; see events.py
    kind: Kind
    purpose: Purpose
    when: When
    turn: str | None = None
    generation: int | None = None
    profile: Name | None = None
    age_band: AgeBand | None = None
    correlation: str | None = None
    causation: str | None = None
    traceparent: str | None = None  # W3C Trace Context
    # Where it was at first, of an event that came back out of the cloud's dead letters. Only the cloud's own
    # stream of those may say so; see eventstore/letters.py there.
    origin: Place | None = None


WITHHELD: Final = "link.withheld"
"""The type of a stand-in: this number held an event whose purpose the family has not granted."""


def withheld(head: Envelope) -> Envelope:
    """The stand-in that keeps the numbers gap-free and says nothing about a child."""
    return Envelope(
        place=head.place,
        type=WITHHELD,
        version=1,
        kind=Kind.SYSTEM,
        purpose=Purpose.DEVICE,
        when=head.when,
    )


GAP: Final = "link.gap"
"""The type of a stand-in for a whole range of numbers whose events had to make room on a full bear.

It stands at the last number of the range, and its batch holds nothing else (see `codec.BatchHeader`).
"""


def gap(place: Place, when: When) -> Envelope:
    """`place` is the last number that is gone."""
    return Envelope(place=place, type=GAP, version=1, kind=Kind.SYSTEM, purpose=Purpose.DEVICE, when=when)


UNREADABLE: Final = "link.unreadable"
"""The type of another stand-in: this number held an event that the bear itself can no longer read."""


def unreadable(place: Place) -> Envelope:
    """The stand-in for a damaged row: the gap is visible, and the numbers behind it still arrive."""
    return Envelope(
        place=place,
        type=UNREADABLE,
        version=1,
        kind=Kind.SYSTEM,
        purpose=Purpose.DEVICE,
        when=When(boot="unknown", monotonic_us=0, wall_ms=0, synchronised=False),
    )
