"""The door and a real store behind it: what goes in, and whether everything is where it must be then."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

from teddy_cloud.eventstore import partitions
from teddy_cloud.eventstore.redis import RedisEventStore
from teddy_cloud.eventstore.store import BEGINNING, Delivery, Entry, EventStore
from teddy_cloud.fleet.household import device_owner, link_owner
from teddy_cloud.ingest.intake import Intake, Unreadable
from teddy_cloud.storage.client import StoreClient, connect
from teddy_shared.clock import SystemChance
from teddy_shared.codec import decode_head
from teddy_shared.envelope import Place
from teddy_shared.errors import MalformedEvent
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing
from workshop.fleet.households import bears, child_of, permit
from workshop.fleet.made_up import LABEL, batch
from workshop.fuzz.batches import EPOCH, Attempt, good

BEAR: Final = bears(1)[0]


class Broken(AssertionError):
    """A promise was not kept."""


class Door:
    """One bear's lane. Each attempt is followed by a good event, which must arrive whatever came before."""

    def __init__(self, *, client: StoreClient, store: EventStore, seal: ChaChaSeal) -> None:
        self._client = client
        self._store = store
        self._seal = seal
        self._intake = Intake(seal=seal)
        self._partition = partitions.partition_of(BEAR)
        self._read = BEGINNING
        self._marks: dict[str, int] = {}

    async def take(self, attempt: Attempt) -> None:
        """Raises Broken."""
        mark = self._marks.get(EPOCH, 0)
        first = max(1, mark + 1 + attempt.begins)
        wired = [each.make(BEAR, first + at) for at, each in enumerate(attempt.events)]
        found = self._intake.take(BEAR, LABEL.lane, attempt.message(wired, first))
        if attempt.whole:
            _same(
                (getattr(found, "first", 0), getattr(found, "covers", 0)), (first, 1), "a whole batch is read"
            )
        due = await self._store_of(found)
        entries, letters = await self._new()
        if len(entries) + letters != due + 1:
            raise Broken(f"{due + 1} events were due, {len(entries)} are stored and {letters} put aside")
        stored = self._in_their_places(entries)
        if attempt.whole and first <= mark + 1:
            expected = {
                first + at: each.payload
                for at, each in enumerate(wired)
                if attempt.events[at].whole and first + at > mark
            }
            self._all_there(expected, stored)

    async def _store_of(self, found: Delivery | Unreadable) -> int:
        """Store it, and a good event behind it; how many of its own events were due."""
        deliveries, due, epoch = [], 0, EPOCH
        if isinstance(found, Delivery):
            deliveries, epoch = [found], found.epoch
        mark = self._marks.get(epoch, 0)
        reached = mark
        if isinstance(found, Delivery) and found.first <= mark + 1 <= found.last:
            reached, due = found.last, 1 if found.covers > 1 else found.last - mark
        follows = (reached if epoch == EPOCH else self._marks.get(EPOCH, 0)) + 1
        after = self._intake.take(BEAR, LABEL.lane, batch(EPOCH, follows, (good(BEAR, follows),)))
        assert isinstance(after, Delivery)
        marks = [*await self._store.append_all(deliveries), *await self._store.append_all([after])]
        _same(marks, [*([reached] if deliveries else []), follows], "the marks")
        self._marks[epoch] = reached
        self._marks[EPOCH] = follows
        if isinstance(found, Unreadable):
            await self._store.bury(
                BEAR, reason=found.reason, size=found.size, sealed=found.sealed, lane=found.lane
            )
            due = 1
        return due

    async def _new(self) -> tuple[Sequence[Entry], int]:
        """What is stored since the last look, and how many letters lie there; they are taken away."""
        entries = await self._store.read(self._partition, self._read, 10_000)
        self._read = entries[-1].position
        dead, facts = partitions.dead(self._partition), partitions.letter_facts(self._partition)
        letters, *_ = await self._client.do_all([("XLEN", dead), ("DEL", dead), ("DEL", facts)])
        return entries, int(letters)

    def _in_their_places(self, entries: Sequence[Entry]) -> Mapping[int, Entry]:
        """By number, those whose head can be decoded; the projector puts the others aside."""
        stored: dict[int, Entry] = {}
        for entry in entries:
            try:
                place = decode_head(entry.head).place
            except MalformedEvent:
                continue
            if place.bear != BEAR or place.seq > self._marks.get(place.epoch, 0):
                raise Broken(f"an event is stored that says it stands at {place}")
            if place.epoch == EPOCH:
                if place.seq in stored:
                    raise Broken(f"two events say that they stand at {place}")
                stored[place.seq] = entry
        return stored

    def _all_there(self, expected: Mapping[int, bytes], stored: Mapping[int, Entry]) -> None:
        for seq, payload in expected.items():
            if seq not in stored:
                raise Broken(f"the good event {seq} of {sorted(expected)} is lost")
            place = Place(bear=BEAR, epoch=EPOCH, lane=LABEL.lane, seq=seq)
            opened = self._seal.open(stored[seq].owner, stored[seq].sealed, place.bytes())
            _same(opened, payload, "a neighbour's payload")


@asynccontextmanager
async def open_door(url: str) -> AsyncIterator[Door]:
    """Over an empty store."""
    keys = MemoryKeyRing(chance=SystemChance())
    keys.create_all([child_of(BEAR), device_owner(BEAR), link_owner(BEAR)])
    client = connect(url)
    try:
        await permit(client, BEAR)
        store = RedisEventStore(client=client)
        yield Door(client=client, store=store, seal=ChaChaSeal(keys=keys, chance=SystemChance()))
    finally:
        await client.close()


def _same(found: object, expected: object, what: str) -> None:
    if found != expected:
        raise Broken(f"{what}: {found!r}, not {expected!r}")
