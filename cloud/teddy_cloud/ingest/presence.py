"""When a bear came and went, as events in its own stream."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from teddy_cloud.eventstore.presence import OFFLINE, ONLINE, OWN_EPOCH
from teddy_cloud.eventstore.store import Delivery, EventStore, Item
from teddy_shared.clock import Clock
from teddy_shared.codec import encode_head
from teddy_shared.envelope import BearId, Envelope, Kind, Lane, Place, When
from teddy_shared.messages import Online, Status
from teddy_shared.purposes import Purpose

# Two lanes, so that neither ever takes the number that the other has in hand.
STATUS_LANE: Final = Lane.INTERACTION
UNHEARD_LANE: Final = Lane.TELEMETRY


@dataclass(frozen=True, slots=True)
class Told:
    """What a bear, or the broker in its place, says of it."""

    bear: BearId
    status: Status


@dataclass(frozen=True, slots=True)
class Presence:
    """That a bear came or went, on its way into the store."""

    bear: BearId
    type: str
    boot: str


async def record_presence(store: EventStore, clock: Clock, told: Sequence[Told]) -> None:
    """Append what the status of each bear says. Two workers that hear the same word at once write it once.

    Otherwise both do, and what stands there twice says the same: read models keep the first.
    """
    types = [ONLINE if isinstance(each.status, Online) else OFFLINE for each in told]
    noted = [Presence(each.bear, type_, each.status.boot) for each, type_ in zip(told, types, strict=True)]
    await append_presence(store, clock, noted, lane=STATUS_LANE)


async def append_presence(store: EventStore, clock: Clock, noted: Sequence[Presence], *, lane: Lane) -> None:
    """No bear twice. Raises LinkError."""
    synchronised = await asyncio.to_thread(clock.synchronised)  # looks at a file
    marks = await store.marks_of([(each.bear, OWN_EPOCH) for each in noted])
    deliveries = []
    for each, mark in zip(noted, marks, strict=True):
        number = mark.get(lane, 0) + 1
        when = When(
            boot=each.boot, monotonic_us=0, wall_ms=int(clock.wall() * 1000), synchronised=synchronised
        )
        head = Envelope(
            place=Place(bear=each.bear, epoch=OWN_EPOCH, lane=lane, seq=number),
            type=each.type,
            version=1,
            kind=Kind.SYSTEM,
            purpose=Purpose.DEVICE,
            when=when,
        )
        item = Item(encode_head(head), Purpose.DEVICE, profile=None, owner="", sealed=b"")
        deliveries.append(Delivery(each.bear, OWN_EPOCH, lane, number, [item]))
    await store.append_all(deliveries)
