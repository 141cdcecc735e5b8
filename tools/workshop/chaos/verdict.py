"""What became of all that the bears swore: lost, doubled, begun twice, or without an ending."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from teddy_cloud.eventstore.own import is_own
from teddy_cloud.eventstore.partitions import PARTITIONS
from teddy_cloud.eventstore.store import BEGINNING, EventStore
from teddy_cloud.projections.conversations import day_of
from teddy_shared.codec import decode_head
from teddy_shared.envelope import Envelope
from teddy_shared.events import SafetyAlertRaised
from workshop.chaos.truth import Truth

STRETCH = 1000


@dataclass(frozen=True)
class Stored:
    """How often each event lies in the store."""

    by_name: Counter[str]
    by_place: Counter[bytes]
    alerts: Mapping[str, str]  # the event's name by the line of the read model that it belongs on
    days: frozenset[str]  # on which something happened


@dataclass(frozen=True)
class Verdict:
    recorded: int
    stored: int
    lost: Sequence[str]  # acknowledged by an outbox, and not in the store
    doubled: Sequence[str]
    invented: Sequence[str]  # in the store, and never even tried
    unseen: Sequence[str]  # in the store, and not in the read models
    orders_twice: Sequence[str]
    orders_open: Sequence[str]  # issued, and without an ending

    @property
    def settled(self) -> bool:
        return not (self.lost or self.unseen or self.orders_open)

    @property
    def clean(self) -> bool:
        return self.settled and not (self.doubled or self.invented or self.orders_twice)


async def all_stored(store: EventStore) -> Stored:
    names: Counter[str] = Counter()
    places: Counter[bytes] = Counter()
    alerts: dict[str, str] = {}
    days: set[str] = set()
    for partition in range(PARTITIONS):
        after = BEGINNING
        while entries := await store.read(partition, after, STRETCH):
            after = entries[-1].position
            for entry in entries:
                head = decode_head(entry.head)
                places[head.place.bytes()] += 1
                if head.turn is not None and not is_own(head.place.epoch):
                    names[_name(head)] += 1
                    days.add(day_of(head.when.wall_ms))
                    if head.type == SafetyAlertRaised.label.type:
                        alerts[f"{head.place.epoch}-{int(head.place.lane)}-{head.place.seq}"] = _name(head)
    return Stored(names, places, alerts, frozenset(days))


def judge(truth: Truth, stored: Stored, *, seen: frozenset[str], endings: Mapping[str, int]) -> Verdict:
    """`seen`: the events that show in read models; `endings`: of each issued order, how many it has there."""
    names = stored.by_name
    return Verdict(
        recorded=len(truth.recorded),
        stored=sum(names.values()),
        lost=sorted(truth.recorded - names.keys()),
        doubled=sorted(name for name, count in names.items() if count > 1)
        + sorted(place.decode() for place, count in stored.by_place.items() if count > 1),
        invented=sorted(names.keys() - truth.tried),
        unseen=sorted(names.keys() - seen),
        orders_twice=sorted(order for order, count in truth.began.items() if count > 1),
        orders_open=sorted(order for order, count in endings.items() if count != 1),
    )


def _name(head: Envelope) -> str:
    return f"{head.turn}/{head.type}"
