"""Keeps the read models that readers see up to date, all projections in one go."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
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

    async def run(self) -> None:
        """Follow the store. Ends by being cancelled."""
        waits = delays(self._chance, first=0.2, most=2.0)
        told = False
        while True:
            try:
                async with self._store.doorbell() as bell:
                    await self.catch_up()
                    waits, told = delays(self._chance, first=0.2, most=2.0), False
                    await self._follow(bell)
            except LinkError as error:
                if not told:
                    _log.warning("store away, trying again", reason=str(error))
                    told = True
            await asyncio.sleep(next(waits))

    async def catch_up(self) -> None:
        """Apply all that is stored."""
        await self._look_at(range(PARTITIONS))

    async def _follow(self, bell: Doorbell) -> None:
        turn = 0
        looked = self._clock.monotonic()
        while True:
            left = looked + ROUND / TURNS - self._clock.monotonic()
            await self._move(await bell.rung(max(left, 0.0)))
            if self._clock.monotonic() - looked >= ROUND / TURNS:
                looked = self._clock.monotonic()
                await self._look_at(range(turn, PARTITIONS, TURNS))
                turn = (turn + 1) % TURNS

    async def _look_at(self, partitions: Iterable[int]) -> None:
        """Whatever was thought before, what the store says of these is true.

        A store that lost its tail stands behind what was read from it; who goes on from there would
        miss what is filled in again.
        """
        wanted = list(partitions)
        await self._ask(wanted)
        await self._move(wanted)

    async def _ask(self, partitions: Collection[int]) -> None:
        for each in await self._copies.standing(self._models, partitions):
            self._places[each.partition][each.model] = each

    async def _move(self, partitions: Iterable[int]) -> None:
        """Go on in these until nothing more is there; what comes meanwhile rings by itself."""
        waiting = set(partitions)
        tries: Counter[int] = Counter()
        while waiting:
            at_once = set(islice(waiting, WIDTH))
            swept = await self._sweep.move(
                [place for partition in at_once for place in self._places[partition].values()]
            )
            for before, after in swept.reached.items():
                self._places[before.partition][before.model] = after
            overtaken = {each.partition for each in swept.overtaken}
            if overtaken:
                await self._ask(overtaken)
                tries.update(overtaken)
            waiting -= at_once
            waiting |= {each for each in overtaken if tries[each] < TRIES}
            waiting |= {each.partition for each in swept.unfinished}
