"""One event at a time: from its commit on the bear's card to where a parent can read it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from teddy_cloud.projections.conversations import Conversations, day_of
from teddy_cloud.projections.readmodels import Cell, Notices, ReadModels
from teddy_edge.outbox.entry import Context
from teddy_shared.clock import Chance
from teddy_shared.errors import LinkError
from teddy_shared.events import TurnBegun
from workshop.syncing.bear import SendingBear
from workshop.syncing.house import BEAR

PAUSE: Final = (0.005, 0.08)  # seconds between two events, so that no timer can hide behind their pace
LONGEST: Final = 5.0  # seconds until an event counts as lost


@dataclass(frozen=True, slots=True)
class Trips:
    """Seconds of each trip."""

    recorded: list[float] = field(default_factory=list)  # from the wish to record it
    committed: list[float] = field(default_factory=list)  # from its commit on the card
    bare: list[float] = field(default_factory=list)


async def make_trips(
    count: int, bear: SendingBear, models: ReadModels, bare: Callable[[], Awaitable[float]], chance: Chance
) -> Trips:
    """The first ten warm everything up and are not counted. Raises LinkError where one does not arrive."""
    trips = Trips()
    async with models.notices(BEAR) as notices:
        for number in range(-10, count):
            await asyncio.sleep(chance.between(*PAUSE))
            recorded, committed, seen = await _trip(f"turn-{number}", bear, models, notices)
            took = await bare()
            if number >= 0:
                trips.recorded.append(seen - recorded)
                trips.committed.append(seen - committed)
                trips.bare.append(took)
    return trips


async def _trip(
    turn: str, bear: SendingBear, models: ReadModels, notices: Notices
) -> tuple[float, float, float]:
    """When it was to be recorded, when it was on the card, and when it could be read."""
    recorded = time.monotonic()
    head = await bear.outbox.append(TurnBegun(speech_ms=1_000), Context(turn=turn, profile=bear.child))
    committed = time.monotonic()
    cell = Cell(BEAR, day_of(head.when.wall_ms), turn)
    while await notices.changed(LONGEST):
        seen = time.monotonic()  # the notice leaves the store with the write
        if await models.cells(Conversations.name, [cell]):
            return recorded, committed, seen
    raise LinkError(f"{turn} is not in the read model after {LONGEST:.0f} s")
