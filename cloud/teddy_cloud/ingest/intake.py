"""A batch of bytes in, what to store of it out: read, then sealed under the keys of its owners."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from teddy_cloud.eventstore.store import Delivery, Item, Poison
from teddy_cloud.eventstore.withholding import withheld_item
from teddy_cloud.fleet.household import link_owner
from teddy_cloud.ingest.reading import Broken, Closed, Opened, Pieces, read_batch
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
        return sealed_batch(batch, self.fetch([batch]))

    def fetch(self, batches: Iterable[Opened | Closed]) -> Hand:
        """The seals of all whom these batches are about, and of their bears' links. Blocks."""
        owners = {owner for each in batches for owner in (link_owner(each.bear), *each.pieces)}
        return self._fetch(owners)

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


def sealed_batch(batch: Opened | Closed, hand: Hand) -> Delivery | Unreadable:
    """Each event under the key of its owner; all of one owner in one go. Raises StrangeBear."""
    if link_owner(batch.bear) not in hand:
        raise StrangeBear(batch.bear)
    sealed = _sealed(batch.pieces, hand)
    if isinstance(batch, Closed):
        (found,) = sealed.values()
        kept = b"" if found is None else next(found)
        return Unreadable(batch.bear, batch.lane, batch.reason, batch.size, kept)
    header = batch.header
    items: list[Item | Poison] = []
    for each in batch.events:
        if isinstance(each, Broken):
            theirs = sealed[each.owner]
            items.append(Poison(each.reason, b"" if theirs is None else next(theirs)))
        elif (theirs := sealed[each[3]]) is not None:
            items.append(Item(*each, next(theirs)))
        else:  # a child that was erased: its number stays, the event does not
            items.append(withheld_item(Item(*each, b"")))
    return Delivery(batch.bear, header.epoch, header.lane, header.first, items, header.covers)


def _sealed(pieces: Pieces, hand: Hand) -> Mapping[str, Iterator[bytes] | None]:
    """What is sealed of each owner, in order; None where there is no key any more."""
    return {
        owner: iter(hand[owner].seal_all(theirs)) if owner in hand else None
        for owner, theirs in pieces.items()
    }
