"""Streams that the cloud itself writes: each under an epoch that no bear may use, with a version."""

from __future__ import annotations

import asyncio
from typing import Final

from teddy_cloud.eventstore.store import EventStore, Item
from teddy_shared.clock import Clock
from teddy_shared.codec import encode_head
from teddy_shared.envelope import BearId, Envelope, Place, When
from teddy_shared.errors import Conflict
from teddy_shared.events import Event, to_bytes
from teddy_shared.seal import Seal

PREFIX: Final = "cloud"  # how every epoch of the cloud's own begins
ORDERS: Final = "cloud-orders"
QUERIES: Final = "cloud-queries"
AUDIT: Final = "cloud-audit"
REDRIVEN: Final = "cloud-redriven"  # what came out of the dead letters; see letters.py


def is_own(epoch: str) -> bool:
    """Whether this epoch is the cloud's: a bear that claims it is refused."""
    return epoch == PREFIX or epoch.startswith(f"{PREFIX}-")


async def write_own(
    *,
    store: EventStore,
    seal: Seal,
    clock: Clock,
    subject: BearId,
    stream: str,
    event: Event,
    owner: str,
    expected: int | None = None,
    correlation: str | None = None,
    traceparent: str | None = None,
) -> Place:
    """Append one event to a stream of the cloud's own about this subject; give its place.

    `owner` is whose key seals the payload. With `expected`, raises Conflict where the stream is at
    another version; without, the event goes to the end. Raises LinkError, KeyErased.
    """
    lane = event.label.lane
    version = expected
    while True:
        if version is None:
            version = (await store.marks(subject, stream)).get(lane, 0)
        place = Place(bear=subject, epoch=stream, lane=lane, seq=version + 1)
        head = encode_head(
            Envelope(
                place=place,
                type=event.label.type,
                version=event.label.version,
                kind=event.label.kind,
                purpose=event.label.purpose,
                when=When(boot="cloud", monotonic_us=0, wall_ms=int(clock.wall() * 1000), synchronised=True),
                correlation=correlation,
                traceparent=traceparent,
            )
        )
        # Off the loop: a key ring may look at its file.
        sealed = await asyncio.to_thread(seal.seal, owner, to_bytes(event), place.bytes())
        item = Item(head, event.label.purpose, profile=None, owner=owner, sealed=sealed)
        try:
            await store.append_expected(
                subject=subject, stream=stream, lane=lane, expected=version, items=[item]
            )
        except Conflict:
            if expected is not None:
                raise
            version = None
            continue
        return place
