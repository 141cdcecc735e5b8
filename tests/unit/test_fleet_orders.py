"""An order is recorded once under its id, with somebody who gave it, and sealed for its bear."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from teddy_cloud.eventstore.memory import MemoryEventStore
from teddy_cloud.eventstore.own import AUDIT, ORDERS
from teddy_cloud.eventstore.partitions import partition_of
from teddy_cloud.eventstore.store import BEGINNING
from teddy_cloud.fleet.household import device_owner
from teddy_cloud.fleet.orderbook import MemoryOrderBook
from teddy_cloud.fleet.orders import Orders
from teddy_shared.clock import SeededChance
from teddy_shared.codec import decode_head
from teddy_shared.commands import EraseChild, Order, ReportHealth, command_of
from teddy_shared.envelope import BearId, Envelope, Kind, Lane
from teddy_shared.errors import KeyErased
from teddy_shared.events import ActionTaken, CommandIssued, Event, from_bytes
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing
from tests.cloud_bear import BEAR
from tests.virtual_time import SEPTEMBER, VirtualClock

pytestmark = pytest.mark.virtual_time

NOW = int(SEPTEMBER * 1000)


@dataclass(frozen=True, slots=True)
class Office:
    store: MemoryEventStore
    book: MemoryOrderBook
    keys: MemoryKeyRing
    seal: ChaChaSeal
    orders: Orders

    async def stored(self) -> list[tuple[Envelope, Event]]:
        """All that stands in the bear's partition, opened."""
        found: list[tuple[Envelope, Event]] = []
        for entry in await self.store.read(partition_of(BEAR), BEGINNING, 100):
            head = decode_head(entry.head)
            event = from_bytes(
                head.type, head.version, self.seal.open(entry.owner, entry.sealed, head.place.bytes())
            )
            assert event is not None
            found.append((head, event))
        return found

    async def issued(self) -> list[Order]:
        return [event.order for _, event in await self.stored() if isinstance(event, CommandIssued)]


@pytest.fixture
def office() -> Office:
    keys = MemoryKeyRing(chance=SeededChance())
    keys.create(device_owner(BEAR))
    seal = ChaChaSeal(keys=keys, chance=SeededChance(1))
    store, book = MemoryEventStore(), MemoryOrderBook()
    orders = Orders(book=book, store=store, seal=seal, clock=VirtualClock(), chance=SeededChance(2))
    return Office(store, book, keys, seal, orders)


async def test_an_order_is_an_event_of_the_clouds_own_behind_the_one_that_says_who(office: Office) -> None:
    order = await office.orders.issue(
        BEAR, EraseChild(profile="child-1"), expires_in=60, expected_settings=3, who="parent-abc"
    )

    assert (order.issued_wall_ms, order.expires_wall_ms) == (NOW, NOW + 60_000)
    assert (command_of(order), order.expected_settings) == (EraseChild(profile="child-1"), 3)
    (audit, taken), (head, issued) = await office.stored()
    assert taken == ActionTaken(action="order.child.erase", who="parent-abc", outcome="done")
    assert issued == CommandIssued(order=order)
    assert [(each.place.epoch, each.kind) for each in (audit, head)] == [
        (AUDIT, Kind.AUDIT),
        (ORDERS, Kind.COMMAND),
    ]
    assert {audit.correlation, head.correlation} == {order.id}


async def test_the_same_id_again_gives_the_first_order_and_records_nothing(office: Office) -> None:
    first = await office.orders.issue(BEAR, EraseChild(profile="child-1"), expires_in=60, id="o-1", who="x")

    again = await office.orders.issue(BEAR, ReportHealth(), expires_in=9, id="o-1", who="y")

    assert again == first
    assert await office.issued() == [first]


async def test_an_order_whose_event_was_never_stored_is_recorded_when_its_id_comes_again(
    office: Office,
) -> None:
    other = Orders(  # the process that died behind the claim
        book=office.book,
        store=DeadStore(),
        seal=office.seal,
        clock=VirtualClock(),
        chance=SeededChance(3),
    )
    with pytest.raises(Died):
        await other.issue(BEAR, ReportHealth(), expires_in=60, id="o-1", who="x")

    order = await office.orders.issue(BEAR, ReportHealth(), expires_in=99, id="o-1", who="x")

    assert order.expires_wall_ms == NOW + 60_000
    assert await office.issued() == [order]


async def test_a_bear_that_no_family_owns_gets_no_orders(office: Office) -> None:
    office.keys.erase(device_owner(BEAR))

    with pytest.raises(KeyErased):
        await office.orders.issue(BEAR, ReportHealth(), expires_in=60, who="x")

    assert await office.stored() == []


async def test_listeners_hear_of_an_order_when_it_is_stored(office: Office) -> None:
    async with office.book.rings() as rings:
        await office.orders.issue(BEAR, ReportHealth(), expires_in=60, who="x")

        assert await rings.next(1) == BEAR


class Died(Exception):
    """The process ends here."""


class DeadStore(MemoryEventStore):
    async def marks(self, bear: BearId, epoch: str) -> Mapping[Lane, int]:
        raise Died
