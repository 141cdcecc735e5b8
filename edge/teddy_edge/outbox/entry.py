"""One recorded event: what surrounds it, how its head is built, and how it waits for the cloud."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from teddy_edge.outbox.errors import EventTooLarge
from teddy_shared.ages import AgeBand
from teddy_shared.codec import WireEvent, decode_head, encode_head
from teddy_shared.envelope import Envelope, Place, ProfileId, When, unreadable
from teddy_shared.errors import MalformedEvent, SealError
from teddy_shared.events import Event, to_bytes
from teddy_shared.seal import Seal

OWNER: Final = "outbox"
"""Whose key seals the payloads. Whoever makes the key ring makes this key."""

LARGEST_EVENT: Final = 512 * 1024  # bytes of payload: half of what a peer unfolds at most


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


@dataclass(frozen=True, slots=True)
class Draft:
    """An event on its way into the outbox; it has no number yet."""

    event: Event
    payload: bytes
    context: Context
    when: When

    @classmethod
    def of(cls, event: Event, context: Context, when: When) -> Draft:
        """Raises EventTooLarge."""
        payload = to_bytes(event)
        if len(payload) > LARGEST_EVENT:
            raise EventTooLarge(event.label.type, len(payload), LARGEST_EVENT)
        return cls(event, payload, context, when)

    def at(self, place: Place) -> Envelope:
        label, context = self.event.label, self.context
        return Envelope(
            place=place,
            type=label.type,
            version=label.version,
            kind=label.kind,
            purpose=label.purpose,
            when=self.when,
            turn=context.turn,
            generation=context.generation,
            profile=context.profile,
            age_band=context.age_band,
            correlation=context.correlation,
            causation=context.causation,
            traceparent=context.traceparent,
        )


class Mark(NamedTuple):
    """Where a lane stands."""

    acked: int  # the highest number that the cloud says it has stored
    last: int  # the highest number given


@dataclass(frozen=True, slots=True)
class Waiting:
    """One event that the cloud has not acknowledged."""

    head: Envelope
    wire: WireEvent


def to_row(head: Envelope, payload: bytes, seal: Seal) -> tuple[bytes, bytes]:
    """What lies on the card: the head as it will travel, and the payload sealed to its place."""
    return encode_head(head), seal.seal(OWNER, payload, head.place.bytes())


def from_row(place: Place, row: tuple[bytes, bytes] | None, seal: Seal) -> Waiting:
    """What lies at this place. A row that is gone or altered gives a stand-in: a visible gap."""
    if row is not None:
        head_bytes, sealed = row
        try:
            head = decode_head(head_bytes)
            if head.place == place:
                return Waiting(head, WireEvent(head_bytes, seal.open(OWNER, sealed, place.bytes())))
        except (MalformedEvent, SealError):
            pass
    head = unreadable(place)
    return Waiting(head, WireEvent(encode_head(head), b"{}"))
