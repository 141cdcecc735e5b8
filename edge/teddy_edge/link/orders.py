"""What the cloud orders, done at most once, and answered once: done, refused, expired or interrupted.

An order is noted as begun, on the card, before anything is done; found so at the next start, it is not
begun again but ends as `interrupted`. What its ending is stands on the card too, until the outbox has it.

Whether an order has expired is the cloud's to say, since a bear may have no clock: copies that it sends
behind the expiry are marked as overdue, and the broker throws away the others by then. A bear whose clock
was set from the network looks at it as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Protocol

from pydantic import ValidationError

from teddy_edge.link.ledger import LEDGER, Known, Ledger, Stage
from teddy_edge.link.wishes import LINK, seal_owner
from teddy_edge.outbox.entry import Context, Mark
from teddy_edge.outbox.errors import OutboxError
from teddy_shared.backoff import delays
from teddy_shared.clock import Chance, Clock
from teddy_shared.commands import Command, Order, OrderCopy, command_of, order_place
from teddy_shared.envelope import BearId, Envelope, Lane
from teddy_shared.errors import MalformedEvent, SealError, StateError, TeddyError
from teddy_shared.events import CommandEnded, Ending, Event
from teddy_shared.logs import log
from teddy_shared.seal import Seal
from teddy_shared.state.state import State

WAITING: Final = 32  # orders; when it is full, more are dropped: the cloud sends them again
MOST: Final = 1000  # orders that are remembered; when it is full, new ones wait until old ones are forgotten
REASON: Final = 200  # characters

Handler = Callable[[Any], Awaitable[None]]
"""Does what one class of command says. A TeddyError ends the order as refused, with what it says."""


class Journal(Protocol):
    """Where endings are recorded; the outbox fits."""

    @property
    def epoch(self) -> str: ...

    def marks(self) -> Mapping[Lane, Mark]: ...

    async def append(self, event: Event, context: Context) -> Envelope: ...

    async def holds(self, type_: str, correlation: str, *, lane: Lane, after: int) -> bool: ...


class Orders:
    """`receive` takes what the link hears; `run` does it, one order after the other."""

    def __init__(
        self,
        *,
        bear: BearId,
        seal: Seal,
        state: State,
        journal: Journal,
        obeyed: Callable[[], int],  # the version of the settings document in force; 0 for none
        handlers: Mapping[type[Command], Handler],
        clock: Clock,
        chance: Chance,
    ) -> None:
        self._bear = bear
        self._seal = seal
        self._state = state
        self._journal = journal
        self._obeyed = obeyed
        self._handlers = handlers
        self._clock = clock
        self._chance = chance
        self._ledger = Ledger()
        self._kept = self._ledger  # as it lies on the card
        self._doubtful: set[str] = set()  # of those whose ending is owed: it may have been told all the same
        self._waiting: asyncio.Queue[OrderCopy] = asyncio.Queue(WAITING)
        self.ignored = 0  # messages that could not be read, or came when there was no room

    async def receive(self, data: bytes) -> None:
        """What cannot be opened or read cannot be answered either: it is counted."""
        try:
            # Off the loop: a key ring may look at its file.
            plain = await asyncio.to_thread(
                self._seal.open, seal_owner(self._bear), data, order_place(self._bear)
            )
            self._waiting.put_nowait(OrderCopy.model_validate_json(plain))
        except (SealError, ValidationError) as error:
            self._ignore("not an order", size=len(data), error=type(error).__name__)
        except asyncio.QueueFull:
            self._ignore("too many orders at once")

    async def run(self) -> None:
        """Ends by being cancelled; what was begun then ends as interrupted at the next start."""
        await self._recall()
        waits = delays(self._chance, most=60.0)
        while True:
            if await self._settle():
                waits, patience = delays(self._chance, most=60.0), None
            else:  # the card takes nothing for now
                patience = next(waits)
            try:
                async with asyncio.timeout(patience):
                    order = await self._waiting.get()
            except TimeoutError:
                continue
            await self._take(order)

    async def _recall(self) -> None:
        """Until it is known what was begun before, nothing is begun."""
        for wait in delays(self._chance, most=60.0):
            try:
                held = await self._state.read(LEDGER, self._bear, LINK)
            except StateError as error:
                log("orders").error("what was ordered before cannot be read", reason=str(error))
                await asyncio.sleep(wait)
                continue
            if held is not None:
                self._ledger = self._kept = held.value
            self._doubtful = {each.id for each in self._ledger.at(Stage.OWED)}
            broken = [self._ended(each, "interrupted") for each in self._ledger.at(Stage.BEGUN)]
            self._ledger = self._ledger.noting(*broken)
            return

    async def _take(self, order: OrderCopy) -> None:
        known = self._ledger.find(order.id)
        if known is not None:
            # The cloud has not seen its ending: it is on its way, or was lost with the outbox that was told.
            if known.stage is Stage.TOLD and known.epoch != self._journal.epoch:
                self._ledger = self._ledger.noting(known.untold(self._journal.epoch))
                self._doubtful.add(known.id)
            return
        # By the cloud's own clock, of which each order tells something: a bear's may say anything.
        newest = max([order.issued_wall_ms, *(each.issued_wall_ms for each in self._ledger.orders.values())])
        self._ledger = self._ledger.pruned(newest)
        if len(self._ledger) >= MOST:
            self._ignore("too many orders are remembered", order=order.id)
            return
        ending, reason = await self._judge(order)
        if ending is None:
            begun = self._ledger
            self._ledger = self._ledger.noting(Known.of(order))
            if not await self._keep():
                self._ledger = begun
                self._ignore("the order cannot be noted, so it is not begun", order=order.id)
                return
            log("orders").info("order begun", order=order.id, type=order.type)
            ending, reason = await self._act(order)
        log("orders").info("order ended", order=order.id, type=order.type, ending=ending)
        self._ledger = self._ledger.noting(self._ended(Known.of(order), ending, reason[:REASON]))

    async def _judge(self, order: OrderCopy) -> tuple[Ending | None, str]:
        """How it ends without being begun; None where it may begin."""
        # Off the loop: whether the clock was set is written in a file.
        trusted = await asyncio.to_thread(self._clock.synchronised)
        if order.overdue or (trusted and self._clock.wall() * 1000 >= order.expires_wall_ms):
            return "expired", ""
        obeyed = self._obeyed()
        if order.expected_settings not in (None, obeyed):
            return "refused", f"the bear obeys settings {obeyed}, not {order.expected_settings}"
        try:
            command = command_of(order)
        except MalformedEvent as error:
            return "refused", str(error)
        if type(command) not in self._handlers:
            return "refused", "this release of the bear does not know it"
        return None, ""

    async def _act(self, order: Order) -> tuple[Ending, str]:
        command = command_of(order)
        assert command is not None  # as judged
        try:
            await self._handlers[type(command)](command)
        except TeddyError as error:
            return "refused", str(error)
        return "done", ""

    async def _settle(self) -> bool:
        """Bring every ending that is owed to the outbox. False where something must be tried again."""
        if not await self._keep():  # an ending is told only when it lies on the card
            return False
        for known in self._ledger.at(Stage.OWED):
            try:
                epoch = await self._tell(known)
            except OutboxError as error:
                log("orders").error("an ending is not recorded yet", order=known.id, reason=str(error))
                return False
            self._doubtful.discard(known.id)
            self._ledger = self._ledger.noting(known.told(epoch))
        return await self._keep()

    async def _tell(self, known: Known) -> str:
        """The epoch in which the outbox has the ending, now or already. Raises OutboxError."""
        assert known.ending is not None
        label, epoch = CommandEnded.label, self._journal.epoch
        if known.id in self._doubtful:
            after = known.after if known.epoch == epoch else 0
            if await self._journal.holds(label.type, known.id, lane=label.lane, after=after):
                return epoch
        event = CommandEnded(command=known.id, type=known.type, ending=known.ending, reason=known.reason)
        about = Context(correlation=known.id, causation=known.id, traceparent=known.traceparent)
        return (await self._journal.append(event, about)).place.epoch

    def _ended(self, known: Known, ending: Ending, reason: str = "") -> Known:
        stands = self._journal.marks()[CommandEnded.label.lane].last
        return known.ended(ending, reason, epoch=self._journal.epoch, after=stands)

    async def _keep(self) -> bool:
        """Whether what is known lies on the card."""
        if self._ledger == self._kept:
            return True
        ledger = self._ledger
        try:
            await self._state.write(LEDGER, self._bear, ledger, LINK)
        except StateError as error:
            log("orders").error("what was ordered cannot be kept", reason=str(error))
            return False
        self._kept = ledger
        return True

    def _ignore(self, why: str, **facts: Any) -> None:
        self.ignored += 1
        log("orders").warning(why, **facts)
