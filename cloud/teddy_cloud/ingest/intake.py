"""A batch of bytes in, what to store of it out. No store, no broker, no waiting."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from teddy_cloud.eventstore.own import is_own
from teddy_cloud.eventstore.store import Delivery, Item, Poison
from teddy_cloud.eventstore.withholding import withheld_item
from teddy_cloud.fleet.household import device_owner, link_owner
from teddy_cloud.ingest.heads import Head, read_head
from teddy_shared.codec import BatchHeader, WireEvent, decode_batch
from teddy_shared.envelope import GAP, BearId, Lane, ProfileId
from teddy_shared.errors import KeyErased, MalformedEvent
from teddy_shared.events import EVENTS
from teddy_shared.purposes import Purpose
from teddy_shared.seal import KeyRing, Seal

HIGHEST: Final = 2**53  # numbers behind it the store could not tell from each other


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A batch of which not even the numbers are known."""

    bear: BearId
    lane: Lane
    reason: str
    size: int
    sealed: bytes


class StrangeBear(Exception):
    """No family owns a bear of this name, or its papers were taken back."""


class Intake:
    """Reads heads, and leaves payloads the bytes that they are."""

    def __init__(self, *, seal: Seal, keys: KeyRing) -> None:
        self._seal = seal
        self._keys = keys

    def knows(self, bear: BearId) -> bool:
        """Whether a family owns this bear, and its papers still count. Blocks as `take` does."""
        try:
            self._keys.key(link_owner(bear))
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
            return Unreadable(bear, lane, str(error), len(data), self._raw(bear, data, bear.encode()))
        header = batch.header
        # The one event of a batch that covers many numbers stands at the last of them.
        places = (_Place(bear, header, header.first + header.covers - 1 + at) for at in range(header.count))
        found = [self._read(place, event) for place, event in zip(places, batch.events, strict=True)]
        return Delivery(bear, header.epoch, lane, header.first, self._sealed(found), header.covers)

    def _read(self, place: _Place, event: WireEvent) -> _Found | Poison:
        try:
            head = read_head(event.head)
            _fits(head, event.head, place)
        except MalformedEvent as error:
            raw = event.head + b"\n" + event.payload
            return Poison(str(error), self._raw(place.bear, raw, place.bytes()))
        profile = head.get("profile")
        return _Found(event, place, _purpose(head), profile, profile or device_owner(place.bear))

    def _sealed(self, found: Sequence[_Found | Poison]) -> Sequence[Item | Poison]:
        """Each under the key of its owner; all of one owner in one go."""
        pieces: dict[str, list[tuple[bytes, bytes]]] = defaultdict(list)
        for each in found:
            if isinstance(each, _Found):
                pieces[each.owner].append((each.event.payload, each.place.bytes()))
        sealed = {owner: self._under_key_of(owner, theirs) for owner, theirs in pieces.items()}
        return [each if isinstance(each, Poison) else _item(each, sealed[each.owner]) for each in found]

    def _under_key_of(self, owner: str, pieces: Sequence[tuple[bytes, bytes]]) -> Iterator[bytes] | None:
        try:
            return iter(self._seal.seal_all(owner, pieces))
        except KeyErased:
            return None

    def _raw(self, bear: BearId, raw: bytes, place: bytes) -> bytes:
        """What cannot be read may be about a child all the same, so it is not kept in the open."""
        return self._seal.seal(device_owner(bear), raw, b"dead/" + place)


class _Place(NamedTuple):  # one for each event: a third of the cost of a frozen dataclass
    """Where an event stands by its position in the batch, whatever its head says."""

    bear: BearId
    header: BatchHeader
    seq: int

    def fields(self) -> Mapping[str, str | int]:
        header = self.header
        return {"bear": self.bear, "epoch": header.epoch, "lane": header.lane, "seq": self.seq}

    def bytes(self) -> bytes:
        return f"{self.bear}/{self.header.epoch}/{int(self.header.lane)}/{self.seq}".encode()


class _Found(NamedTuple):
    """An event whose head can be read."""

    event: WireEvent
    place: _Place
    purpose: Purpose
    profile: ProfileId | None
    owner: str


def _item(found: _Found, sealed: Iterator[bytes] | None) -> Item | Poison:
    """`sealed`: what is sealed of this owner, in order; None where the child was erased."""
    payload = b"" if sealed is None else next(sealed)
    item = Item(found.event.head, found.purpose, found.profile, found.owner, payload)
    return withheld_item(item) if sealed is None else item  # its number stays


def _purpose(head: Head) -> Purpose:
    """What must be granted. Known events need what they are for, whatever their head says."""
    known = EVENTS.get(head["type"])
    purpose = head["purpose"]
    return known.label.purpose if known and not purpose.needs_consent else purpose


def _fits(head: Head, raw: bytes, place: _Place) -> None:
    if head["place"] != place.fields():
        raise MalformedEvent(raw, "the head names another place than its batch")
    if place.header.covers > 1 and head["type"] != GAP:
        raise MalformedEvent(raw, "only a gap covers many numbers")


def _check(header: BatchHeader, lane: Lane) -> None:
    if header.lane != lane:
        raise MalformedEvent(b"", "the batch names another lane than its topic")
    if is_own(header.epoch):
        raise MalformedEvent(b"", "the batch claims to come from the cloud")
    if header.first + max(header.count, header.covers) > HIGHEST:
        raise MalformedEvent(b"", "the batch counts further than anybody can")
