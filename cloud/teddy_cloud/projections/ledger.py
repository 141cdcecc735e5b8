"""Who did what and who looked at what: a page a day of each bear, a line for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from teddy_cloud.eventstore.own import is_own
from teddy_cloud.projections.readmodels import Cell
from teddy_shared.envelope import BearId, Envelope
from teddy_shared.events import ActionTaken, ChildErased, Event, QueryAsked


class LedgerLine(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    wall_ms: int
    verb: Literal["did", "looked"]
    what: str  # the name of a command or a query
    who: str  # a role and a digest
    outcome: str = ""  # of a command
    trace: str | None = None  # by which its log lines are found


class Ledger:
    """The projection, of the cloud's own streams alone: what a bear says of this kind is nobody's deed.

    Nothing in it is about a child, so it outlives an erasure.
    """

    name: Final = "ledger"
    types: Final = frozenset({QueryAsked.label.type, ActionTaken.label.type, ChildErased.label.type})

    def touches(self, head: Envelope) -> Iterable[Cell]:
        return [_cell(head)] if is_own(head.place.epoch) else []

    def apply(
        self, before: Mapping[Cell, bytes], head: Envelope, event: Event | None
    ) -> Mapping[Cell, bytes]:
        line = _told(head, event)
        if line is None:
            return {}
        return {cell: line.model_dump_json().encode() for cell in self.touches(head) if cell not in before}


def days_back(wall_ms: int, days: int) -> Sequence[str]:
    """The pages of so many days up to this moment, oldest first."""
    today = datetime.fromtimestamp(wall_ms / 1000, UTC).date()
    return [(today - timedelta(days=back)).isoformat() for back in reversed(range(days))]


def lines_of(pages: Iterable[Mapping[str, bytes]]) -> Sequence[LedgerLine]:
    """Newest last."""
    lines = [LedgerLine.model_validate_json(line) for page in pages for line in page.values()]
    return sorted(lines, key=lambda line: line.wall_ms)


def _told(head: Envelope, event: Event | None) -> LedgerLine | None:
    trace = None if head.traceparent is None else head.traceparent.split("-")[1]
    match event:
        case ActionTaken(action=what, who=who, outcome=outcome):
            return LedgerLine(
                wall_ms=head.when.wall_ms, verb="did", what=what, who=who, outcome=outcome, trace=trace
            )
        case ChildErased(who=who, bear=bear):
            said = f"receipt, bear {bear}"
            return LedgerLine(wall_ms=head.when.wall_ms, verb="did", what=head.type, who=who, outcome=said)
        case QueryAsked(query=what, who=who):
            return LedgerLine(wall_ms=head.when.wall_ms, verb="looked", what=what, who=who, trace=trace)
    return None


def _cell(head: Envelope) -> Cell:
    place = head.place
    day = datetime.fromtimestamp(head.when.wall_ms / 1000, UTC).date().isoformat()
    return Cell(BearId(place.bear), day, f"{place.epoch}-{int(place.lane)}-{place.seq}")
