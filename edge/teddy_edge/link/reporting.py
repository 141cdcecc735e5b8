"""How the bear is, told when the cloud asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from teddy_edge.outbox.entry import NO_TURN, Context, Mark
from teddy_shared.commands import ReportHealth
from teddy_shared.envelope import Lane
from teddy_shared.events import BearReported, Event, Healed


class Recorded(Protocol):
    """The outbox, as a report sees it."""

    def marks(self) -> Mapping[Lane, Mark]: ...

    async def append(self, event: Event, context: Context) -> Any: ...


class Reporting:
    def __init__(self, *, software: str, outbox: Recorded, healed: Callable[[], Sequence[Healed]]) -> None:
        self._software = software
        self._outbox = outbox
        self._healed = healed

    async def report(self, _: ReportHealth) -> None:
        """Raises OutboxError."""
        waiting = {lane: mark.last - mark.acked for lane, mark in self._outbox.marks().items()}
        event = BearReported(software=self._software, waiting=waiting, healed=tuple(self._healed()))
        await self._outbox.append(event, NO_TURN)
