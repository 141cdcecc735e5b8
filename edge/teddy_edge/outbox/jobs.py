"""What the loop hands to the outbox's thread."""

from __future__ import annotations

from asyncio import AbstractEventLoop
from collections.abc import Callable
from typing import Any, TypeVar

from teddy_edge.outbox.draft import Draft, Rows
from teddy_edge.outbox.ledger import Ledger
from teddy_edge.outbox.writer import Job
from teddy_shared.envelope import Lane

T = TypeVar("T")


class Task(Job[T]):
    """A piece of work within a transaction."""

    __slots__ = ("_call", "now")

    def __init__(self, call: Callable[[Ledger], T], now: float, loop: AbstractEventLoop) -> None:
        super().__init__(loop)
        self._call = call
        self.now = now  # monotonic, as it was handed over

    def do(self, ledger: Ledger) -> T:
        ledger.begin()
        return self._call(ledger)


class Reading(Task[T]):
    """One that changes nothing, and so goes on where the card takes nothing."""

    __slots__ = ()

    def do(self, ledger: Ledger) -> T:
        ledger.read()
        return self._call(ledger)


class Append(Job[Rows]):
    """Events to be recorded, and their rows, if they could be made ready."""

    __slots__ = ("_still_wanted", "draft", "now", "rows")

    def __init__(
        self, draft: Draft, still_wanted: Callable[[], bool] | None, now: float, loop: AbstractEventLoop
    ) -> None:
        super().__init__(loop, len(draft.events))
        self.draft = draft
        self.rows: Rows | None = None
        self.now = now
        self._still_wanted = still_wanted

    def do(self, ledger: Ledger) -> Rows:
        return ledger.place(self.draft, self.rows, self._still_wanted)


class Acknowledgement(Task[None]):
    """Holds in memory where the card takes nothing: lost with the power, it comes again from the cloud."""

    __slots__ = ("epoch", "lane", "mark")

    def __init__(self, lane: Lane, mark: int, epoch: str, now: float, loop: AbstractEventLoop) -> None:
        super().__init__(lambda ledger: ledger.acknowledge(lane, mark, epoch), now, loop)
        self.lane = lane
        self.mark = mark
        self.epoch = epoch


Work = Append | Task[Any]
