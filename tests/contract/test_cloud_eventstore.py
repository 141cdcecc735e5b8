"""What the event store promises, in memory, on Redis, on Valkey and on a cluster."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from teddy_cloud.eventstore.memory import MemoryEventStore
from teddy_cloud.eventstore.partitions import PARTITIONS, partition_of
from teddy_cloud.eventstore.redis import RedisEventStore
from teddy_cloud.eventstore.store import BEGINNING, DEAD_LETTERS, Delivery, Entry, EventStore, Item, Poison
from teddy_cloud.storage.client import connect
from teddy_shared.codec import decode_head, encode_head
from teddy_shared.envelope import WITHHELD, BearId, Lane, Place, ProfileId
from teddy_shared.errors import Conflict, LinkError
from teddy_shared.purposes import Purpose
from tests.cloud_bear import ended, head_of
from tests.lost_answers import answer_lost
from tests.servers import AnyStore, Server

BEAR = BearId("bear-1")
CHILD = ProfileId("child-1")
HERE = partition_of(BEAR)


def item(number: int, purpose: Purpose = Purpose.ACTIVITY, profile: ProfileId | None = CHILD) -> Item:
    head = head_of(ended(), number, purpose=purpose, profile=profile, turn=f"turn-{number}", wall_ms=number)
    return Item(encode_head(head), purpose, profile, CHILD, b"sealed %d" % number)


def told(entry: Entry) -> str:
    """An entry as these tests speak of it."""
    head = decode_head(entry.head)
    return f"{'nothing' if head.type == WITHHELD else 'head'} {head.place.seq}"


def items(first: int, last: int) -> Sequence[Item]:
    return [item(number) for number in range(first, last + 1)]


def device(number: int) -> Item:
    return item(number, Purpose.DEVICE, None)


class EventStoreContract:
    """Run over each store. The fixture gives one whose family has granted activity to one child."""

    async def append(
        self,
        store: EventStore,
        first: int,
        batch: Sequence[Item | Poison],
        *,
        covers: int = 1,
        **where: str,
    ) -> int:
        return await store.append_batch(
            bear=BearId(where.get("bear", BEAR)),
            epoch=where.get("epoch", "e1"),
            lane=Lane.INTERACTION,
            first=first,
            items=batch,
            covers=covers,
        )

    async def all(self, store: EventStore, bear: BearId = BEAR) -> Sequence[Entry]:
        return await store.read(partition_of(bear), BEGINNING, 1000)

    async def heads(self, store: EventStore) -> list[str]:
        return [told(entry) for entry in await self.all(store)]

    async def test_keeps_a_batch_whole_and_says_how_far_it_got(self, store: EventStore) -> None:
        mark = await self.append(store, 1, items(1, 3))

        assert mark == 3
        first, *_ = await self.all(store)
        assert (first.head, first.owner, first.sealed) == (item(1).head, CHILD, b"sealed 1")
        assert await self.heads(store) == ["head 1", "head 2", "head 3"]

    async def test_stores_what_comes_twice_only_once(self, store: EventStore) -> None:
        await self.append(store, 1, items(1, 3))

        marks = [await self.append(store, 1, items(1, 3)), await self.append(store, 2, items(2, 5))]

        assert marks == [3, 5]
        assert await self.heads(store) == [f"head {number}" for number in range(1, 6)]

    async def test_stores_nothing_behind_a_gap(self, store: EventStore) -> None:
        await self.append(store, 1, items(1, 2))

        assert await self.append(store, 4, items(4, 6)) == 2
        assert await self.heads(store) == ["head 1", "head 2"]

    async def test_lanes_epochs_and_bears_count_for_themselves(self, store: EventStore) -> None:
        await self.append(store, 1, items(1, 2))
        await self.append(store, 1, items(1, 1), epoch="e2")
        await store.append_batch(bear=BEAR, epoch="e1", lane=Lane.SAFETY, first=1, items=items(1, 3))

        assert await store.marks(BEAR, "e1") == {Lane.INTERACTION: 2, Lane.SAFETY: 3}
        assert await store.marks(BEAR, "e2") == {Lane.INTERACTION: 1}
        assert await store.marks(BearId("bear-2"), "e1") == {}

    async def test_poison_goes_to_the_dead_letters_and_does_not_hold_up_the_rest(
        self, store: EventStore
    ) -> None:
        mark = await self.append(store, 1, [item(1), Poison("no head", b"sealed raw"), item(3)])

        assert mark == 3
        assert await self.heads(store) == ["head 1", "head 3"]
        (letter,) = await store.dead_letters(HERE)
        assert (letter.bear, letter.reason, letter.sealed) == (BEAR, "no head", b"sealed raw")
        assert letter.place == Place(bear=BEAR, epoch="e1", lane=Lane.INTERACTION, seq=2)

    async def test_what_is_not_granted_leaves_only_its_number(self, store: EventStore) -> None:
        mark = await self.append(store, 1, [item(1, Purpose.TRANSCRIPT), item(2), item(3, Purpose.SAFETY)])

        assert mark == 3
        withheld, kept, other = await self.all(store)
        assert (told(withheld), withheld.sealed, withheld.owner) == ("nothing 1", b"", "")
        assert not any(word in withheld.head for word in (b"turn", b"child", b"ended"))
        assert told(kept) == "head 2"
        assert told(other) == "nothing 3"

    async def test_what_is_not_granted_and_cannot_be_read_either_is_quarantined_without_its_bytes(
        self, store: EventStore
    ) -> None:
        strange = Item(b'{"no": "head"}', Purpose.TRANSCRIPT, None, CHILD, b"sealed 2")

        mark = await self.append(store, 1, [item(1), strange, item(3)])

        assert (mark, await self.heads(store)) == (3, ["head 1", "head 3"])
        (letter,) = await store.dead_letters(HERE)
        assert (letter.sealed, letter.size) == (b"", 0)

    async def test_many_sorts_of_events_in_one_batch_are_each_judged_for_themselves(
        self, store: EventStore
    ) -> None:
        strangers = [item(number, profile=ProfileId(f"stranger-{number}")) for number in range(1, 301)]

        mark = await self.append(store, 1, [*strangers, item(301), device(302)])

        assert mark == 302
        expected = [f"nothing {number}" for number in range(1, 301)] + ["head 301", "head 302"]
        assert await self.heads(store) == expected

    async def test_one_event_may_stand_for_a_range_of_numbers(self, store: EventStore) -> None:
        await self.append(store, 1, items(1, 2))

        marks = [
            await self.append(store, 4, [device(9)], covers=6),  # a gap before the gap
            await self.append(store, 3, [device(9)], covers=7),
            await self.append(store, 3, [device(9)], covers=7),
            await self.append(store, 10, items(10, 11)),
        ]

        assert marks == [2, 9, 9, 11]
        assert await self.heads(store) == ["head 1", "head 2", "head 9", "head 10", "head 11"]

    async def test_a_range_of_which_some_is_stored_already_moves_the_mark_all_the_same(
        self, store: EventStore
    ) -> None:
        await self.append(store, 1, items(1, 4))

        mark = await self.append(store, 2, [device(9)], covers=8)

        assert (mark, await self.heads(store)) == (9, [*(f"head {n}" for n in range(1, 5)), "head 9"])

    async def test_a_range_that_cannot_be_read_is_quarantined_and_passed(self, store: EventStore) -> None:
        mark = await self.append(store, 1, [Poison("no head", b"sealed raw")], covers=5)

        assert (mark, await self.heads(store)) == (5, [])
        (letter,) = await store.dead_letters(HERE)
        assert letter.place is not None and letter.place.seq == 5

    async def test_another_familys_child_leaves_only_its_number(self, store: EventStore) -> None:
        await self.append(store, 1, [item(1, profile=ProfileId("child-2"))])

        assert await self.heads(store) == ["nothing 1"]

    async def test_the_device_needs_no_grant(self, store: EventStore) -> None:
        await store.permit(BEAR, consent=frozenset(), profiles=frozenset())

        await self.append(store, 1, [item(1, Purpose.DEVICE, None), item(2)])

        assert await self.heads(store) == ["head 1", "nothing 2"]

    async def test_a_withdrawn_purpose_is_refused_from_then_on(self, store: EventStore) -> None:
        await self.append(store, 1, [item(1)])
        await store.permit(BEAR, consent=frozenset({Purpose.SAFETY}), profiles=frozenset({CHILD}))

        await self.append(store, 2, [item(2), item(3, Purpose.SAFETY)])

        assert await self.heads(store) == ["head 1", "nothing 2", "head 3"]

    async def test_without_any_grant_a_dead_letter_keeps_no_bytes(self, store: EventStore) -> None:
        await store.permit(BEAR, consent=frozenset(), profiles=frozenset())

        await self.append(store, 1, [Poison("no head", b"sealed raw")])
        await store.bury(BEAR, reason="not zstd", size=7, sealed=b"sealed raw")

        letters = await store.dead_letters(HERE)
        assert [letter.sealed for letter in letters] == [b"", b""]
        assert [letter.size for letter in letters] == [10, 7]

    async def test_dead_letters_are_bounded(self, store: EventStore) -> None:
        for _ in range(0, 2 * DEAD_LETTERS, 50):
            await asyncio.gather(*(store.bury(BEAR, reason="x", size=1, sealed=b"x") for _ in range(50)))

        assert len(await store.dead_letters(HERE)) < 1.2 * DEAD_LETTERS

    async def test_resumes_behind_a_position(self, store: EventStore) -> None:
        await self.append(store, 1, items(1, 5))
        begin = await store.read(HERE, BEGINNING, 2)

        rest = await store.read(HERE, begin[-1].position, 10)

        assert [told(entry) for entry in begin] == ["head 1", "head 2"]
        assert [told(entry) for entry in rest] == ["head 3", "head 4", "head 5"]
        assert not await store.read(HERE, rest[-1].position, 10)

    async def test_reads_many_partitions_in_one_go(self, store: EventStore) -> None:
        other = BearId("bear-2")
        await store.permit(other, consent=frozenset({Purpose.ACTIVITY}), profiles=frozenset({CHILD}))
        await self.append(store, 1, items(1, 1))
        await self.append(store, 1, items(1, 2), bear=other)

        found = await store.read_many(dict.fromkeys(range(PARTITIONS), BEGINNING), 10)

        counts = {partition: len(entries) for partition, entries in found.items()}
        assert counts == {HERE: 1, partition_of(other): 2}

    async def test_the_doorbell_rings_for_what_is_new(self, store: EventStore) -> None:
        await self.append(store, 1, items(1, 1))
        async with store.doorbell() as bell:
            await self.append(store, 1, items(1, 1))  # nothing new
            quiet = await bell.rung(0.05)
            await self.append(store, 2, items(2, 2))
            rung = await bell.rung(5)

        assert (quiet, rung) == (frozenset(), {HERE})

    async def test_many_callers_at_once_store_everything_once(self, store: EventStore) -> None:
        for first in range(1, 40, 4):
            await asyncio.gather(*(self.append(store, first, items(first, first + 3)) for _ in range(5)))

        assert await self.heads(store) == [f"head {number}" for number in range(1, 41)]

    async def test_many_batches_go_in_at_once_each_for_itself(self, store: EventStore) -> None:
        other = BearId("bear-2")
        await store.permit(other, consent=frozenset({Purpose.ACTIVITY}), profiles=frozenset({CHILD}))
        lane = Lane.INTERACTION

        marks = await store.append_all(
            [
                Delivery(BEAR, "e1", lane, 1, items(1, 2)),
                Delivery(other, "e1", lane, 1, [item(1, Purpose.SAFETY), Poison("x", b"y"), item(3)]),
                Delivery(BEAR, "e1", lane, 3, items(3, 3)),
                Delivery(other, "e2", lane, 4, items(4, 5)),  # behind a gap
                Delivery(BEAR, "e2", lane, 1, [device(7)], covers=7),
            ]
        )

        assert list(marks) == [2, 3, 3, 0, 7]
        assert await self.heads(store) == ["head 1", "head 2", "head 3", "head 7"]
        assert [told(entry) for entry in await self.all(store, other)] == ["nothing 1", "head 3"]
        sources = [(BEAR, "e1"), (other, "e1"), (other, "e2"), (BEAR, "e2")]
        assert list(await store.marks_of(sources)) == [{lane: 3}, {lane: 3}, {}, {lane: 7}]
        assert list(await store.append_all([])) == []

    async def test_an_own_stream_takes_only_what_expects_its_version(self, store: EventStore) -> None:
        async def own(expected: int, *items: Item) -> int:
            return await store.append_expected(
                subject=BEAR, stream="cloud-orders", lane=Lane.BULK, expected=expected, items=items
            )

        assert await own(0, device(1)) == 1
        with pytest.raises(Conflict, match="at version 1, not 0"):
            await own(0, device(2))
        with pytest.raises(Conflict, match="at version 1, not 5"):
            await own(5, device(2))
        assert await own(1, device(2), device(3)) == 3
        assert await self.heads(store) == ["head 1", "head 2", "head 3"]


class TestMemoryEventStore(EventStoreContract):
    @pytest.fixture
    async def store(self) -> EventStore:
        return await _granted(MemoryEventStore())


class TestRedisEventStore(EventStoreContract):
    @pytest.fixture
    async def store(self, store_server: AnyStore) -> AsyncIterator[EventStore]:
        client = connect(store_server.url)
        yield await _granted(RedisEventStore(client=client))
        await client.close()

    async def test_a_store_that_is_away_is_a_link_error_and_comes_back_by_itself(
        self, single_store: Server
    ) -> None:
        client = connect(single_store.url)
        store = await _granted(RedisEventStore(client=client))
        await self.append(store, 1, items(1, 2))
        single_store.stop()
        with pytest.raises(LinkError, match="away"):
            await self.append(store, 3, items(3, 3))
        single_store.start()

        assert await self.append(store, 3, items(3, 4)) == 4
        assert await self.heads(store) == [f"head {number}" for number in range(1, 5)]
        await client.close()

    async def test_an_own_event_whose_answer_was_lost_is_stored_once(self, single_store: Server) -> None:
        direct = connect(single_store.url)
        await _granted(RedisEventStore(client=direct))
        async with answer_lost(single_store, to=b"EVAL") as url:
            client = connect(url)
            version = await RedisEventStore(client=client).append_expected(
                subject=BEAR, stream="cloud-audit", lane=Lane.BULK, expected=0, items=[device(1)]
            )
            await client.close()

        assert version == 1
        assert await self.heads(RedisEventStore(client=direct)) == ["head 1"]
        with pytest.raises(Conflict, match="at version 1, not 0"):
            await RedisEventStore(client=direct).append_expected(
                subject=BEAR, stream="cloud-audit", lane=Lane.BULK, expected=0, items=[device(2)]
            )
        await direct.close()

    async def test_all_keys_of_a_bear_lie_in_one_slot(
        self, store: EventStore, store_server: AnyStore
    ) -> None:
        await self.append(store, 1, [*items(1, 2), Poison("x", b"y")])

        client = connect(store_server.url)
        keys = await client.scan("*")
        await client.close()

        assert len(keys) == 5
        assert all(f":{{{HERE}}}" in key for key in keys)


async def _granted(store: EventStore) -> EventStore:
    await store.permit(BEAR, consent=frozenset({Purpose.ACTIVITY}), profiles=frozenset({CHILD}))
    return store
