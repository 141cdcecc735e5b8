"""When a bear came and went, as events in its own stream."""

from __future__ import annotations

import asyncio

from teddy_cloud.eventstore.presence import OFFLINE, ONLINE, OWN_EPOCH
from teddy_cloud.eventstore.store import EventStore, Item
from teddy_shared.clock import Clock
from teddy_shared.codec import encode_head
from teddy_shared.envelope import BearId, Envelope, Kind, Lane, Place, When
from teddy_shared.messages import Online, Status
from teddy_shared.purposes import Purpose


async def record_presence(store: EventStore, clock: Clock, bear: BearId, status: Status) -> None:
    """Append what the bear's status says. Two workers that hear the same word write it once."""
    lane = Lane.INTERACTION
    synchronised = await asyncio.to_thread(clock.synchronised)  # looks at a file
    mark = (await store.marks(bear, OWN_EPOCH)).get(lane, 0)
    head = encode_head(
        Envelope(
            place=Place(bear=bear, epoch=OWN_EPOCH, lane=lane, seq=mark + 1),
            type=ONLINE if isinstance(status, Online) else OFFLINE,
            version=1,
            kind=Kind.SYSTEM,
            purpose=Purpose.DEVICE,
            when=When(
                boot=status.boot,
                monotonic_us=0,
                wall_ms=int(clock.wall() * 1000),
                synchronised=synchronised,
            ),
        )
    )
    item = Item(head, head, Purpose.DEVICE, profile=None, owner="", sealed=b"")
    await store.append_batch(bear=bear, epoch=OWN_EPOCH, lane=lane, first=mark + 1, items=[item])
