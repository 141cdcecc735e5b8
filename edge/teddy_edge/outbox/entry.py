"""One recorded event: what surrounds it, where a lane stands, and how an event waits for the cloud."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from teddy_shared.ages import AgeBand
from teddy_shared.codec import WireEvent, decode_head, encode_head
from teddy_shared.envelope import Envelope, Place, ProfileId, unreadable
from teddy_shared.errors import MalformedEvent, SealError
from teddy_shared.seal import OwnerSeal

OWNER: Final = "outbox"
"""Whose key seals the payloads. Whoever makes the key ring makes this key."""

LARGEST_EVENT: Final = 512 * 1024  # bytes of payload: half of what a peer unfolds at most

NOTHING: Final = b"{}"
"""The payload of a stand-in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What an event belongs to."""

    turn: str | None = None
    generation: int | None = None
    profile: ProfileId | None = None
    age_band: AgeBand | None = None
    correlation: str | None = None
    causation: str | None = None
    traceparent: str | None = None


NO_TURN: Final = Context()
"""Of events that no talk caused."""


class Mark(NamedTuple):
    """Where a lane stands."""

    acked: int  # the highest number that the cloud says it has stored
    last: int  # the highest number given
    gone: int = 0  # the highest number that is no longer here; what is acknowledged stays for a while


@dataclass(frozen=True, slots=True)
class Waiting:
    """One event that the cloud has not acknowledged."""

    head: Envelope
    wire: WireEvent
    covers: int = 1  # how many numbers it stands for, its own being the last; more only for a gap


def from_row(place: Place, row: tuple[bytes, bytes] | None, seal: OwnerSeal | None) -> Waiting:
    """What lies at this place. A row that is gone or altered gives a stand-in: a visible gap."""
    if row is not None and seal is not None:
        head_bytes, sealed = row
        try:
            head = decode_head(head_bytes)
            if head.place == place:
                return Waiting(head, WireEvent(head_bytes, seal.open(sealed, place.bytes())))
        except (MalformedEvent, SealError):
            pass
    head = unreadable(place)
    return Waiting(head, WireEvent(encode_head(head), NOTHING))
