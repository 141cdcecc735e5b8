"""Orders reach their bear after every accident, and are sent until their ending is seen."""

from __future__ import annotations

import asyncio

import pytest

from teddy_shared.errors import SealError
from tests.cloud_bear import BEAR, SECONDS, Wire, wire_to
from tests.ordering import AGAIN, Desk, copy_of
from tests.servers import Server

DAY = 24 * 3600


async def quiet(wire: Wire, seconds: float = 4 * AGAIN) -> bool:
    """Whether no order comes for a while, once those that are under way have come."""
    await asyncio.sleep(0.1)
    while not wire.orders.empty():
        wire.orders.get_nowait()
    await asyncio.sleep(seconds)
    return wire.orders.empty()


async def test_an_order_goes_to_its_bear_at_once_sealed_for_it(broker: Server) -> None:
    desk = Desk()
    async with desk.dispatching(broker), wire_to(broker) as bear:
        order = await desk.issue(expected_settings=3)

        async with asyncio.timeout(SECONDS):
            sealed = await bear.orders.get()

    assert desk.opened(sealed) == copy_of(order)
    assert order.id.encode() not in sealed
    with pytest.raises(SealError):
        desk.seal.open(f"bear:{BEAR}", sealed, b"cmd/bear-2")


async def test_it_comes_again_until_its_ending_is_seen_and_then_no_more(mosquitto: Server) -> None:
    desk = Desk()
    async with desk.dispatching(mosquitto), wire_to(mosquitto) as bear:
        order = await desk.issue()
        copies = [await desk.received(bear) for _ in range(3)]

        await desk.ends(order)

        assert copies == [copy_of(order)] * 3
        assert await quiet(bear)


async def test_the_broker_holds_it_for_a_bear_that_is_away(mosquitto: Server) -> None:
    desk = Desk()
    async with wire_to(mosquitto, session=DAY):
        pass
    async with desk.dispatching(mosquitto):
        order = await desk.issue()
        await asyncio.sleep(0.2)

    async with wire_to(mosquitto, session=DAY) as bear:  # nobody dispatches any more
        assert await desk.received(bear) == copy_of(order)


async def test_the_broker_does_not_hold_it_longer_than_it_may_be_begun(mosquitto: Server) -> None:
    desk = Desk()
    async with wire_to(mosquitto, session=DAY):
        pass
    async with desk.dispatching(mosquitto):
        await desk.issue(expires_in=1.0)
        await asyncio.sleep(0.2)
    await asyncio.sleep(1.2)

    async with wire_to(mosquitto, session=DAY) as bear:
        assert await quiet(bear, 0.2)
        assert bear.orders.empty()


async def test_a_bear_that_comes_back_and_says_hello_is_sent_what_is_open(iotcore: Server) -> None:
    desk = Desk()
    async with desk.dispatching(iotcore, again=1000.0), wire_to(iotcore) as bear:
        order = await desk.issue()
        assert await desk.received(bear) == copy_of(order)

        await bear.hello()

        assert await desk.received(bear) == copy_of(order)


async def test_a_broker_that_forgot_is_given_it_again(broker: Server) -> None:
    desk = Desk()
    async with desk.dispatching(broker) as door:
        order = await desk.issue()
        broker.kill()
        await asyncio.to_thread(_forget_everything, broker)
        broker.start()

        async with wire_to(broker) as bear:
            await door.connection_after(1)
            assert await desk.received(bear) == copy_of(order)


async def test_a_dispatcher_that_starts_anew_finds_what_is_open(mosquitto: Server) -> None:
    desk = Desk()
    order = await desk.issue()  # and the dispatcher that should have sent it died

    async with wire_to(mosquitto) as bear, desk.dispatching(mosquitto):
        assert await desk.received(bear) == copy_of(order)


async def test_two_dispatchers_only_send_more_copies(mosquitto: Server) -> None:
    desk = Desk()
    async with (
        desk.dispatching(mosquitto, "cloud-1"),
        desk.dispatching(mosquitto, "cloud-2"),
        wire_to(mosquitto) as bear,
    ):
        order = await desk.issue()
        copies = [await desk.received(bear) for _ in range(4)]
        await desk.ends(order)

        assert copies == [copy_of(order)] * 4
        assert await quiet(bear)


async def test_behind_its_expiry_it_is_sent_on_marked_as_overdue(mosquitto: Server) -> None:
    desk = Desk()
    order = await desk.issue(expires_in=0.001)
    async with desk.dispatching(mosquitto), wire_to(mosquitto) as bear:
        copy = await desk.received(bear)

    assert copy == copy_of(order, overdue=True)
    (state,) = (await desk.states()).values()
    assert state.standing(order.expires_wall_ms + 1) == "overdue"


def _forget_everything(broker: Server) -> None:
    for file in broker.folder.glob("*.db"):
        file.unlink()
