"""Stored events once more: in order, whole, and only what is wanted."""

from __future__ import annotations

import pytest

from teddy_cloud.eventstore.memory import MemoryEventStore
from teddy_cloud.eventstore.partitions import partition_of
from teddy_cloud.eventstore.replay import EVERYTHING, STRETCH, Wanted, replay
from teddy_cloud.eventstore.store import Item
from teddy_shared.codec import encode_head
from teddy_shared.envelope import BearId, Kind, Lane
from teddy_shared.events import BearStarted, Event, SafetyAlertRaised
from teddy_shared.purposes import Purpose
from tests.cloud_bear import BEAR, EPOCH, begun, ended, head_of

OTHER = BearId("bear-2")
ALERT = SafetyAlertRaised(category="lost", advice="Call your child now.")
STARTED = BearStarted(software="1")


@pytest.fixture
def store() -> MemoryEventStore:
    return MemoryEventStore()


async def append(store: MemoryEventStore, event: Event, seq: int, bear: BearId = BEAR) -> None:
    head = encode_head(head_of(event, seq, bear=bear))
    item = Item(head, Purpose.DEVICE, profile=None, owner="", sealed=b"sealed")
    lane = event.label.lane
    assert await store.append_batch(bear=bear, epoch=EPOCH, lane=lane, first=seq, items=[item]) == seq


async def numbers(store: MemoryEventStore, wanted: Wanted = EVERYTHING) -> list[tuple[str, str, int]]:
    return [
        (each.head.place.bear, each.head.type, each.head.place.seq) async for each in replay(store, wanted)
    ]


async def test_everything_comes_back_oldest_first_however_long_it_is(store: MemoryEventStore) -> None:
    count = 2 * STRETCH + 3
    for seq in range(1, count + 1):
        await append(store, ended(), seq)

    assert await numbers(store) == [(BEAR, "turn.ended", seq) for seq in range(1, count + 1)]


async def test_nothing_is_stored_and_nothing_comes_back(store: MemoryEventStore) -> None:
    assert await numbers(store) == []


async def test_one_bear_one_kind_or_one_type_comes_alone(store: MemoryEventStore) -> None:
    await append(store, STARTED, 1)
    await append(store, begun(), 2)
    await append(store, ended(), 3)
    await append(store, ALERT, 1)
    await append(store, begun(), 1, OTHER)

    assert await numbers(store, Wanted(bear=OTHER)) == [(OTHER, "turn.begun", 1)]
    assert await numbers(store, Wanted(bear=BEAR, kind=Kind.DOMAIN)) == [
        (BEAR, "turn.begun", 2),
        (BEAR, "turn.ended", 3),
        (BEAR, "safety.alert_raised", 1),
    ]
    assert await numbers(store, Wanted(kind=Kind.SYSTEM)) == [(BEAR, "bear.started", 1)]
    assert sorted(await numbers(store, Wanted(type="turn.begun"))) == [
        (BEAR, "turn.begun", 2),
        (OTHER, "turn.begun", 1),
    ]


async def test_it_goes_on_behind_a_position(store: MemoryEventStore) -> None:
    for seq in range(1, 6):
        await append(store, ended(), seq)
    await append(store, begun(), 1, OTHER)
    here = partition_of(BEAR)
    third = [each async for each in replay(store)][2 if here < partition_of(OTHER) else 3]

    rest = [each async for each in replay(store, after={here: third.entry.position})]

    assert [each.head.place.seq for each in rest] == [4, 5]
    assert rest[0].entry.sealed == b"sealed"


async def test_a_head_that_another_release_wrote_is_passed_over(store: MemoryEventStore) -> None:
    await append(store, begun(), 1)
    item = Item(b"{}", Purpose.DEVICE, None, "", b"sealed")
    await store.append_batch(bear=BEAR, epoch=EPOCH, lane=Lane.INTERACTION, first=2, items=[item])
    await append(store, begun(), 3)

    assert [seq for *_, seq in await numbers(store)] == [1, 3]


async def test_what_comes_while_it_is_read_does_not_keep_it_going(store: MemoryEventStore) -> None:
    await append(store, ended(), 1)
    seen = 0

    async for each in replay(store, Wanted(bear=BEAR)):
        seen += 1
        await append(store, ended(), each.head.place.seq + 1)

    assert seen == 1
