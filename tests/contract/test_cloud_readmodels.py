"""What the read models' store promises, in memory, on Redis and on Valkey."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest

from teddy_cloud.eventstore.memory import MemoryEventStore
from teddy_cloud.eventstore.partitions import nobody_in, partition_of
from teddy_cloud.eventstore.redis import RedisEventStore
from teddy_cloud.eventstore.store import BEGINNING, EventStore, Item, Position
from teddy_cloud.projections.copies import (
    HELD,
    Copies,
    Known,
    Question,
    Rebuilds,
    Showing,
    Source,
    Standing,
    Step,
)
from teddy_cloud.projections.memory import MemoryReadModels
from teddy_cloud.projections.readmodels import Cell, ReadModels
from teddy_cloud.projections.redis import RedisReadModels
from teddy_cloud.projections.redis_copies import RedisCopies
from teddy_cloud.storage.client import connect
from teddy_shared.envelope import BearId, Lane
from teddy_shared.purposes import Purpose
from tests.servers import AnyStore

BEAR = BearId("bear-1")
HERE = partition_of(BEAR)
NEIGHBOUR = nobody_in(HERE)  # another name in the same partition
SOURCE = Source(BEAR, "e1", Lane.INTERACTION)
MONDAY = Cell(BEAR, "monday", "turn-1")
TUESDAY = Cell(BEAR, "tuesday", "turn-2")


@dataclass(frozen=True, slots=True)
class Kept:
    models: ReadModels
    copies: Copies
    rebuilds: Rebuilds
    store: EventStore

    async def positions(self, count: int) -> list[Position]:
        """Of so many events that are stored."""
        items = [Item(b"head", Purpose.DEVICE, None, "", b"") for _ in range(count)]
        await self.store.append_batch(bear=BEAR, epoch="e1", lane=Lane.INTERACTION, first=1, items=items)
        return [each.position for each in await self.store.read(HERE, BEGINNING, count)]

    async def standing(self, model: str = "days") -> Standing:
        (found,) = await self.copies.standing([model], [HERE])
        return found

    async def write(self, *steps: Step) -> list[bool]:
        return list(await self.copies.write(steps))

    async def known(self, at: Standing) -> Known:
        (found,) = await self.copies.known([Question(at, {SOURCE}, {MONDAY, TUESDAY})])
        return found

    async def hidden(self, rebuild: str = "r1") -> Standing:
        (found,) = await self.rebuilds.begin("days", rebuild, [HERE])
        return found


def step(
    at: Standing, after: Position, value: bytes = b"first", number: int = 1, cell: Cell = MONDAY
) -> Step:
    return Step(at, after, {cell: value}, {SOURCE: number})


class ReadModelsContract:
    async def test_data_numbers_and_checkpoint_come_in_one_write(self, kept: Kept) -> None:
        _, two = await kept.positions(2)
        before = await kept.standing()
        assert before == Standing("days", HERE, before.copy, shown=True, position=BEGINNING)

        assert await kept.write(step(before, two)) == [True]

        after = await kept.standing()
        assert after == replace(before, position=two)
        assert await kept.known(after) == Known({SOURCE: 1}, {MONDAY: b"first"})
        assert await kept.models.page("days", BEAR, "monday") == {"turn-1": b"first"}
        assert await kept.models.page("days", BEAR, "tuesday") == {}
        assert await kept.models.cells("days", [MONDAY, TUESDAY]) == {MONDAY: b"first"}

    async def test_a_step_from_elsewhere_than_the_checkpoint_writes_nothing(self, kept: Kept) -> None:
        one, two, three = await kept.positions(3)
        before = await kept.standing()
        await kept.write(step(before, two))

        taken = await kept.write(
            step(before, three, b"late"), step(replace(before, position=one), three, b"late")
        )

        assert taken == [False, False]
        assert (await kept.standing()).position == two
        assert await kept.models.page("days", BEAR, "monday") == {"turn-1": b"first"}

    async def test_steps_of_several_models_and_partitions_are_taken_each_for_itself(self, kept: Kept) -> None:
        one, two = await kept.positions(2)
        days, nights = await kept.copies.standing(["days", "nights"], [HERE])
        await kept.write(step(nights, one, b"night"))

        taken = await kept.write(
            step(days, two), step(nights, two, b"late"), Step(replace(days, partition=0), one, {}, {})
        )

        assert taken == [True, False, False]  # the last: no such event in that partition
        assert await kept.models.page("nights", BEAR, "monday") == {"turn-1": b"night"}

    async def test_what_the_store_does_not_hold_is_never_in_a_read_model(self, kept: Kept) -> None:
        (one,) = await kept.positions(1)
        milliseconds = int(one.split("-")[0])
        before = await kept.standing()
        elsewhere = step(before, Position(f"{milliseconds + 7}-0"))

        assert await kept.write(elsewhere) == [False]
        assert await kept.standing() == before

        assert await kept.write(replace(elsewhere, archived=True)) == [True]

    async def test_many_cells_go_in_one_step(self, kept: Kept) -> None:
        (one,) = await kept.positions(1)
        cells = {Cell(BEAR, "monday", f"turn-{number}"): b"x" for number in range(3_000)}

        assert await kept.write(Step(await kept.standing(), one, cells, {})) == [True]

        assert len(await kept.models.page("days", BEAR, "monday")) == 3_000

    async def test_a_rebuild_is_seen_when_it_is_as_far_and_takes_the_old_one_away(self, kept: Kept) -> None:
        one, two = await kept.positions(2)
        shown = await kept.standing()
        await kept.write(step(shown, two, b"old"), step(shown, two, b"old", cell=TUESDAY))
        await kept.write(step(await kept.standing("nights"), one, b"other"))
        hidden = await kept.hidden()

        assert await kept.write(step(hidden, one, b"new")) == [True]
        early = await kept.rebuilds.show("r1", [replace(hidden, position=one)])
        seen_early = await kept.models.page("days", BEAR, "monday")
        assert await kept.write(step(replace(hidden, position=one), two, b"newer", 2)) == [True]
        shown_now = await kept.rebuilds.show("r1", [replace(hidden, position=two)])

        assert (early, shown_now) == ([Showing.BEHIND], [Showing.SHOWN])
        assert seen_early == {"turn-1": b"old"}
        assert await kept.models.page("days", BEAR, "monday") == {"turn-1": b"newer"}
        assert await kept.models.page("days", BEAR, "tuesday") == {}
        assert await kept.models.page("nights", BEAR, "monday") == {"turn-1": b"other"}
        now = await kept.standing()
        assert (now.copy, now.position) == (hidden.copy, two)
        assert await kept.known(now) == Known({SOURCE: 2}, {MONDAY: b"newer"})
        assert await kept.known(replace(now, copy=now.copy.other)) == Known({}, {})

    async def test_a_copy_that_is_always_ahead_is_held_until_the_rebuild_is_as_far_but_not_for_ever(
        self, kept: Kept
    ) -> None:
        one, two = await kept.positions(2)
        await kept.write(step(await kept.standing(), one))
        follower, hidden = await kept.standing(), await kept.hidden()

        assert await kept.rebuilds.show("r1", [hidden]) == [Showing.BEHIND]
        held = await kept.write(step(follower, two))
        assert await kept.write(step(hidden, one)) == [True]
        shown = await kept.rebuilds.show("r1", [replace(hidden, position=one)])
        went_on = await kept.write(step(await kept.standing(), two))

        assert (held, shown, went_on) == ([False], [Showing.SHOWN], [True])

        again = await kept.hidden("r2")
        assert await kept.rebuilds.show("r2", [again]) == [Showing.BEHIND]
        last = await kept.standing()
        tries = [await kept.write(Step(last, two, {}, {})) for _ in range(HELD + 1)]  # that rebuild died
        assert tries == [[False]] * HELD + [[True]]

    async def test_who_follows_the_old_copy_is_refused_once_the_new_one_is_seen(self, kept: Kept) -> None:
        (one,) = await kept.positions(1)
        follower = await kept.standing()  # at the beginning, where the forgotten copy stands too
        hidden = await kept.hidden()
        await kept.write(step(hidden, one, b"new"))
        await kept.rebuilds.show("r1", [replace(hidden, position=one)])

        assert await kept.write(step(follower, one, b"lost")) == [False]

        assert await kept.models.page("days", BEAR, "monday") == {"turn-1": b"new"}

    async def test_a_rebuild_goes_on_where_it_broke_off_and_another_one_begins_again(
        self, kept: Kept
    ) -> None:
        one, _ = await kept.positions(2)
        assert [await kept.rebuilds.open("days", each) for each in ("r1", "r2")] == ["r1", "r1"]
        await kept.write(step(await kept.hidden(), one, b"half"))

        again, other = await kept.hidden("r1"), await kept.hidden("r2")

        assert (again.position, other.position) == (one, BEGINNING)
        assert await kept.known(other) == Known({}, {})
        assert await kept.write(step(again, one)) == [False]
        assert await kept.rebuilds.show("r1", [again]) == [Showing.GONE]

    async def test_a_finished_partition_is_not_begun_again(self, kept: Kept) -> None:
        hidden = await kept.hidden()
        assert await kept.rebuilds.show("r1", [hidden]) == [Showing.SHOWN]
        assert await kept.rebuilds.show("r1", [hidden]) == [Showing.GONE]

        assert await kept.rebuilds.begin("days", "r1", [HERE]) == []
        assert len(await kept.rebuilds.begin("days", "r2", [HERE])) == 1
        await kept.rebuilds.open("days", "r1")
        await kept.rebuilds.forget("days")
        assert await kept.rebuilds.open("days", "r3") == "r3"

    async def test_a_notice_tells_that_a_bears_pages_changed(self, kept: Kept) -> None:
        _, two = await kept.positions(2)
        hidden = await kept.hidden()
        async with kept.models.notices(BEAR) as ours, kept.models.notices(BearId("bear-2")) as others:
            before = await ours.changed(0.02)
            await kept.write(step(hidden, two, b"new"))
            unseen = await ours.changed(0.02)
            await kept.write(step(await kept.standing(), two))
            after, elsewhere = await ours.changed(5), await others.changed(0.02)
            await kept.rebuilds.show("r1", [replace(hidden, position=two)])
            rebuilt = await ours.changed(5)

        assert (before, unseen, after, elsewhere, rebuilt) == (False, False, True, False, True)

    async def test_one_listener_hears_of_every_bears_changes(self, kept: Kept) -> None:
        one, two, three = await kept.positions(3)
        at = await kept.standing()
        async with kept.models.every_notice() as every:
            before = await every.changed(0.02)
            await kept.write(step(at, one))
            first = await every.changed(5)
            await kept.write(step(replace(at, position=one), two))
            await kept.write(step(replace(at, position=two), three, cell=Cell(NEIGHBOUR, "monday", "turn-1")))
            heard: set[BearId] = set()
            while len(heard) < 2:
                heard |= await every.changed(5)

        assert (before, first, heard) == (frozenset(), {BEAR}, {BEAR, NEIGHBOUR})

    async def test_pages_are_taken_away_from_one_bear_out_of_both_copies(self, kept: Kept) -> None:
        one, two = await kept.positions(2)
        at = await kept.standing()
        cells = {MONDAY: b"ours", TUESDAY: b"ours", Cell(NEIGHBOUR, "monday", "turn-1"): b"theirs"}
        await kept.write(Step(at, one, cells, {SOURCE: 1}))
        hidden = await kept.hidden()
        await kept.write(Step(hidden, two, cells, {SOURCE: 1}))
        names = await kept.models.pages("days", BEAR)

        async with kept.models.notices(BEAR) as ours:
            gone = [await kept.models.erase("days", BEAR, ["monday", "wednesday"]) for _ in range(2)]
            told = await ours.changed(5)

        assert (set(names), gone, told) == ({"monday", "tuesday"}, [1, 0], True)
        assert set(await kept.models.pages("days", BEAR)) == {"tuesday"}
        assert await kept.models.page("days", BEAR, "monday") == {}
        assert await kept.models.page("days", NEIGHBOUR, "monday") == {"turn-1": b"theirs"}
        assert await kept.known(replace(hidden, position=two)) == Known({SOURCE: 1}, {TUESDAY: b"ours"})
        assert await kept.known(replace(at, position=one)) == Known({SOURCE: 1}, {TUESDAY: b"ours"})

    async def test_a_page_that_only_the_copy_that_is_being_made_has_is_named_and_taken_away_too(
        self, kept: Kept
    ) -> None:
        """Else a child that is erased during a rebuild comes back when that is shown."""
        (one,) = await kept.positions(1)
        hidden = await kept.hidden()
        await kept.write(step(hidden, one))

        names = await kept.models.pages("days", BEAR)
        await kept.models.erase("days", BEAR, names)
        await kept.rebuilds.show("r1", [replace(hidden, position=one)])

        assert set(names) == {"monday"}
        assert await kept.models.page("days", BEAR, "monday") == {}


class TestMemoryReadModels(ReadModelsContract):
    @pytest.fixture
    def kept(self) -> Kept:
        store = MemoryEventStore()
        models = MemoryReadModels(store)
        return Kept(models, models, models, store)


class TestRedisReadModels(ReadModelsContract):
    @pytest.fixture
    async def kept(self, store_server: AnyStore) -> AsyncIterator[Kept]:
        client = connect(store_server.url)
        copies = RedisCopies(client=client)
        yield Kept(RedisReadModels(client=client), copies, copies, RedisEventStore(client=client))
        await client.close()
