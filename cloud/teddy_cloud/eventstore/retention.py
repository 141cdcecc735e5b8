"""The six kinds of event: who writes them, who reads them, and how long they stay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from teddy_cloud.eventstore.store import Entry, order_of
from teddy_shared.codec import decode_head
from teddy_shared.envelope import Kind
from teddy_shared.errors import MalformedEvent

DAY_MS: Final = 86_400_000
SLACK_DAYS: Final = 7  # what is ripe waits so long for company, so that a quiet bear does not make many files
LETTER_DAYS: Final = 90  # a dead letter may be about a child, and nobody waits longer for a release


@dataclass(frozen=True, slots=True)
class Stay:
    """Days since an event was stored, by the store's own clock.

    Streams mix kinds and are cut at their old end only, so that a position says on which side of the cut it
    lies. So an event may stay live for longer than its kind asks, behind one that has to, and never for less;
    and no kind's days end altogether before those that another kind stays live.
    """

    live: int  # at least so many days in the store's streams, then in the archive
    total: int  # to the day, live and archived together; then it is gone
    producers: tuple[str, ...]  # modules that make events of this kind
    consumers: tuple[str, ...]  # projections that want some, `module:class`


STAYS: Final[Mapping[Kind, Stay]] = {
    # What happened between a child and a bear: what parents see, for as long as a rebuild should show it.
    Kind.DOMAIN: Stay(
        live=90,
        total=730,
        producers=("teddy_edge.conversation.turn",),
        consumers=(
            "teddy_cloud.projections.conversations:Conversations",
            "teddy_cloud.projections.bears:Bears",
        ),
    ),
    # What one side answers to the other: what became of an order.
    Kind.INTEGRATION: Stay(
        live=90,
        total=365,
        producers=("teddy_edge.link.orders",),
        consumers=("teddy_cloud.projections.orders:OrderStates",),
    ),
    # What the cloud wants of a bear. An order expires within days; its record serves questions afterwards.
    Kind.COMMAND: Stay(
        live=30,
        total=365,
        producers=("teddy_cloud.fleet.orders",),
        consumers=("teddy_cloud.projections.orders:OrderStates",),
    ),
    # Who looked at a family's pages: for the family to see, and itself about people.
    Kind.QUERY: Stay(
        live=30,
        total=180,
        producers=("teddy_cloud.bus.records",),
        consumers=("teddy_cloud.projections.ledger:Ledger",),
    ),
    # How the bear and its link are: of use while it is fresh.
    Kind.SYSTEM: Stay(
        live=30,
        total=180,
        producers=("teddy_edge.app",),
        consumers=("teddy_cloud.projections.bears:Bears",),
    ),
    # Who did what in the cloud: three years, since a dispute may come late.
    Kind.AUDIT: Stay(
        live=90,
        total=1100,
        producers=("teddy_cloud.bus.records",),
        consumers=("teddy_cloud.projections.ledger:Ledger",),
    ),
}

_LONGEST: Final = max(STAYS.values(), key=lambda stay: stay.total)


def ripe_ms(entry: Entry) -> int:
    """From when on it may leave the live streams."""
    return order_of(entry.position)[0] + _stay_of(entry).live * DAY_MS


def ends_ms(entry: Entry) -> int:
    """From when on it is to be gone: the first midnight behind its days, so that a day is cleared at once."""
    ends = order_of(entry.position)[0] + _stay_of(entry).total * DAY_MS
    return -(-ends // DAY_MS) * DAY_MS


def _stay_of(entry: Entry) -> Stay:
    try:
        return STAYS[decode_head(entry.head).kind]
    except MalformedEvent:
        return _LONGEST  # another release of ours wrote it, and may know its kind
