"""A store that ends with the process: for tests, for talks that leave nothing, for brief scopes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

from teddy_shared.errors import Conflict
from teddy_shared.state.chain import GENESIS, linked
from teddy_shared.state.scopes import Scope
from teddy_shared.state.store import AUDIT_KEPT, Change, Row, Slot, Span, Stamp, Verb


@dataclass(frozen=True, slots=True)
class _Kept:
    row: Row
    expires: float | None

    def past(self, now: float) -> bool:
        return self.expires is not None and self.expires <= now


class MemoryStore:
    """No method awaits anything, so each is one transaction by itself."""

    def __init__(self, *, audit_kept: int = AUDIT_KEPT) -> None:
        self._kept: dict[Slot, _Kept] = {}
        self._audit: deque[Change] = deque()
        self._audit_kept = audit_kept
        self._before = self._end = GENESIS
        self._listeners: list[Callable[[Change], None]] = []

    async def get(self, slot: Slot, *, now: float) -> Row | None:
        kept = self._kept.get(slot)
        return None if kept is None or kept.past(now) else kept.row

    async def put(
        self, slot: Slot, value: bytes, *, stamp: Stamp, expires: float | None, expected: int | None
    ) -> int:
        if expected is not None:
            kept = self._kept.get(slot)
            found = 0 if kept is None or kept.past(stamp.when) else kept.row.version
            if found != expected:
                raise Conflict(slot.name, expected, found)
        version = self._end.number + 1
        self._kept[slot] = _Kept(Row(value, version), expires)
        self._note(slot, Verb.WRITTEN, stamp)
        return version

    async def delete(self, slot: Slot, *, stamp: Stamp) -> bool:
        if self._kept.pop(slot, None) is None:
            return False
        self._note(slot, Verb.FORGOTTEN, stamp)
        return True

    async def end(self, scope: Scope, owner: str, *, stamp: Stamp) -> None:
        self._drop([slot for slot in self._kept if slot[:2] == (scope, owner)], Verb.ENDED, stamp)

    async def expire(self, *, stamp: Stamp) -> int:
        past = [slot for slot, kept in self._kept.items() if kept.past(stamp.when)]
        self._drop(past, Verb.EXPIRED, stamp)
        return len(past)

    async def audit(self, *, after: int, limit: int) -> Sequence[Change]:
        return list(islice((change for change in self._audit if change.number > after), limit))

    async def span(self) -> Span:
        return Span(self._before, self._end)

    def tell(self, listener: Callable[[Change], None]) -> None:
        self._listeners.append(listener)

    def _drop(self, slots: list[Slot], verb: Verb, stamp: Stamp) -> None:
        for slot in slots:
            del self._kept[slot]
            self._note(slot, verb, stamp)

    def _note(self, slot: Slot, verb: Verb, stamp: Stamp) -> None:
        change = linked(self._end, slot, verb, stamp)
        self._end = change.link
        self._audit.append(change)
        if len(self._audit) > self._audit_kept:
            self._before = self._audit.popleft().link
        for listener in self._listeners:
            listener(change)
