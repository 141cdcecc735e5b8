"""Orders to bears: recorded before they are sent, and under one id only ever one."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from teddy_cloud.eventstore.own import AUDIT, ORDERS, write_own
from teddy_cloud.eventstore.store import EventStore
from teddy_cloud.fleet.household import device_owner
from teddy_shared.clock import Chance, Clock
from teddy_shared.commands import REMEMBERED, Command, Order
from teddy_shared.envelope import BearId, Name
from teddy_shared.events import ActionTaken, CommandIssued, Event
from teddy_shared.seal import Seal


@dataclass(frozen=True, slots=True)
class Claim:
    """What stands in the book under an id."""

    sealed: bytes  # the order that was issued first under it
    recorded: bool  # whether its event is known to be stored


class Rings(Protocol):
    """Tells for which bear an order was recorded. May miss one, so listeners also look by themselves."""

    async def next(self, seconds: float) -> BearId | None:
        """None after so many seconds. Raises LinkError."""


class OrderBook(Protocol):
    """Which ids were issued, until well behind their expiry. All of it may raise LinkError."""

    async def claim(self, bear: BearId, id_: str, sealed: bytes, *, seconds: int) -> Claim:
        """Write it under this id if nothing stands there; give what stands there then."""

    async def recorded(self, bear: BearId, id_: str, sealed: bytes) -> None:
        """Its event is stored: from now on the claim says so, and everyone who listens is told."""

    def rings(self) -> AbstractAsyncContextManager[Rings]: ...


class Orders:
    """What the cloud wants done by bears."""

    def __init__(
        self, *, book: OrderBook, store: EventStore, seal: Seal, clock: Clock, chance: Chance
    ) -> None:
        self._book = book
        self._store = store
        self._seal = seal
        self._clock = clock
        self._chance = chance

    async def issue(
        self,
        bear: BearId,
        command: Command,
        *,
        expires_in: float,  # seconds; with less than one it is overdue before it is sent
        who: str,  # a role and a digest, never an address
        expected_settings: int | None = None,
        id: Name | None = None,  # noqa: A002  # as the order calls it
        traceparent: str | None = None,
    ) -> Order:
        """The order, once its event is stored; the dispatcher sends it until its ending is seen.

        The same id again gives the order that was issued first, whatever is asked now: the book says what
        that was. Between the claim and the note that its event is stored a crash may record the event
        twice; whoever reads orders goes by their id, which every head names as its correlation.
        Raises LinkError, and KeyErased where no family owns the bear.
        """
        now = int(self._clock.wall() * 1000)
        order = Order(
            id=id or self._chance.token(8),
            type=command.type,
            body=command.model_dump(mode="json"),
            issued_wall_ms=now,
            expires_wall_ms=now + int(expires_in * 1000),
            expected_settings=expected_settings,
            traceparent=traceparent,
        )
        place = f"order/{bear}/{order.id}".encode()
        plain = order.model_dump_json().encode()
        sealed = await asyncio.to_thread(self._seal.seal, device_owner(bear), plain, place)
        claim = await self._book.claim(bear, order.id, sealed, seconds=int(expires_in) + REMEMBERED)
        plain = await asyncio.to_thread(self._seal.open, device_owner(bear), claim.sealed, place)
        first = Order.model_validate_json(plain)
        if not claim.recorded:
            # The action first: no order is without somebody who gave it.
            taken = ActionTaken(action=f"order.{first.type}", who=who, outcome="done")
            await self._write(bear, AUDIT, taken, first)
            await self._write(bear, ORDERS, CommandIssued(order=first), first)
            await self._book.recorded(bear, first.id, claim.sealed)
        return first

    async def _write(self, bear: BearId, stream: str, event: Event, order: Order) -> None:
        await write_own(
            store=self._store,
            seal=self._seal,
            clock=self._clock,
            subject=bear,
            stream=stream,
            event=event,
            owner=device_owner(bear),
            correlation=order.id,
            traceparent=order.traceparent,
        )
