"""What the dead letters promise, in memory, on Redis and on Valkey."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace

import pytest

from teddy_cloud.eventstore.letters import DeadLetters
from teddy_cloud.eventstore.memory import MemoryEventStore
from teddy_cloud.eventstore.own import REDRIVEN
from teddy_cloud.eventstore.partitions import partition_of
from teddy_cloud.eventstore.redis import RedisEventStore
from teddy_cloud.eventstore.redis_letters import RedisDeadLetters
from teddy_cloud.eventstore.store import (
    BEGINNING,
    DEAD_LETTERS,
    DeadLetter,
    EventStore,
    Item,
    Poison,
    Position,
)
from teddy_cloud.storage.client import connect
from teddy_shared.clock import SystemClock
from teddy_shared.codec import encode_head
from teddy_shared.envelope import WITHHELD, BearId, Lane, Place, ProfileId
from teddy_shared.errors import Conflict
from teddy_shared.purposes import Purpose
from tests.cloud_bear import BEAR, CHILD, EPOCH, ended, head_of
from tests.servers import Server

HERE = partition_of(BEAR)


@dataclass(frozen=True, slots=True)
class Office:
    store: EventStore
    letters: DeadLetters

    async def bury(self, count: int = 1) -> None:
        for number in range(1, count + 1):
            await self.store.bury(
                BEAR, reason=f"no. {number}", size=number, sealed=b"sealed", lane=Lane.INTERACTION
            )

    async def all(self) -> list[DeadLetter]:
        return [letter async for letter in self.letters.each(HERE)]

    async def only(self) -> DeadLetter:
        (letter,) = await self.all()
        return letter

    async def heads(self) -> Sequence[bytes]:
        return [entry.head for entry in await self.store.read(HERE, BEGINNING, 1000)]


def redriven(number: int, purpose: Purpose = Purpose.ACTIVITY) -> tuple[Place, Item]:
    head = head_of(ended(), number, epoch=REDRIVEN, purpose=purpose)
    item = Item(encode_head(head), purpose, ProfileId(CHILD), CHILD, b"sealed again")
    return head.place, item


class DeadLettersContract:
    async def test_a_letter_says_what_is_known(self, office: Office) -> None:
        began = int(SystemClock().wall() * 1000)
        await office.bury()
        await office.store.append_batch(
            bear=BEAR, epoch=EPOCH, lane=Lane.SAFETY, first=1, items=[Poison("no head", b"sealed raw")]
        )
        await office.store.bury_stored(
            HERE, Position("7-0"), bear=BearId("unknown"), reason="no field", size=9
        )

        batch, event, stored = await office.all()

        assert (batch.bear, batch.reason, batch.size, batch.sealed) == (BEAR, "no. 1", 1, b"sealed")
        assert (batch.lane, batch.place, batch.position) == (Lane.INTERACTION, None, None)
        assert (event.sealed, event.size) == (b"sealed raw", 10)
        assert event.place == Place(bear=BEAR, epoch=EPOCH, lane=Lane.SAFETY, seq=1)
        assert (stored.bear, stored.position, stored.sealed) == ("unknown", "7-0", b"")
        assert all(began - 60_000 < each.wall_ms < began + 60_000 for each in (batch, event, stored))
        assert {each.partition for each in (batch, event, stored)} == {HERE}

    async def test_a_letter_is_found_by_its_id(self, office: Office) -> None:
        await office.bury(3)
        _, second, _ = await office.all()

        assert await office.letters.find(second.id) == second
        for nothing in ("", "x", "1-2", f"{HERE}-1-0", f"{second.id}-1", "999-1-1", f"1-{2**64}-1"):
            assert await office.letters.find(nothing) is None

    async def test_of_too_many_the_oldest_give_way_and_are_counted(self, office: Office) -> None:
        for _ in range(0, DEAD_LETTERS + 50, 50):
            await asyncio.gather(*(office.bury() for _ in range(50)))

        assert len(await office.all()) == DEAD_LETTERS
        assert await office.letters.gave_way(HERE) == 50
        assert await office.letters.gave_way(HERE + 1) == 0

    async def test_a_stored_event_has_one_letter_however_often_it_is_found(self, office: Office) -> None:
        for reason in ("days: no", "bears: no", "days: no"):
            await office.store.bury_stored(HERE, Position("7-0"), bear=BEAR, reason=reason, size=9)
        first = await office.only()
        await office.letters.discard(first)
        await office.store.bury_stored(HERE, Position("7-0"), bear=BEAR, reason="again", size=9)

        assert first.reason == "days: no"
        assert (await office.only()).reason == "again"

    async def test_what_is_redriven_is_stored_and_its_letter_is_gone(self, office: Office) -> None:
        await office.bury()
        letter = await office.only()
        place, item = redriven(1)

        async with office.store.doorbell() as bell:
            stored = await office.letters.redrive(letter, place, item)
            rung = await bell.rung(5)

        assert (stored, rung) == (True, {HERE})
        assert await office.heads() == [item.head]
        assert await office.all() == []
        assert await office.store.marks(BEAR, REDRIVEN) == {Lane.INTERACTION: 1}

    async def test_redriving_twice_does_nothing_the_second_time(self, office: Office) -> None:
        await office.bury()
        letter = await office.only()

        stored = [await office.letters.redrive(letter, *redriven(number)) for number in (1, 2)]

        assert stored == [True, False]
        assert len(await office.heads()) == 1

    async def test_two_letters_of_one_event_are_one_event(self, office: Office) -> None:
        poison = [Poison("x", b"sealed"), Poison("x", b"sealed")]
        await office.store.append_batch(bear=BEAR, epoch=EPOCH, lane=Lane.INTERACTION, first=1, items=poison)
        first, second = await office.all()
        await office.letters.redrive(first, *redriven(1))

        assert not await office.letters.redrive(replace(second, place=first.place), *redriven(2))

        assert await office.all() == []
        assert len(await office.heads()) == 1

    async def test_a_place_that_is_taken_is_a_conflict_and_changes_nothing(self, office: Office) -> None:
        await office.bury(2)
        one, other = await office.all()
        await office.letters.redrive(one, *redriven(1))

        for number in (1, 3):
            with pytest.raises(Conflict, match="at version 1"):
                await office.letters.redrive(other, *redriven(number))

        assert await office.all() == [other]
        assert len(await office.heads()) == 1

    async def test_what_is_not_granted_by_now_leaves_only_its_stand_in(self, office: Office) -> None:
        await office.bury()

        assert await office.letters.redrive(await office.only(), *redriven(1, Purpose.TRANSCRIPT))

        (head,) = await office.heads()
        assert WITHHELD.encode() in head
        assert await office.all() == []

    async def test_what_fails_again_says_why(self, office: Office) -> None:
        await office.bury()
        letter = await office.only()

        await office.letters.fail_again(letter, "still no head")
        await office.letters.fail_again(letter, "worse")

        again = await office.only()
        assert (again.id, again.reason, again.sealed) == (letter.id, "worse", b"sealed")
        assert await office.letters.find(letter.id) == again

    async def test_a_letter_that_is_discarded_is_gone(self, office: Office) -> None:
        await office.bury(2)
        one, other = await office.all()
        await office.letters.fail_again(one, "still dead")

        await office.letters.discard(one)
        await office.letters.fail_again(one, "too late")

        assert await office.all() == [other]
        assert await office.letters.gave_way(HERE) == 0


class TestMemoryDeadLetters(DeadLettersContract):
    @pytest.fixture
    async def office(self) -> Office:
        store = MemoryEventStore()
        return await _granted(Office(store, store.letters))


class TestRedisDeadLetters(DeadLettersContract):
    @pytest.fixture
    async def office(self, store_server: Server) -> AsyncIterator[Office]:
        client = connect(store_server.url)
        yield await _granted(Office(RedisEventStore(client=client), RedisDeadLetters(client=client)))
        await client.close()

    async def test_nothing_is_left_beside_a_letter_that_went(
        self, office: Office, store_server: Server
    ) -> None:
        client = connect(store_server.url)
        await office.store.bury_stored(HERE, Position("7-0"), bear=BEAR, reason="x", size=9)
        await office.letters.fail_again(await office.only(), "still dead")
        await office.letters.redrive(await office.only(), *redriven(1))

        assert await client.do("HLEN", f"dead-facts:{{{HERE}}}") == 0
        await client.close()


async def _granted(office: Office) -> Office:
    await office.store.permit(
        BEAR, consent=frozenset({Purpose.ACTIVITY}), profiles=frozenset({ProfileId(CHILD)})
    )
    return office
