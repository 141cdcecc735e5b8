"""Answers that may be given again: for a while, bounded, and only until their bear changes."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final

from teddy_shared.envelope import BearId

LIFETIME: Final = 300.0  # seconds
ROOM: Final = 4096  # answers; the one that was not asked for longest gives way


@dataclass(frozen=True, slots=True)
class Kept:
    value: object
    bear: BearId
    until: float


@dataclass(slots=True, eq=False)
class Ticket:
    """An answer that is being made. What changed meanwhile may not be in it."""

    bear: BearId
    stale: bool = False


class Cache:
    """Closed until somebody watches for changes, and whenever nobody does. Pure: time is handed in."""

    def __init__(self, *, lifetime: float = LIFETIME, room: int = ROOM) -> None:
        self._lifetime = lifetime
        self._room = room
        self._open = False
        self._kept: OrderedDict[Hashable, Kept] = OrderedDict()
        self._of_bear: defaultdict[BearId, set[Hashable]] = defaultdict(set)
        self._tickets: defaultdict[BearId, set[Ticket]] = defaultdict(set)  # as many as callers wait

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, key: Hashable, now: float) -> Kept | None:
        kept = self._kept.get(key)
        if kept is None:
            return None
        if kept.until <= now:
            self._drop(key)
            return None
        self._kept.move_to_end(key)
        return kept

    def begin(self, bear: BearId) -> Ticket:
        """Before an answer is made; `end` must follow."""
        ticket = Ticket(bear, stale=not self._open)
        self._tickets[bear].add(ticket)
        return ticket

    def keep(self, key: Hashable, value: object, ticket: Ticket, now: float) -> None:
        """Nothing is kept where the bear changed since the ticket."""
        if ticket.stale:
            return
        self._drop(key)
        self._kept[key] = Kept(value, ticket.bear, now + self._lifetime)
        self._of_bear[ticket.bear].add(key)
        if len(self._kept) > self._room:
            self._drop(next(iter(self._kept)))

    def end(self, ticket: Ticket) -> None:
        waiting = self._tickets[ticket.bear]
        waiting.discard(ticket)
        if not waiting:
            del self._tickets[ticket.bear]

    def changed(self, bear: BearId) -> None:
        for key in tuple(self._of_bear.get(bear, ())):
            self._drop(key)
        for ticket in self._tickets.get(bear, ()):
            ticket.stale = True

    def open(self) -> None:
        """From now on every change is told."""
        self._open = True

    def close(self) -> None:
        """Changes may be missed from now on, so nothing is true any more."""
        self._open = False
        self._kept.clear()
        self._of_bear.clear()
        for tickets in self._tickets.values():
            for ticket in tickets:
                ticket.stale = True

    def _drop(self, key: Hashable) -> None:
        kept = self._kept.pop(key, None)
        if kept is None:
            return
        keys = self._of_bear[kept.bear]
        keys.discard(key)
        if not keys:
            del self._of_bear[kept.bear]
