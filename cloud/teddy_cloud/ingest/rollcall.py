"""Notes bears that vanished together with their broker, whose last will therefore nobody sent."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, Protocol

from teddy_cloud.eventstore.presence import UNHEARD
from teddy_cloud.eventstore.store import EventStore
from teddy_cloud.ingest.presence import UNHEARD_LANE, Presence, append_presence
from teddy_shared.clock import Clock
from teddy_shared.envelope import BearId
from teddy_shared.errors import LinkError
from teddy_shared.logs import log

GRACE: Final = 90.0  # seconds for a bear to say hello after the broker came; its own backoff ends at 30
TOGETHER: Final = 64  # bears that are noted in one go

_log = log("ingest")


class Roster(Protocol):
    """Who should be there."""

    async def all_bears(self) -> Sequence[BearId]: ...


class Connections(Protocol):
    async def connection_after(self, number: int) -> int: ...


class RollCall:
    """A while after each connection, every bear that has not said hello since is noted as unheard."""

    def __init__(
        self,
        *,
        connections: Connections,
        roster: Roster,
        store: EventStore,
        clock: Clock,
        grace: float = GRACE,
    ) -> None:
        self._connections = connections
        self._roster = roster
        self._store = store
        self._clock = clock
        self._grace = grace
        self._heard: dict[BearId, float] = {}  # bounded by the families' bears

    def present(self, bear: BearId) -> None:
        """The bear said hello."""
        self._heard[bear] = self._clock.monotonic()

    async def run(self) -> None:
        connection = 0
        while True:
            connection = await self._connections.connection_after(connection)
            since = self._clock.monotonic() - 1.0  # a hello may have been quicker than this task
            try:
                async with asyncio.timeout(self._grace):
                    await self._connections.connection_after(connection)
            except TimeoutError:
                await self._note_the_unheard(since)

    async def _note_the_unheard(self, since: float) -> None:
        try:
            bears = await self._roster.all_bears()
            absent = [bear for bear in bears if self._heard.get(bear, since - 1) < since]
            for at in range(0, len(absent), TOGETHER):
                noted = [Presence(bear, UNHEARD, boot="unknown") for bear in absent[at : at + TOGETHER]]
                await append_presence(self._store, self._clock, noted, lane=UNHEARD_LANE)
        except LinkError as error:
            _log.warning("roll call broken off, the next connection repeats it", reason=str(error))
