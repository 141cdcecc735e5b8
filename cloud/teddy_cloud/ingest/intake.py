"""A batch of bytes in, what to store of it out. No store, no broker, no waiting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from teddy_cloud.eventstore.own import is_own
from teddy_cloud.eventstore.store import Item, Poison
from teddy_cloud.fleet.household import device_owner
from teddy_shared.codec import BatchHeader, WireEvent, decode_batch, decode_head, encode_head
from teddy_shared.envelope import BearId, Envelope, Lane, Place, ProfileId, withheld
from teddy_shared.errors import KeyErased, MalformedEvent
from teddy_shared.events import EVENTS
from teddy_shared.purposes import Purpose
from teddy_shared.seal import KeyRing, Seal


@dataclass(frozen=True, slots=True)
class Delivery:
    """A batch that could be read."""

    bear: BearId
    epoch: str
    lane: Lane
    first: int
    items: Sequence[Item | Poison]
    withheld: int  # events whose key is gone


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A batch of which not even the numbers are known."""

    reason: str
    size: int
    sealed: bytes


class StrangeBear(Exception):
    """No family owns a bear of this name."""


class Intake:
    """Reads heads only: validating every field of every event costs half the rate."""

    def __init__(self, *, seal: Seal, keys: KeyRing) -> None:
        self._seal = seal
        self._keys = keys

    def knows(self, bear: BearId) -> bool:
        """Whether a family owns this bear: then it has a key. Blocks as `take` does."""
        try:
            self._keys.key(device_owner(bear))
        except KeyErased:
            return False
        return True

    def take(self, bear: BearId, lane: Lane, data: bytes) -> Delivery | Unreadable:
        """Blocks on the key ring's file, so call it in a thread. Raises StrangeBear."""
        if not self.knows(bear):
            raise StrangeBear(bear)
        try:
            batch = decode_batch(data)
            _check(batch.header, lane)
        except MalformedEvent as error:
            return Unreadable(str(error), len(data), self._seal_raw(bear, data, f"dead/{bear}"))
        items = tuple(
            self._item(Place(bear=bear, epoch=batch.header.epoch, lane=lane, seq=seq), event)
            for seq, event in enumerate(batch.events, batch.header.first)
        )
        return Delivery(
            bear,
            batch.header.epoch,
            lane,
            batch.header.first,
            items,
            withheld=sum(1 for item in items if isinstance(item, Item) and not item.owner),
        )

    def _item(self, place: Place, event: WireEvent) -> Item | Poison:
        try:
            head = decode_head(event.head)
        except MalformedEvent as error:
            return self._poison(place, str(error), event)
        if head.place != place:
            return self._poison(place, "the head names another place than its batch", event)
        stand_in = encode_head(withheld(head))
        owner = head.profile or device_owner(BearId(place.bear))
        profile = ProfileId(head.profile) if head.profile else None
        try:
            sealed = self._seal.seal(owner, event.payload, place.bytes())
        except KeyErased:  # this child was erased: the number stays, the event does not
            return Item(stand_in, stand_in, withheld(head).purpose, None, "", b"")
        return Item(event.head, stand_in, _purpose(head), profile, owner, sealed)

    def _poison(self, place: Place, reason: str, event: WireEvent) -> Poison:
        raw = event.head + b"\n" + event.payload
        return Poison(reason, self._seal_raw(BearId(place.bear), raw, f"dead/{place.bytes().decode()}"))

    def _seal_raw(self, bear: BearId, raw: bytes, bound_to: str) -> bytes:
        """What cannot be read may be about a child all the same, so it is not kept in the open."""
        return self._seal.seal(device_owner(bear), raw, bound_to.encode())


def _purpose(head: Envelope) -> Purpose:
    """What must be granted. Known events need what they are for, whatever their head says."""
    known = EVENTS.get(head.type)
    return known.label.purpose if known and not head.purpose.needs_consent else head.purpose


def _check(header: BatchHeader, lane: Lane) -> None:
    if header.lane != lane:
        raise MalformedEvent(b"", "the batch names another lane than its topic")
    if is_own(header.epoch):
        raise MalformedEvent(b"", "the batch claims to come from the cloud")
