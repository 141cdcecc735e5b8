"""Who did what and who looked at what, as events of the cloud's own streams."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

from teddy_cloud.bus.callers import Caller
from teddy_cloud.eventstore.own import AUDIT, QUERIES, write_own
from teddy_cloud.eventstore.store import EventStore
from teddy_shared.clock import Clock
from teddy_shared.envelope import BearId
from teddy_shared.errors import KeyErased
from teddy_shared.events import ActionTaken, Event, QueryAsked
from teddy_shared.logs import log
from teddy_shared.seal import Seal

Outcome = Literal["done", "refused", "failed"]

_log = log("bus")


class Records:
    """`owner_of` names the key that seals what is recorded about a bear: it outlives its child's."""

    def __init__(
        self, *, store: EventStore, seal: Seal, clock: Clock, owner_of: Callable[[BearId], str]
    ) -> None:
        self._store = store
        self._seal = seal
        self._clock = clock
        self._owner_of = owner_of

    async def acted(
        self,
        caller: Caller,
        action: str,
        bear: BearId,
        outcome: Outcome,
        *,
        correlation: str | None = None,
        traceparent: str | None = None,
    ) -> None:
        """Raises LinkError."""
        event = ActionTaken(action=action, who=caller.who, outcome=outcome)
        with _unless_unknown(bear):
            await self.told(AUDIT, bear, event, correlation=correlation, traceparent=traceparent)

    async def looked(
        self, caller: Caller, query: str, bear: BearId, *, traceparent: str | None = None
    ) -> None:
        """Raises LinkError."""
        with _unless_unknown(bear):
            await self.told(QUERIES, bear, QueryAsked(query=query, who=caller.who), traceparent=traceparent)

    async def told(
        self,
        stream: str,
        bear: BearId,
        event: Event,
        *,
        expected: int | None = None,
        correlation: str | None = None,
        traceparent: str | None = None,
    ) -> None:
        """Any other event about a bear. Raises LinkError; Conflict, KeyErased."""
        await write_own(
            store=self._store,
            seal=self._seal,
            clock=self._clock,
            subject=bear,
            stream=stream,
            event=event,
            owner=self._owner_of(bear),
            expected=expected,
            correlation=correlation,
            traceparent=traceparent,
        )


@contextmanager
def _unless_unknown(bear: BearId) -> Iterator[None]:
    """Where no family owns a bear of this name, there is no one to tell."""
    try:
        yield
    except KeyErased:
        _log.warning("not recorded: no such bear", bear=bear)
