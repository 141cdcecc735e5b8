"""A desk from which a test orders bears about: events and read models in memory, the broker real."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from teddy_cloud.broker import Broker
from teddy_cloud.dispatch.answers import Answers, ChatIsOff
from teddy_cloud.dispatch.mail import SUBSCRIPTIONS, Mail
from teddy_cloud.dispatch.orders import OrderDispatch
from teddy_cloud.eventstore.memory import MemoryEventStore
from teddy_cloud.eventstore.store import Item
from teddy_cloud.fleet.household import device_owner, link_owner
from teddy_cloud.fleet.orderbook import MemoryOrderBook
from teddy_cloud.fleet.orders import Orders
from teddy_cloud.projections.memory import MemoryReadModels
from teddy_cloud.projections.orders import OrderState, OrderStates, orders_of
from teddy_cloud.projections.projector import Projector
from teddy_shared.addresses import broker_address
from teddy_shared.clock import SeededChance, SystemClock
from teddy_shared.codec import encode_head
from teddy_shared.commands import Command, Order, OrderCopy, ReportHealth, order_place
from teddy_shared.events import CommandEnded, Ending, to_bytes
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing
from tests.cloud_bear import BEAR, SECONDS, Wire, head_of
from tests.servers import Server

AGAIN: Final = 0.15  # seconds at most until an order is sent again


def copy_of(order: Order, *, overdue: bool = False) -> OrderCopy:
    return OrderCopy(**order.model_dump(), overdue=overdue)


@dataclass(slots=True)
class Desk:
    """What a cloud keeps about orders. It outlives its dispatchers, as the store does."""

    keys: MemoryKeyRing = field(default_factory=lambda: MemoryKeyRing(chance=SeededChance()))
    store: MemoryEventStore = field(default_factory=MemoryEventStore)
    models: MemoryReadModels = field(default_factory=MemoryReadModels)
    book: MemoryOrderBook = field(default_factory=MemoryOrderBook)
    chance: SeededChance = field(default_factory=lambda: SeededChance(5))
    told: int = 0  # endings so far

    def __post_init__(self) -> None:
        self.keys.create(device_owner(BEAR))
        self.keys.create(link_owner(BEAR))

    @property
    def seal(self) -> ChaChaSeal:
        return ChaChaSeal(keys=self.keys, chance=self.chance)

    async def issue(self, command: Command | None = None, *, expires_in: float = 60.0, **more: Any) -> Order:
        """It stands in the read model when this returns."""
        orders = Orders(
            book=self.book, store=self.store, seal=self.seal, clock=SystemClock(), chance=self.chance
        )
        order = await orders.issue(BEAR, command or ReportHealth(), expires_in=expires_in, who="test", **more)
        await self.projector().catch_up()
        return order

    async def ends(self, order: Order, ending: Ending = "done") -> None:
        """The ending has come up and stands in the read model."""
        self.told += 1
        event = CommandEnded(command=order.id, type=order.type, ending=ending)
        head = head_of(event, self.told, correlation=order.id)
        line, owner = encode_head(head), device_owner(BEAR)
        item = Item(
            line, head.purpose, None, owner, self.seal.seal(owner, to_bytes(event), head.place.bytes())
        )
        await self.store.append_batch(
            bear=BEAR, epoch=head.place.epoch, lane=head.place.lane, first=self.told, items=[item]
        )
        await self.projector().catch_up()

    async def states(self) -> dict[str, OrderState]:
        return {each.id: each for each in await orders_of(self.models, BEAR)}

    def projector(self) -> Projector:
        return Projector(
            projections=[OrderStates()],
            store=self.store,
            copies=self.models,
            seal=self.seal,
            clock=SystemClock(),
            chance=self.chance,
        )

    async def received(self, wire: Wire) -> OrderCopy:
        """The next order that the bear gets."""
        async with asyncio.timeout(SECONDS):
            return self.opened(await wire.orders.get())

    def opened(self, sealed: bytes) -> OrderCopy:
        plain = self.seal.open(link_owner(BEAR), sealed, order_place(BEAR))
        return OrderCopy.model_validate_json(plain)

    @asynccontextmanager
    async def dispatching(
        self, broker: Server, name: str = "cloud-1", *, again: float = AGAIN
    ) -> AsyncIterator[Broker]:
        """A dispatcher of orders, connected."""
        door = Broker(
            address=broker_address(broker.url),
            identifier=name,
            subscriptions=SUBSCRIPTIONS,
            retained=False,
            chance=self.chance,
        )
        dispatch = OrderDispatch(
            post=door,
            book=self.book,
            models=self.models,
            seal=self.seal,
            clock=SystemClock(),
            chance=self.chance,
            first=again,
        )
        answers = Answers(post=door, seal=self.seal, answerer=ChatIsOff(), clock=SystemClock())
        async with asyncio.TaskGroup() as tasks:
            roles = [
                tasks.create_task(door.run(), name="broker"),
                tasks.create_task(dispatch.run(), name="orders"),
                tasks.create_task(Mail(post=door, orders=dispatch, answers=answers).run(), name="mail"),
            ]
            await door.connection_after(0)
            yield door
            for role in roles:
                role.cancel()
