"""The event bus: stored events to a named handler as they come, each until it is handled or given up."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from teddy_cloud.bus.deliveries import Deliveries, Delivery, Grave
from teddy_cloud.bus.opening import Broken, Happened, Opener
from teddy_cloud.eventstore.partitions import PARTITIONS
from teddy_cloud.eventstore.store import EventStore, Position
from teddy_shared.backoff import delays
from teddy_shared.clock import Chance, Clock
from teddy_shared.errors import LinkError, TeddyError
from teddy_shared.logs import log

STRETCH: Final = 64  # entries of one partition in one go
TOGETHER: Final = 16  # partitions in one go, so that not too much is in one hand
AT_ONCE: Final = 16  # handled at the same time
HANDLE: Final = 30.0  # seconds that a handler may take
BEGIN: Final = 20.0  # seconds after which what is in the hand and was not begun is taken up anew
DEAD_AFTER: Final = 60.0  # seconds in one hand, and its worker counts as dead: above the two before together
GATHER: Final = 0.1  # seconds behind a ring: nobody waits for a handler, and each round costs a millisecond
LOOK: Final = 5.0  # seconds; the doorbell is quicker, but a ring can be missed
SWEEP: Final = 5.0  # seconds between looking for what dead workers left
TRIES: Final = 6
FIRST: Final = 0.5  # seconds before the second try, then twice as long each time
MOST: Final = 20.0
FAILING: Final = 256  # entries that wait for another try; while there are more, nothing new is taken

_log = log("bus")


@dataclass(frozen=True, slots=True)
class EventHandler:
    """Its name is the group: workers of one name share the events, and each event is handled by one of them.

    It may be called twice for one event, and in another order than the events came; what it does outside
    carries `Happened.key`.
    """

    name: str
    types: frozenset[str]
    run: Callable[[Happened], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Place:
    partition: int
    position: Position


@dataclass(frozen=True, slots=True)
class _Try:
    number: int
    due: float


class GroupWorker:
    """One worker of one group. Any number may run under different names."""

    def __init__(
        self,
        *,
        handler: EventHandler,
        deliveries: Deliveries,
        store: EventStore,
        opener: Opener,
        clock: Clock,
        chance: Chance,
        worker: str,
    ) -> None:
        self._handler = handler
        self._deliveries = deliveries
        self._store = store
        self._opener = opener
        self._clock = clock
        self._chance = chance
        self._worker = worker
        self._due: dict[_Place, _Try] = {}  # what failed, and what nobody had time for
        self._slots = asyncio.Semaphore(AT_ONCE)

    @property
    def name(self) -> str:
        return self._handler.name

    async def run(self) -> None:
        """Ends by being cancelled."""
        waits = delays(self._chance, first=0.2, most=5.0)
        told = False
        while True:
            try:
                async with self._store.doorbell() as bell:
                    looked = swept = float("-inf")
                    while True:
                        now = self._clock.monotonic()
                        if now - looked >= LOOK:
                            await self._take(range(PARTITIONS))
                            looked = now
                        if now - swept >= SWEEP:
                            await self._claim()
                            swept = now
                        await self._try_again()
                        waits, told = delays(self._chance, first=0.2, most=5.0), False
                        rung = await bell.rung(self._patience())
                        if rung:
                            await asyncio.sleep(GATHER)
                            await self._take(rung | await bell.rung(0.0))
            except LinkError as error:
                if not told:
                    _log.warning("store away, trying again", group=self._handler.name, reason=str(error))
                    told = True
            await asyncio.sleep(next(waits))

    def _patience(self) -> float:
        """Seconds until something is to be done, rung or not."""
        soonest = (
            min((each.due for each in self._due.values()), default=float("inf")) - self._clock.monotonic()
        )
        return max(0.01, min(LOOK, SWEEP, soonest))

    async def _take(self, partitions: Iterable[int]) -> None:
        """Everything new in these partitions."""
        waiting = sorted(partitions)
        while waiting and len(self._due) < FAILING:
            now, waiting = waiting[:TOGETHER], waiting[TOGETHER:]
            found = await self._deliveries.fetch(self._handler.name, self._worker, now, STRETCH)
            await self._handle_all(found)
            counts = Counter(each.partition for each in found)
            waiting += [partition for partition, count in counts.items() if count == STRETCH]

    async def _try_again(self) -> None:
        now = self._clock.monotonic()
        found: list[Delivery] = []
        for place, next_ in [each for each in self._due.items() if each[1].due <= now]:
            delivery = await self._deliveries.again(
                self._handler.name, self._worker, place.partition, place.position, tries=next_.number
            )
            del self._due[place]
            if delivery is not None:
                found.append(delivery)
        await self._handle_all(found)

    async def _claim(self) -> None:
        idle = await self._deliveries.claim(self._handler.name, self._worker, idle=DEAD_AFTER, count=AT_ONCE)
        # What is our own waits here still; that it waited so long is no try.
        found = [each for each in idle if _place(each) not in self._due]
        for each in found:
            _log.info("claimed from a dead worker", group=self._handler.name, tries=each.tries)
        hopeless = [each for each in found if each.tries > TRIES]
        for each in hopeless:
            await self._bury(each, "its workers died")
        await self._handle_all([each for each in found if each.tries <= TRIES])

    async def _handle_all(self, found: Sequence[Delivery]) -> None:
        fetched = self._clock.monotonic()
        wanted: list[Delivery] = []
        passed: list[_Place] = []
        for each in found:
            if self._opener.may_want(self._handler, each.entry):
                wanted.append(each)
            else:
                passed.append(_place(each))
        opened: Sequence[Happened | Broken | None] = ()
        if wanted:  # the key ring is a file
            opened = await asyncio.to_thread(self._opener.open_all, self._handler, wanted)
            passed += [_place(each) for each, what in zip(wanted, opened, strict=True) if what is None]
        await self._settle(passed)
        async with asyncio.TaskGroup() as tasks:
            for delivery, what in zip(wanted, opened, strict=True):
                if isinstance(what, Broken):
                    await self._bury(delivery, what.reason)
                elif what is not None:
                    handling = self._handle(delivery, what, fetched)
                    tasks.create_task(handling, name=f"handle-{self._handler.name}")

    async def _handle(self, delivery: Delivery, happened: Happened, fetched: float) -> None:
        async with self._slots:
            if self._clock.monotonic() - fetched > BEGIN:
                self._due[_place(delivery)] = _Try(delivery.tries, fetched)  # nobody has tried it
                return
            try:
                async with asyncio.timeout(HANDLE):
                    await self._handler.run(happened)
            except Exception as error:  # a handler's fault costs one event, not the bus
                await self._failed(delivery, happened, error)
            else:
                await self._settle([_place(delivery)])

    async def _failed(self, delivery: Delivery, happened: Happened, error: Exception) -> None:
        """What is only away is tried for as long as it takes; the rest is given up after so many tries."""
        # Of an error that we did not foresee the name alone: its words may be anything.
        reason = str(error) if isinstance(error, TeddyError) else type(error).__name__
        _log.warning(
            "event not handled",
            group=self._handler.name,
            tries=delivery.tries,
            reason=reason,
            key=happened.key,
        )
        away = isinstance(error, LinkError)
        if delivery.tries >= TRIES and not away:
            await self._bury(delivery, reason)
            return
        ceiling = min(MOST, FIRST * 2 ** (delivery.tries - 1))
        due = self._clock.monotonic() + self._chance.between(ceiling / 2, ceiling)
        # One less than all of them: whoever claims it from us counts one more.
        number = min(TRIES - 1, delivery.tries + 1) if away else delivery.tries + 1
        self._due[_place(delivery)] = _Try(number, due)

    async def _settle(self, places: Sequence[_Place]) -> None:
        if places:
            done = [(each.partition, each.position) for each in places]
            await self._deliveries.settle(self._handler.name, done)

    async def _bury(self, delivery: Delivery, reason: str) -> None:
        bear, type_ = self._opener.name(delivery.entry)
        grave = Grave(bear, type_, reason, delivery.tries, int(self._clock.wall() * 1000))
        await self._deliveries.bury(self._handler.name, delivery, grave)
        _log.warning("event given up", group=self._handler.name, bear=bear, type=type_, reason=reason)


def _place(delivery: Delivery) -> _Place:
    return _Place(delivery.partition, delivery.entry.position)
