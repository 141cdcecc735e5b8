"""Ranges of numbers whose events had to make room, and the one event that stands for such a range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from teddy_edge.outbox.entry import Waiting
from teddy_shared.codec import WireEvent, encode_head
from teddy_shared.envelope import BearId, Lane, Place, When, gap
from teddy_shared.events import EventsDropped, to_bytes


@dataclass(frozen=True, slots=True)
class Gap:
    """So many events of a lane that made room."""

    first: int
    last: int
    noted: When  # when the last of them went


def next_gap(gaps: Sequence[Gap], seq: int) -> Gap | None:
    """The one at this number, or the first one behind it."""
    return next((each for each in gaps if each.last >= seq), None)


def widened(gaps: Sequence[Gap], more: Gap) -> tuple[Gap, ...]:
    """With one more at the end, which joins the last one where they meet."""
    if gaps and gaps[-1].last == more.first - 1:
        return (*gaps[:-1], Gap(gaps[-1].first, more.last, more.noted))
    return (*gaps, more)


def moved(gaps: Sequence[Gap], down: int) -> tuple[Gap, ...]:
    """In a new epoch, in which everything up to `down` is left out."""
    return tuple(
        Gap(max(1, each.first - down), each.last - down, each.noted) for each in gaps if each.last > down
    )


def stand_in(bear: BearId, epoch: str, lane: Lane, first: int, gap_: Gap) -> Waiting:
    """For the numbers from `first` to the end of a gap."""
    head = gap(Place(bear=bear, epoch=epoch, lane=lane, seq=gap_.last), gap_.noted)
    count = gap_.last - first + 1
    payload = to_bytes(EventsDropped(first=first, count=count))
    return Waiting(head, WireEvent(encode_head(head), payload), covers=count)
