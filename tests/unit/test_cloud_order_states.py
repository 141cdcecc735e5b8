"""What is known of orders: the first issue and the first ending count, and what is open can be found."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teddy_cloud.eventstore.memory import MemoryEventStore
from teddy_cloud.eventstore.own import ORDERS
from teddy_cloud.eventstore.partitions import PARTITIONS, nobody_in, partition_of
from teddy_cloud.eventstore.store import Item
from teddy_cloud.fleet.household import device_owner
from teddy_cloud.projections.memory import MemoryReadModels
from teddy_cloud.projections.orders import (
    GIVEN_UP,
    OrderState,
    OrderStates,
    find_orders,
    open_orders,
    orders_of,
)
from teddy_cloud.projections.projector import Projector
from teddy_cloud.projections.readmodels import Cell
from teddy_shared.clock import SeededChance, SystemClock
from teddy_shared.codec import encode_head
from teddy_shared.commands import Order
from teddy_shared.envelope import NAME, BearId, Envelope
from teddy_shared.events import CommandEnded, CommandIssued, Ending, Event, to_bytes
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing
from tests.cloud_bear import BEAR, EPOCH, head_of

NOON = 1_788_264_000_000  # 2026-09-01, 12:00 UTC
NEIGHBOUR = next(  # another bear of the same partition
    name for number in range(10_000) if partition_of(name := BearId(f"bear-b{number}")) == partition_of(BEAR)
)

Recorded = tuple[Envelope, Event]


def order(id_: str = "o-1", *, issued: int = NOON, life: int = 60_000) -> Order:
    return Order(id=id_, type="bear.report", body={}, issued_wall_ms=issued, expires_wall_ms=issued + life)


def issued(seq: int, order_: Order, *, bear: str = BEAR, epoch: str = ORDERS) -> Recorded:
    event = CommandIssued(order=order_)
    return head_of(event, seq, bear=bear, epoch=epoch, correlation=order_.id), event


def ended(
    seq: int, id_: str = "o-1", ending: Ending = "done", *, bear: str = BEAR, reason: str = ""
) -> Recorded:
    event = CommandEnded(command=id_, type="bear.report", ending=ending, reason=reason)
    return head_of(event, seq, bear=bear, epoch=EPOCH, correlation=id_, wall_ms=NOON + seq), event


@dataclass(frozen=True, slots=True)
class Cloud:
    store: MemoryEventStore
    models: MemoryReadModels
    seal: ChaChaSeal
    projector: Projector

    async def hears(self, *events: Recorded) -> None:
        for head, event in events:
            place, owner = head.place, device_owner(BearId(head.place.bear))
            sealed = self.seal.seal(owner, to_bytes(event), place.bytes())
            line = encode_head(head)
            item = Item(line, head.purpose, None, owner, sealed)
            await self.store.append_batch(
                bear=BearId(place.bear), epoch=place.epoch, lane=place.lane, first=place.seq, items=[item]
            )
        await self.projector.catch_up()

    async def state(self, id_: str = "o-1") -> OrderState:
        (found,) = [each for each in await orders_of(self.models, BEAR) if each.id == id_]
        return found


@pytest.fixture
def cloud() -> Cloud:
    keys = MemoryKeyRing(chance=SeededChance())
    for bear in (BEAR, NEIGHBOUR):
        keys.create(device_owner(bear))
    store, models, seal = (
        MemoryEventStore(),
        MemoryReadModels(),
        ChaChaSeal(keys=keys, chance=SeededChance(1)),
    )
    projector = Projector(
        projections=[OrderStates()],
        store=store,
        copies=models,
        seal=seal,
        clock=SystemClock(),
        chance=SeededChance(),
    )
    return Cloud(store, models, seal, projector)


async def test_an_order_is_open_until_its_ending_is_seen(cloud: Cloud) -> None:
    wanted = order()

    await cloud.hears(issued(1, wanted))
    waiting, open_ = await cloud.state(), await open_orders(cloud.models)
    found = await find_orders(cloud.models, open_)
    await cloud.hears(ended(1, ending="refused", reason="other settings"))

    assert (waiting.standing(NOON), waiting.standing(NOON + 60_001)) == ("waiting", "overdue")
    assert open_ == {BEAR: {"o-1": NOON + 60_000}}
    assert found == [(BEAR, wanted)]
    told = await cloud.state()
    assert (told.standing(NOON + 99_999), told.reason, told.ended_wall_ms) == (
        "refused",
        "other settings",
        NOON + 1,
    )
    assert await open_orders(cloud.models) == {}
    assert await find_orders(cloud.models, open_) == []


async def test_the_first_ending_counts(cloud: Cloud) -> None:
    await cloud.hears(issued(1, order()), ended(1, ending="done"), ended(2, ending="interrupted"))

    assert (await cloud.state()).standing(NOON) == "done"


async def test_an_order_that_is_recorded_twice_is_one(cloud: Cloud) -> None:
    await cloud.hears(issued(1, order()), ended(1), issued(2, order(life=99_000)))

    assert (await cloud.state()).expires_wall_ms == NOON + 60_000
    assert await open_orders(cloud.models) == {}


async def test_an_ending_whose_issue_was_lost_is_kept_and_a_late_issue_opens_nothing(cloud: Cloud) -> None:
    await cloud.hears(ended(1))
    alone = await cloud.state()
    await cloud.hears(issued(1, order()))

    assert (alone.standing(NOON), alone.issued_wall_ms, alone.type) == ("done", None, "bear.report")
    assert (await cloud.state()).issued_wall_ms == NOON
    assert await open_orders(cloud.models) == {}


async def test_a_bear_cannot_give_itself_orders(cloud: Cloud) -> None:
    await cloud.hears(issued(1, order(), epoch=EPOCH))

    assert await orders_of(cloud.models, BEAR) == []
    assert await open_orders(cloud.models) == {}


async def test_bears_of_one_partition_are_kept_apart(cloud: Cloud) -> None:
    await cloud.hears(issued(1, order()), issued(1, order("o-2"), bear=NEIGHBOUR))

    assert await open_orders(cloud.models) == {
        BEAR: {"o-1": NOON + 60_000},
        NEIGHBOUR: {"o-2": NOON + 60_000},
    }
    assert list(await open_orders(cloud.models, [NEIGHBOUR])) == [NEIGHBOUR]
    await cloud.hears(ended(1, "o-1"))
    assert list(await open_orders(cloud.models)) == [NEIGHBOUR]


async def test_what_no_bear_answered_for_a_month_is_given_up(cloud: Cloud) -> None:
    later = NOON + 60_000 + GIVEN_UP

    await cloud.hears(issued(1, order()), issued(2, order("o-2", issued=later)))

    assert await open_orders(cloud.models) == {BEAR: {"o-2": later + 60_000}}
    assert (await cloud.state()).standing(later) == "overdue"


@given(steps=st.lists(st.sampled_from(["issue", "end"]), min_size=1, max_size=8))
def test_in_whatever_order_and_however_often_it_is_told(steps: list[str]) -> None:
    projection, cells = OrderStates(), dict[Cell, bytes]()
    for seq, step in enumerate(steps, 1):
        head, event = issued(seq, order()) if step == "issue" else ended(seq)
        touched = {cell: cells[cell] for cell in projection.touches(head) if cell in cells}
        changed = projection.apply(touched, head, event)
        assert set(changed) <= set(projection.touches(head))
        cells |= changed

    (state,) = [OrderState.model_validate_json(value) for cell, value in cells.items() if cell.bear == BEAR]
    open_ = [value for cell, value in cells.items() if cell.bear == nobody_in(partition_of(BEAR))]
    assert (state.ending is not None) == ("end" in steps)
    assert (state.issued_wall_ms is not None) == ("issue" in steps)
    assert (b"o-1" in b"".join(open_)) == (state.order is not None) == ("end" not in steps)


def test_every_partition_has_a_name_that_no_bear_can_have() -> None:
    names = [nobody_in(each) for each in range(PARTITIONS)]

    assert [partition_of(name) for name in names] == list(range(PARTITIONS))
    assert not any(NAME.fullmatch(name) for name in names)
