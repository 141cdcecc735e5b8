"""What of a fleet's events is in the store and in the read model, each exactly once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from teddy_cloud.eventstore.partitions import PARTITIONS
from teddy_cloud.eventstore.redis import RedisEventStore
from teddy_cloud.eventstore.store import BEGINNING, Position
from teddy_cloud.projections.conversations import Conversations, day_of
from teddy_cloud.projections.redis import RedisReadModels
from teddy_cloud.storage.client import StoreClient
from teddy_shared.codec import decode_head
from teddy_shared.envelope import BearId

STRETCH: Final = 500  # entries of a partition in one read


@dataclass(frozen=True, slots=True)
class Stamp:
    """A stored event, and when its bear made it."""

    bear: BearId
    turn: str
    day: str
    at: float  # seconds on the clock that all processes of a machine share


@dataclass(frozen=True, slots=True)
class Verdict:
    stamps: Sequence[Stamp]  # of all that is stored, each once
    lost: int  # not in the store, or not in the read model
    doubled: int


async def judge(client: StoreClient, epoch: str, sent: int) -> Verdict:
    stored = await _stored(client, epoch)
    shown = await _shown(client, {(each.bear, each.day) for each in stored})
    once = list(stored)
    missing = [each for each in once if (each.bear, each.turn) not in shown]
    doubled = sum(stored.values()) - len(once) + sum(shown.values()) - len(shown)
    return Verdict(once, sent - len(once) + len(missing), doubled)


async def _stored(client: StoreClient, epoch: str) -> Counter[Stamp]:
    store = RedisEventStore(client=client)
    found: Counter[Stamp] = Counter()
    places: dict[int, Position] = dict.fromkeys(range(PARTITIONS), BEGINNING)
    while places:
        read = await store.read_many(places, STRETCH)
        places = {partition: entries[-1].position for partition, entries in read.items()}
        for entry in (entry for entries in read.values() for entry in entries):
            head = decode_head(entry.head)
            if head.place.epoch == epoch:
                stamp = Stamp(
                    BearId(head.place.bear),
                    str(head.turn),
                    day_of(head.when.wall_ms),
                    head.when.monotonic_us / 1e6,
                )
                found[stamp] += 1
    return found


async def _shown(client: StoreClient, pages: set[tuple[BearId, str]]) -> Counter[tuple[BearId, str]]:
    models = RedisReadModels(client=client)
    found: Counter[tuple[BearId, str]] = Counter()
    for bear, day in pages:
        found.update((bear, turn) for turn in await models.page(Conversations.name, bear, day))
    return found
