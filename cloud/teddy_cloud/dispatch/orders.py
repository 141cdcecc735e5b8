"""The way down for orders: each open one to its bear, sealed for it, until its ending is seen.

Nothing is kept here that the read model does not know: a dispatcher that starts anew finds all open orders
there, and several of them only send more copies, of which a bear begins one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Final

from teddy_cloud.dispatch.post import Post
from teddy_cloud.dispatch.schedule import FIRST, Copy, Schedule
from teddy_cloud.fleet.household import link_owner
from teddy_cloud.fleet.orders import OrderBook
from teddy_cloud.projections.orders import GIVEN_UP, OpenOrders, find_orders, open_orders
from teddy_cloud.projections.readmodels import ReadModels
from teddy_shared import topics
from teddy_shared.backoff import delays
from teddy_shared.clock import Chance, Clock
from teddy_shared.commands import Order, OrderCopy, order_place
from teddy_shared.envelope import BearId
from teddy_shared.errors import KeyErased, LinkError
from teddy_shared.logs import log
from teddy_shared.seal import Seal

SWEEP: Final = 5.0  # seconds between looks at all open orders; a ring is quicker, but can be missed
AFTER_A_RING: Final = (0.0, 0.05, 0.2, 1.0)  # seconds: the event is stored, the read model follows
STRETCH: Final = 64  # orders sent before looking whether a more urgent one has come
YOUNG: Final = 60.0  # seconds: the first copy of a young order may wait at the broker for its whole life
SLACK: Final = 30  # seconds for which every other copy outlives the sending of the next one

_log = log("dispatch")


class OrderDispatch:
    """`run` sends; `hello` may be called meanwhile."""

    def __init__(
        self,
        *,
        post: Post,
        book: OrderBook,
        models: ReadModels,
        seal: Seal,
        clock: Clock,
        chance: Chance,
        first: float = FIRST,
    ) -> None:
        self._post = post
        self._book = book
        self._models = models
        self._seal = seal
        self._clock = clock
        self._chance = chance
        self._schedule = Schedule(chance=chance, first=first)
        self._looks: list[tuple[float, BearId]] = []  # a heap; bounded by the rings of a second
        self._hellos: set[BearId] = set()  # bounded by the families' bears
        self._broker_came = False
        self._news = asyncio.Event()

    def hello(self, bear: BearId) -> None:
        """The bear is there: what is open for it is sent at once."""
        self._hellos.add(bear)
        self._news.set()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._watch_connections(), name="orders-connections")
            tasks.create_task(self._watch_rings(), name="orders-rings")
            tasks.create_task(self._send_all(), name="orders-sender")

    async def _watch_connections(self) -> None:
        connection = 0
        while True:
            connection = await self._post.connection_after(connection)
            self._broker_came = True
            self._news.set()

    async def _watch_rings(self) -> None:
        waits = delays(self._chance, first=0.2, most=5.0)
        while True:
            try:
                async with self._book.rings() as rings:
                    waits = delays(self._chance, first=0.2, most=5.0)
                    while True:
                        if (bear := await rings.next(SWEEP)) is not None:
                            now = self._clock.monotonic()
                            for later in AFTER_A_RING:
                                heappush(self._looks, (now + later, bear))
                            self._news.set()
            except LinkError as error:
                _log.debug("not listening for orders, trying again", reason=str(error))
            await asyncio.sleep(next(waits))

    async def _send_all(self) -> None:
        waits = delays(self._chance, first=0.2, most=5.0)
        swept = float("-inf")
        while True:
            try:
                while True:
                    self._news.clear()
                    if self._clock.monotonic() - swept >= SWEEP:
                        self._schedule.know_all(await open_orders(self._models))
                        swept = self._clock.monotonic()
                    await self._look()
                    if not await self._send_some():
                        waits = delays(self._chance, first=0.2, most=5.0)
                        await self._rest(min(swept + SWEEP, self._next_due()))
            except LinkError as error:
                _log.info("orders not sent, trying again", reason=str(error))
            await self._rest(self._clock.monotonic() + next(waits))

    async def _look(self) -> None:
        """Take in what came since: rings, hellos, the broker itself."""
        now = self._clock.monotonic()
        bears = set(self._hellos)
        while self._looks and self._looks[0][0] <= now:
            bears.add(heappop(self._looks)[1])
        if bears:
            self._schedule.know(await open_orders(self._models, bears))
        if self._broker_came:
            self._broker_came = False
            self._schedule.again(now)
        self._schedule.hello(self._hellos)
        self._hellos -= bears

    async def _send_some(self) -> bool:
        """Whether anything was due."""
        copies = self._schedule.take(self._clock.monotonic(), STRETCH)
        sent: set[Copy] = set()
        try:
            wanted: OpenOrders = {}
            for copy in copies:
                wanted.setdefault(copy.bear, {})[copy.id] = 0
            found = {(bear, order.id): order for bear, order in await find_orders(self._models, wanted)}
            parcels = await asyncio.to_thread(self._parcels, copies, found)
            for parcel in parcels:
                await self._post.publish(
                    topics.command(parcel.copy.bear), parcel.sealed, expires=parcel.expires
                )
                sent.add(parcel.copy)
                _log.debug("order sent", bear=parcel.copy.bear, order=parcel.copy.id)
        except LinkError:
            self._schedule.not_sent(copy for copy in copies if copy not in sent)
            raise
        return bool(copies)

    def _parcels(self, copies: Sequence[Copy], found: dict[tuple[BearId, str], Order]) -> list[_Parcel]:
        """What is to be sent of these. Those that have ended meanwhile, or are given up, are left out."""
        now = self._clock.wall()
        parcels = []
        for copy in copies:
            order = found.get((copy.bear, copy.id))
            if order is None or now * 1000 > order.expires_wall_ms + GIVEN_UP:
                continue
            left = order.expires_wall_ms / 1000 - now
            if 0 < left < 1:  # brokers count in seconds; when it is due again it is overdue
                continue
            marked = OrderCopy(**order.model_dump(), overdue=left <= 0)
            expires = copy.wait + SLACK
            if left > 0:
                # At the latest when it would be overdue: a bear begins whatever copy it gets that is not.
                young = now - order.issued_wall_ms / 1000 < YOUNG
                expires = left if copy.first and young else min(left, expires)
            plain = marked.model_dump_json().encode()
            try:
                sealed = self._seal.seal(link_owner(copy.bear), plain, order_place(copy.bear))
            except KeyErased:
                _log.warning("no link key, so no orders", bear=copy.bear)
                continue
            parcels.append(_Parcel(copy, sealed, int(expires)))
        return parcels

    def _next_due(self) -> float:
        looks = [self._looks[0][0]] if self._looks else []
        return min([self._schedule.next_due(), *looks])

    async def _rest(self, until: float) -> None:
        """Until then, or until there is news."""
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, until - self._clock.monotonic())):
                await self._news.wait()


@dataclass(frozen=True, slots=True)
class _Parcel:
    copy: Copy
    sealed: bytes
    expires: int  # seconds
