"""When a bear came and went, as events in its own stream."""

from __future__ import annotations

import asyncio
from typing import Final

from teddy_cloud.eventstore.presence import OFFLINE, ONLINE, OWN_EPOCH
from teddy_cloud.eventstore.store import EventStore, Item
from teddy_shared.clock import Clock
from teddy_shared.codec import encode_head
from teddy_shared.envelope import BearId, Envelope, Kind, Lane, Place, When
from teddy_shared.messages import Online, Status
from teddy_shared.purposes import Purpose

# Two lanes, so that neither ever takes the number that the other has in hand.
STATUS_LANE: Final = Lane.INTERACTION
UNHEARD_LANE: Final = Lane.TELEMETRY


async def record_presence(store: EventStore, clock: Clock, bear: BearId, status: Status) -> None:
    """Append what the bear's status says. Two workers that hear the same word write it once."""
    type_ = ONLINE if isinstance(status, Online) else OFFLINE
    await append_presence(store, clock, bear, type_=type_, boot=status.boot, lane=STATUS_LANE)


async def append_presence(
    store: EventStore, clock: Clock, bear: BearId, *, type_: str, boot: str, lane: Lane
) -> None:
    """Raises LinkError."""
    synchronised = await asyncio.to_thread(clock.synchronised)  # looks at a file
    number = (await store.marks(bear, OWN_EPOCH)).get(lane, 0) + 1
    head = encode_head(
        Envelope(
            place=Place(bear=bear, epoch=OWN_EPOCH, lane=lane, seq=number),
            type=type_,
            version=1,
            kind=Kind.SYSTEM,
            purpose=Purpose.DEVICE,
            when=When(
                boot=boot,
                monotonic_us=0,
                wall_ms=int(clock.wall() * 1000),
                synchronised=synchronised,
            ),
        )
    )
    item = Item(head, Purpose.DEVICE, profile=None, owner="", sealed=b"")
    await store.append_batch(bear=bear, epoch=OWN_EPOCH, lane=lane, first=number, items=[item])
