"""Events on their way into the outbox: rows for the card, and heads for whoever recorded them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, overload

from teddy_edge.outbox.entry import LARGEST_EVENT, OWNER, Context
from teddy_edge.outbox.errors import EventTooLarge
from teddy_edge.outbox.stencil import place_text, stencil, when_text
from teddy_shared.envelope import BearId, Envelope, Lane
from teddy_shared.errors import KeyErased
from teddy_shared.events import Event, to_bytes
from teddy_shared.seal import OwnerSeal

LANE_BITS: Final = (
    48  # of a row's key below the lane: numbers enough for a thousand events a second, for ever
)


def row_key(lane: Lane, seq: int) -> int:
    """Rows of a lane lie side by side, in order."""
    return int(lane) << LANE_BITS | seq


@dataclass(frozen=True, slots=True)
class Ground:
    """What rows are written on. Where it has changed meanwhile, they are written anew."""

    bear: BearId
    epoch: str
    seal: OwnerSeal | None  # none where there is no key, or nobody has asked for it yet
    synchronised: bool  # whether the wall clock was set from the network


@dataclass(frozen=True, slots=True)
class Rows:
    """Events with their numbers, ready for the card."""

    ground: Ground
    before: Mapping[Lane, int]  # the last number of each of their lanes before them
    after: Mapping[Lane, int]
    values: Sequence[int | str | bytearray]  # key, head and sealed payload of each, one behind the other
    size: int  # bytes


class Draft:
    """What was recorded together, before it has numbers. Raises EventTooLarge."""

    __slots__ = ("_boot", "_context", "_monotonic_us", "_payloads", "_wall_ms", "events", "urgency")

    def __init__(
        self, events: Sequence[Event], context: Context, *, boot: str, monotonic: float, wall: float
    ) -> None:
        self.events = events
        self.urgency = min(event.label.lane for event in events)  # of the most urgent
        self._context = context
        self._boot = boot
        self._monotonic_us = max(0, int(monotonic * 1_000_000))
        self._wall_ms = int(wall * 1000)
        self._payloads = [to_bytes(event) for event in events]
        for event, payload in zip(events, self._payloads, strict=True):
            if len(payload) > LARGEST_EVENT:
                raise EventTooLarge(event.label.type, len(payload), LARGEST_EVENT)

    def rows(self, ground: Ground, last: Mapping[Lane, int]) -> Rows:
        """Behind the last number of each lane. Raises KeyErased."""
        if ground.seal is None:
            raise KeyErased(OWNER)
        bear, epoch, seal = ground.bear, ground.epoch, ground.seal.seal
        when = when_text(self._boot, self._monotonic_us, self._wall_ms, synchronised=ground.synchronised)
        numbers = {event.label.lane: last[event.label.lane] for event in self.events}
        before = dict(numbers)
        stencils = {kind: stencil(kind, self._context) for kind in set(map(type, self.events))}
        values: list[int | str | bytearray] = []
        size = 0
        for event, payload in zip(self.events, self._payloads, strict=True):
            lane = event.label.lane
            seq = numbers[lane] = numbers[lane] + 1
            head = stencils[type(event)].text(place_text(bear, epoch, lane, seq), when)
            # sqlite3 binds a bytearray five times as fast as bytes, for which it looks for an adapter.
            sealed = bytearray(seal(payload, f"{bear}/{epoch}/{int(lane)}/{seq}".encode()))
            values += (row_key(lane, seq), head, sealed)
            size += len(head) + len(sealed)
        return Rows(ground, before, numbers, values, size)

    def heads(self, rows: Rows) -> Heads:
        return Heads(self, rows.ground, rows.before)

    def head(self, index: int, ground: Ground, before: Mapping[Lane, int]) -> Envelope:
        event = self.events[index]
        lane = event.label.lane
        seq = before[lane] + sum(1 for each in self.events[: index + 1] if each.label.lane is lane)
        place: dict[str, Any] = {"bear": ground.bear, "epoch": ground.epoch, "lane": lane, "seq": seq}
        when: dict[str, Any] = {
            "boot": self._boot,
            "monotonic_us": self._monotonic_us,
            "wall_ms": self._wall_ms,
            "synchronised": ground.synchronised,
        }
        return stencil(type(event), self._context).envelope(place, when)


class Heads(Sequence[Envelope]):
    """The envelopes of what was recorded together. Each is made when somebody looks at it."""

    def __init__(self, draft: Draft, ground: Ground, before: Mapping[Lane, int]) -> None:
        self._draft = draft
        self._ground = ground
        self._before = before  # the last number of each lane before them

    def __len__(self) -> int:
        return len(self._draft.events)

    @overload
    def __getitem__(self, index: int) -> Envelope: ...

    @overload
    def __getitem__(self, index: slice) -> list[Envelope]: ...

    def __getitem__(self, index: int | slice) -> Envelope | list[Envelope]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        return self._draft.head(range(len(self))[index], self._ground, self._before)
