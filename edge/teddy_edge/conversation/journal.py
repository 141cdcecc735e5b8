"""Writes what happened in a turn into the outbox, and keeps talking when it can't."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from teddy_edge.conversation.generation import Generations
from teddy_edge.conversation.report import Recorded
from teddy_edge.outbox.entry import Context
from teddy_shared.ages import AgeBand
from teddy_shared.envelope import Envelope, ProfileId
from teddy_shared.errors import TeddyError
from teddy_shared.events import Event
from teddy_shared.logs import log
from teddy_shared.tracing import Trace


@dataclass(frozen=True, slots=True)
class Turn:
    """Which turn this is and whose; goes with everything the turn produces."""

    id: str
    generation: int
    trace: Trace
    band: AgeBand
    profile: ProfileId | None
    decided_at: float  # seconds on the monotonic clock, when the child's turn was taken to be over


class Events(Protocol):
    """Where events become durable; the outbox is one."""

    async def append(
        self, event: Event, context: Context, *, still_wanted: Callable[[], bool] | None = None
    ) -> Envelope:
        """Returns when the event is on disk. Raises TeddyError where it can't be.

        `still_wanted` is asked at the last moment before the write, from whatever thread writes.
        """


class Journal:
    """Records a turn's events and remembers them for its report."""

    def __init__(self, *, events: Events, generations: Generations) -> None:
        self._events = events
        self._generations = generations

    async def record(self, turn: Turn, event: Event, *, even_if_stale: bool = False) -> Recorded | None:
        """None where the event could not be kept: the loss is logged, the talk goes on.

        What an interrupted turn would still have done is not recorded; how it ended is.
        """
        context = Context(
            turn=turn.id,
            generation=turn.generation,
            profile=turn.profile,
            age_band=turn.band,
            correlation=turn.id,
            traceparent=turn.trace.traceparent,
        )
        try:
            envelope = await self._events.append(
                event,
                context,
                still_wanted=None if even_if_stale else lambda: self._generations.is_current(turn.generation),
            )
            return Recorded(envelope, event)
        except TeddyError as error:
            # A full or broken card must not silence the bear; what was lost is named, not hidden.
            log("journal").error("event not recorded", type=event.label.type, reason=str(error), turn=turn.id)
            return None
