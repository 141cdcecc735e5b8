"""A batch of bytes in, what to store of it out: read, then sealed under the keys of its owners."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from teddy_cloud.eventstore.packing import Packed
from teddy_cloud.eventstore.store import Delivery, Item, Poison
from teddy_cloud.eventstore.withholding import withheld_item
from teddy_cloud.fleet.household import device_owner, link_owner
from teddy_cloud.ingest.reading import Closed, Opened, read_batch
from teddy_shared.envelope import BearId, Lane
from teddy_shared.errors import KeyErased
from teddy_shared.seal import OwnerSeal, Seal

Hand = Mapping[str, OwnerSeal]
"""The seals of those owners that have a key, as they were when they were fetched."""


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
    """Only fetching keys blocks, since the key ring is a file: it is done for many batches in one go."""

    def __init__(self, *, seal: Seal) -> None:
        self._seal = seal

    def take(self, bear: BearId, lane: Lane, data: bytes) -> Delivery | Unreadable:
        """All of it for one batch. Blocks. Raises StrangeBear."""
        batch = read_batch(bear, lane, data)
        return sealed_batch(batch, self._fetch(_owners([batch])))

    async def hand(self, batches: Iterable[Opened | Closed]) -> Hand:
        """The seals of all whom these batches are about, and of their bears' links.

        In a thread only where the key ring has to be read: to go there costs more than most batches.
        """
        owners = _owners(batches)
        hand = self._seal.at_hand(owners)
        return await asyncio.to_thread(self._fetch, owners) if hand is None else hand

    def known(self, bears: Iterable[BearId]) -> frozenset[BearId]:
        """Those that a family owns and whose papers still count. Blocks."""
        links = {link_owner(bear): bear for bear in bears}
        return frozenset(links[owner] for owner in self._fetch(links))

    def _fetch(self, owners: Iterable[str]) -> Hand:
        found = {}
        for owner in owners:
            try:
                found[owner] = self._seal.of(owner)
            except KeyErased:
                continue
        return found


def _owners(batches: Iterable[Opened | Closed]) -> Set[str]:
    return {owner for each in batches for owner in (link_owner(each.bear), *each.pieces)}


def sealed_batch(batch: Opened | Closed, hand: Hand) -> Delivery | Unreadable:
    """Each event under the key of its owner; all of one owner in one go. Raises StrangeBear."""
    if link_owner(batch.bear) not in hand:
        raise StrangeBear(batch.bear)
    if isinstance(batch, Closed):
        ((owner, pieces),) = batch.pieces.items()
        kept = hand[owner].seal_all(pieces)[0] if owner in hand else b""
        return Unreadable(batch.bear, batch.lane, batch.reason, batch.size, kept)
    header = batch.header
    items = Packed(said=batch.said, sorts=batch.sorts, sealed=_sealed(batch, hand))
    gone = batch.pieces.keys() - hand.keys()
    found = _without(items, gone) if gone else items
    return Delivery(batch.bear, header.epoch, header.lane, header.first, found, header.covers)


def _sealed(batch: Opened, hand: Hand) -> Sequence[bytes]:
    """What is sealed of each event, in their order; nothing where there is no key any more."""
    sealed = {
        owner: hand[owner].seal_all(theirs) if owner in hand else [b""] * len(theirs)
        for owner, theirs in batch.pieces.items()
    }
    if len(sealed) == 1:
        return next(iter(sealed.values()))
    device = device_owner(batch.bear)
    next_of = {owner: iter(theirs) for owner, theirs in sealed.items()}
    return [next(next_of[device if sort is None else sort[2]]) for sort in batch.sorts]


def _without(items: Packed, gone: Set[str]) -> Sequence[Item | Poison]:
    """Of a child that was erased its numbers stay, its events do not."""
    return [withheld_item(item) if isinstance(item, Item) and item.owner in gone else item for item in items]
