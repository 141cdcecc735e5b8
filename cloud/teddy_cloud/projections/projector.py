"""Keeps the read models that readers see up to date, all projections in one go."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Sequence
from itertools import islice
from typing import Final

from teddy_cloud.eventstore.partitions import PARTITIONS
from teddy_cloud.eventstore.store import Doorbell, EventStore
from teddy_cloud.projections.copies import HELD, Copies, Standing
from teddy_cloud.projections.projection import Projection
from teddy_cloud.projections.sweep import WIDTH, Sweep
from teddy_shared.backoff import delays
from teddy_shared.clock import Chance, Clock
from teddy_shared.errors import LinkError
from teddy_shared.logs import log
from teddy_shared.seal import Seal

ROUND: Final = (
    1.0  # seconds in which every partition is looked at; the doorbell is quicker, but may be missed
)
TRIES: Final = 2 * HELD  # for a partition in which somebody else is always faster; then the next round's
TURNS: Final = 4  # of a round, so that looking at all of them never holds up those that ring

Waiting = dict[int, None]
"""The partitions to look at, in this order."""

_log = log("projections")


class Projector:
    """One reader for all projections: an event that several want is read and opened once.

    Any number may run side by side: of two that take the same step one is taken, and the other looks
    again where the copy stands.
    """

    def __init__(
        self,
        *,
        projections: Sequence[Projection],
        store: EventStore,
        copies: Copies,
        seal: Seal,
        clock: Clock,
        chance: Chance,
    ) -> None:
        self._models = [each.name for each in projections]
        self._sweep = Sweep(projections=projections, store=store, copies=copies, seal=seal)
        self._store = store
        self._copies = copies
        self._clock = clock
        self._chance = chance
        self._places: dict[int, dict[str, Standing]] = {partition: {} for partition in range(PARTITIONS)}
        self._tries: Counter[int] = Counter()  # in vain and one after the other, of each partition

    async def run(self) -> None:
        """Follow the store. Ends by being cancelled."""
        waits = delays(self._chance, first=0.2, most=2.0)
        told = False
        while True:
            try:
                async with self._store.doorbell() as bell:
                    waiting = await self._look_at_all()
                    waits, told = delays(self._chance, first=0.2, most=2.0), False
                    await self._follow(bell, waiting)
            except LinkError as error:
                if not told:
                    _log.warning("store away, trying again", reason=str(error))
                    told = True
            await asyncio.sleep(next(waits))

    async def catch_up(self) -> None:
        """Apply all that is stored."""
        waiting = await self._look_at_all()
        while waiting:
            await self._move(waiting)

    async def _follow(self, bell: Doorbell, waiting: Waiting) -> None:
        turn = 0
        looked = self._clock.monotonic()
        while True:
            left = looked + ROUND / TURNS - self._clock.monotonic()
            waiting |= dict.fromkeys(await bell.rung(0.0 if waiting else max(left, 0.0)))
            if self._clock.monotonic() - looked >= ROUND / TURNS:
                looked = self._clock.monotonic()
                some = range(turn, PARTITIONS, TURNS)
                await self._ask(some)
                waiting |= dict.fromkeys(some)
                turn = (turn + 1) % TURNS
            await self._move(waiting)

    async def _look_at_all(self) -> Waiting:
        await self._ask(range(PARTITIONS))
        return dict.fromkeys(range(PARTITIONS))

    async def _ask(self, partitions: Collection[int]) -> None:
        """Whatever was thought before, what the store says of these is true.

        A store that lost its tail stands behind what was read from it; who goes on from there would
        miss what is filled in again.
        """
        for each in await self._copies.standing(self._models, partitions):
            self._places[each.partition][each.model] = each

    async def _move(self, waiting: Waiting) -> None:
        """One sweep over those that have waited longest. Who is not done waits again, behind the others."""
        at_once = list(islice(waiting, WIDTH))
        swept = await self._sweep.move([place for each in at_once for place in self._places[each].values()])
        for before, after in swept.reached.items():
            self._places[before.partition][before.model] = after
        for each in at_once:
            del waiting[each]
        waiting |= dict.fromkeys(each.partition for each in swept.unfinished)
        overtaken = {each.partition for each in swept.overtaken}
        if overtaken:
            await self._ask(overtaken)
        self._tries = Counter({each: self._tries[each] + 1 for each in overtaken})
        waiting |= dict.fromkeys(each for each in overtaken if self._tries[each] < TRIES)
