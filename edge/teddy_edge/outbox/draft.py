"""Events on their way into the outbox: rows for the card, and heads for whoever recorded them.

Every microsecond here stands between an event and its commit, so what can be known before is kept ready.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, overload

from teddy_edge.outbox.entry import LARGEST_EVENT, OWNER
from teddy_edge.outbox.errors import EventTooLarge
from teddy_edge.outbox.stencil import Stencil, Stencils, typed
from teddy_shared.envelope import BearId, Envelope, Lane, Place, When
from teddy_shared.errors import KeyErased
from teddy_shared.events import Event, to_bytes
from teddy_shared.seal import OwnerSeal

LANE_BITS: Final = (
    48  # of a row's key below the lane: numbers enough for a thousand events a second, for ever
)


def row_key(lane: Lane, seq: int) -> int:
    """Rows of a lane lie side by side, in order."""
    return int(lane) << LANE_BITS | seq


class Ground:
    """What rows are written on. Where it was replaced meanwhile, they are written anew."""

    __slots__ = ("bear", "epoch", "heads", "seal", "seals", "synchronised", "when")

    def __init__(self, *, bear: BearId, epoch: str, seal: OwnerSeal | None, synchronised: bool) -> None:
        self.bear = bear
        self.epoch = epoch
        self.seal = seal  # none where there is no key, or nobody has asked for it yet
        self.synchronised = synchronised  # whether the wall clock was set from the network
        Place(bear=bear, epoch=epoch, lane=Lane.SAFETY, seq=1)  # raises ValidationError
        # By lane: how a head begins, and what a payload is bound to, both up to the number.
        self.heads = tuple(
            f'{{"place":{{"bear":"{bear}","epoch":"{epoch}","lane":{int(lane)},"seq":' for lane in Lane
        )
        self.seals = tuple(f"{bear}/{epoch}/{int(lane)}/" for lane in Lane)
        self.when = f'"synchronised":{"true" if synchronised else "false"}}}'

    def at(self, epoch: str) -> Ground:
        return Ground(bear=self.bear, epoch=epoch, seal=self.seal, synchronised=self.synchronised)


Numbers = tuple[int, ...]
"""One for each lane, in their order."""


class Rows(NamedTuple):
    """Events with their numbers, ready for the card."""

    ground: Ground
    before: Numbers  # the last ones before them
    after: Numbers
    values: list[int | str | bytearray]  # key, head and sealed payload of each, one behind the other
    size: int  # bytes


class Draft:
    """What was recorded together, before it has numbers. Raises EventTooLarge."""

    __slots__ = (
        "_boot",
        "_lanes",
        "_monotonic_us",
        "_payloads",
        "_stencils",
        "_wall_ms",
        "events",
        "urgency",
    )

    def __init__(
        self, events: Sequence[Event], stencils: Stencils, *, boot: str, at: float, wall: float
    ) -> None:
        """`at` in seconds since the process began, `wall` since 1970."""
        self.events = events
        self._lanes: list[Lane] = []
        self._payloads: list[bytes] = []
        self._stencils: list[Stencil] = []
        for event in events:
            label, payload = event.label, to_bytes(event)
            if len(payload) > LARGEST_EVENT:
                raise EventTooLarge(label.type, len(payload), LARGEST_EVENT)
            self._lanes.append(label.lane)
            self._payloads.append(payload)
            self._stencils.append(stencils[type(event)])
        self.urgency = min(self._lanes)  # of the most urgent
        self._boot = boot
        self._monotonic_us = max(0, int(at * 1_000_000))
        self._wall_ms = int(wall * 1000)

    def rows(self, ground: Ground, before: Numbers) -> Rows:
        """Behind the last number of each lane. Raises KeyErased."""
        if ground.seal is None:
            raise KeyErased(OWNER)
        seal = ground.seal.seal
        when = (
            f'"when":{{"boot":"{self._boot}","monotonic_us":{self._monotonic_us},"wall_ms":{self._wall_ms},'
            f"{ground.when}"
        )
        numbers = list(before)
        values: list[int | str | bytearray] = []
        size = 0
        for lane, payload, stencil in zip(self._lanes, self._payloads, self._stencils, strict=True):
            seq = numbers[lane] = numbers[lane] + 1
            head = f"{ground.heads[lane]}{seq}}}{stencil.between},{when}{stencil.rest}"
            # sqlite3 binds text and bytearrays five times as fast as bytes, for which it seeks an adapter.
            sealed = bytearray(seal(payload, f"{ground.seals[lane]}{seq}".encode()))
            values += (lane << LANE_BITS | seq, head, sealed)
            size += len(head) + len(sealed)
        return Rows(ground, before, tuple(numbers), values, size)

    def only_head(self, rows: Rows) -> Envelope:
        """Where it is of one event."""
        return self.head(0, rows.ground, rows.after[self._lanes[0]])

    def heads(self, rows: Rows) -> Heads:
        return Heads(self, rows.ground, rows.before)

    def numbers(self, before: Numbers) -> list[int]:
        """Of each of its events, behind the last number of each lane."""
        last = list(before)
        numbers = []
        for lane in self._lanes:
            last[lane] += 1
            numbers.append(last[lane])
        return numbers

    def after(self, before: Numbers) -> Numbers:
        """The last number of each lane behind it."""
        last = list(before)
        for lane in self._lanes:
            last[lane] += 1
        return tuple(last)

    def head(self, index: int, ground: Ground, seq: int) -> Envelope:
        fields = {"bear": ground.bear, "epoch": ground.epoch, "lane": self._lanes[index], "seq": seq}
        when = {
            "boot": self._boot,
            "monotonic_us": self._monotonic_us,
            "wall_ms": self._wall_ms,
            "synchronised": ground.synchronised,
        }
        return self._stencils[index].envelope(typed(Place, fields), typed(When, when))


class Heads(Sequence[Envelope]):
    """The envelopes of what was recorded together. Each is made when somebody looks at it."""

    def __init__(self, draft: Draft, ground: Ground, before: Numbers) -> None:
        self._draft = draft
        self._ground = ground
        self._numbers = draft.numbers(before)

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, index: int) -> Envelope: ...

    @overload
    def __getitem__(self, index: slice) -> list[Envelope]: ...

    def __getitem__(self, index: int | slice) -> Envelope | list[Envelope]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        which = range(len(self))[index]
        return self._draft.head(which, self._ground, self._numbers[which])
