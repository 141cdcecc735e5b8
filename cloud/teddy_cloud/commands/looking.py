"""What an operator sees of a stored event: everything but what it says."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from datetime import UTC, datetime

from teddy_cloud.container.cloud import open_office
from teddy_cloud.eventstore.replay import Replayed, Wanted, replay
from teddy_cloud.eventstore.store import Position, order_of
from teddy_cloud.settings import Settings


@dataclass(frozen=True, slots=True)
class Shown:
    at: str  # partition/position
    stored: str  # when, by the store's clock
    place: str  # bear/epoch/lane/number
    type: str
    version: int
    kind: str
    purpose: str
    bear_wall_ms: int  # when, by the bear's clock
    size: int  # bytes, sealed


async def newest(settings: Settings, wanted: Wanted, limit: int) -> list[Shown]:
    """The events that were stored last, in the order in which they were. Holds no more than `limit`."""
    kept: list[tuple[tuple[int, int], int, Shown]] = []
    async with open_office(settings) as office:
        async for each in replay(office.store, wanted):
            ranked = (order_of(each.entry.position), each.partition, _shown(each))
            if len(kept) < limit:
                heapq.heappush(kept, ranked)
            else:
                heapq.heappushpop(kept, ranked)
    return [shown for *_, shown in sorted(kept, key=lambda ranked: ranked[:2])]


async def behind(settings: Settings, wanted: Wanted, limit: int, after: tuple[int, str]) -> list[Shown]:
    """Those of one partition that follow a position."""
    partition, position = after
    found: list[Shown] = []
    async with open_office(settings) as office:
        async for each in replay(office.store, wanted, after={partition: Position(position)}):
            found.append(_shown(each))
            if len(found) == limit:
                break
    return found


def _shown(each: Replayed) -> Shown:
    head, position = each.head, each.entry.position
    stored = datetime.fromtimestamp(order_of(position)[0] / 1000, UTC)
    return Shown(
        at=f"{each.partition}/{position}",
        stored=stored.isoformat(sep=" ", timespec="seconds"),
        place=head.place.bytes().decode(),
        type=head.type,
        version=head.version,
        kind=head.kind,
        purpose=head.purpose,
        bear_wall_ms=head.when.wall_ms,
        size=len(each.entry.sealed),
    )
