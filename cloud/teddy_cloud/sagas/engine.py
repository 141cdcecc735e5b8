"""Drives sagas: one step at a time, each persisted before the next, by whichever worker is there."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from teddy_cloud.sagas import lease
from teddy_cloud.sagas.book import SagaBook
from teddy_cloud.sagas.driving import after, after_failing, after_undoing, said, unstuck
from teddy_cloud.sagas.lease import LEASE, LeaseLost
from teddy_cloud.sagas.record import SagaRecord, Standing
from teddy_cloud.sagas.saga import Facts, Going, Saga
from teddy_shared.clock import Chance, Clock
from teddy_shared.errors import ConfigError, Conflict, LinkError, StateError
from teddy_shared.logs import bound, log
from teddy_shared.state.keys import Held
from teddy_shared.state.observers import Changes
from teddy_shared.state.state import State

STEP: Final = 60.0  # seconds that one step may take; what takes longer waits instead
LOOK: Final = 15.0  # seconds between looking at all open sagas; changes are told at once
PAUSE: Final = 2.0  # seconds after the state was away
AT_ONCE: Final = 8  # sagas driven at the same time

_log = log("sagas")


class Sagas:
    """Any number of workers may run; of each saga one of them is at work."""

    def __init__(
        self,
        *,
        kinds: Sequence[Saga],
        book: SagaBook,
        state: State,
        clock: Clock,
        chance: Chance,
        worker: str,
    ) -> None:
        self._kinds = {each.kind: each for each in kinds}
        self._book = book
        self._state = state
        self._clock = clock
        self._chance = chance
        self._worker = worker
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def begin(self, kind: str, id_: str, facts: Facts) -> SagaRecord:
        """The same id again gives the saga that has it, whatever its facts."""
        now = self._clock.wall()
        record = SagaRecord(
            id=id_, kind=self._kinds[kind].kind, facts=dict(facts), begun_wall=now, changed_wall=now
        )
        return await self._book.begin(record)

    async def find(self, id_: str) -> SagaRecord | None:
        held = await self._book.read(id_)
        return None if held is None else held.value

    async def all(self) -> Sequence[SagaRecord]:
        """The open ones last."""
        return await self._book.all()

    def step_name(self, record: SagaRecord) -> str:
        """For those who look: the step that a saga is at."""
        saga = self._kinds.get(record.kind)
        return saga.steps[record.step].name if saga and record.step < len(saga.steps) else "-"

    async def tell(self, id_: str, facts: Facts) -> None:
        """What a saga may be waiting for has happened. One that is over or unknown hears nothing of it."""
        record = await self.find(id_)
        if record is not None and not record.over:
            await self._book.tell(id_, facts)

    async def retry(self, id_: str) -> SagaRecord:
        """An operator says that a stuck one may go on. Raises ConfigError where it is not stuck."""
        held = await self._book.read(id_)
        if held is None:
            raise ConfigError(f"there is no saga {id_}")
        if held.value.standing is not Standing.STUCK:
            raise ConfigError(f"the saga {id_} is not stuck: it is {held.value.standing}")
        going = unstuck(held.value, self._clock.wall())
        await self._book.write(going, held.version)
        return going

    async def run(self) -> None:
        """Drive all sagas that can go on. Ends by being cancelled."""
        while True:
            try:
                await self._run()
            except* (LinkError, StateError) as group:
                _log.warning("state away, trying again", reason=str(group.exceptions[0]))
            await asyncio.sleep(PAUSE)

    async def _run(self) -> None:
        async with self._book.changes() as changes, asyncio.TaskGroup() as tasks:
            due: dict[str, float] = {}  # when each open saga can go on
            at_work: dict[str, asyncio.Task[None]] = {}
            looked = float("-inf")
            while True:
                if self._clock.wall() - looked >= LOOK or changes.missed:
                    looked, changes.missed = self._clock.wall(), 0
                    due = {id_: await self._due(id_) for id_ in await self._book.open()}
                for id_ in [id_ for id_, at in due.items() if at <= self._clock.wall()]:
                    if id_ not in at_work or at_work[id_].done():
                        at_work[id_] = tasks.create_task(self._drive_one(id_), name=f"saga-{id_}")
                    due[id_] = self._clock.wall() + LEASE  # another worker may be at it, and die
                at_work = {id_: task for id_, task in at_work.items() if not task.done()}
                until = min([looked + LOOK, *due.values()])
                for id_ in await self._changed(changes, until - self._clock.wall()):
                    due[id_] = await self._due(id_)

    async def _changed(self, changes: Changes, seconds: float) -> set[str]:
        """Whose record changed or who was told something, as soon as there is one."""
        found: set[str] = set()
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                while not found:
                    change = await changes.next()
                    if SagaBook.concerns_one(change):
                        found.add(change.slot.owner)
        except TimeoutError:
            pass
        return found

    async def _drive_one(self, id_: str) -> None:
        async with self._slots:
            await self.advance(id_)

    async def _due(self, id_: str) -> float:
        """When this one can go on; never, where another release left what we cannot read."""
        try:
            held = await self._book.read(id_)
        except StateError as error:
            _log.warning("saga cannot be read", saga=id_, reason=str(error))
            return float("inf")
        if held is None:
            await self._book.strike_out(id_)
            return float("inf")
        return await self._ready(held.value)

    async def _ready(self, record: SagaRecord) -> float:
        if record.standing is Standing.STUCK or record.kind not in self._kinds:
            return float("inf")
        if record.waiting and (await self._book.told(record.id))[1] != record.heard:
            return 0.0
        return record.due

    async def advance(self, id_: str) -> None:
        """Go on with this saga as far as it goes now, unless another worker is at it."""
        mine = await lease.take(self._state, id_, f"{self._worker}-{self._chance.token(4)}")
        if mine is None:
            return
        try:
            async with asyncio.TaskGroup() as tasks:
                beat = tasks.create_task(mine.keep(), name=f"lease-{id_}")
                await self._steps(id_)
                beat.cancel()
        except* (LeaseLost, Conflict):
            _log.info("another worker has taken over", saga=id_)
        finally:
            with suppress(LinkError, StateError):  # then it runs out by itself
                await mine.give_back()

    async def _steps(self, id_: str) -> None:
        while True:
            held = await self._book.read(id_)
            if held is None:
                return
            if held.value.over:
                await self._book.close(id_)
                return
            if await self._ready(held.value) > self._clock.wall():
                return
            await self._step(held)

    async def _step(self, held: Held[SagaRecord]) -> None:
        record, saga = held.value, self._kinds[held.value.kind]
        step = saga.steps[record.step]
        back = record.standing is Standing.UNDOING
        told, heard = await self._book.told(record.id)
        going = Going(
            saga=record.id,
            key=f"{record.id}/{step.name}/{'undo' if back else 'do'}",
            facts=record.facts,
            told=told,
            now=self._clock.wall(),
        )
        with bound(saga=record.id, step=step.name):
            try:
                async with asyncio.timeout(STEP):
                    if back:
                        if step.undo is not None:
                            await step.undo(going)
                        next_ = after_undoing(record, self._clock.wall())
                    else:
                        outcome = await step.do(going)
                        next_ = after(saga, record, outcome, heard, self._clock.wall())
            except Exception as error:  # a step's fault must not take the other sagas with it
                next_ = after_failing(saga, record, error, self._chance, self._clock.wall())
                _log.warning("step not done", undoing=back, tries=record.tries + 1, reason=said(error))
            await self._book.write(next_, held.version)
            if next_.standing is not record.standing:
                _log.info("saga", kind=record.kind, standing=next_.standing, reason=next_.reason)
