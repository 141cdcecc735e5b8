"""How each bear is: there or away, what it runs and obeys, its alerts, and what of its events is gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from pydantic import BaseModel, ConfigDict

from teddy_cloud.eventstore.presence import OFFLINE, ONLINE, UNHEARD
from teddy_cloud.projections.readmodels import Cell
from teddy_shared.envelope import UNREADABLE, WITHHELD, BearId, Envelope, Lane
from teddy_shared.events import (
    BearReported,
    BearStarted,
    BearStopped,
    Event,
    EventsDropped,
    SafetyAlertRaised,
    SettingsObeyed,
)

STATE: Final = "state"  # the page of one line that says how the bear is
ALERTS: Final = "alerts"  # the page with a line for each alert


class BearState(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    online: bool = False
    boot: str | None = None  # the start of the bear that is, or last was, online
    since_wall_ms: int | None = None  # when it came or went
    last_seen_wall_ms: int | None = None
    software: str | None = None
    healed: tuple[str, ...] = ()  # which of its parts were mended when it last started, or since
    waiting: dict[Lane, int] = {}  # events that it had not brought up when it last reported
    settings_version: int | None = None  # of the settings document that the bear obeys
    dropped: dict[Lane, int] = {}  # events of each lane that gave way on a full bear
    unreadable: int = 0  # events that the bear itself could no longer read
    withheld: int = 0  # events that the family had not granted


class Alert(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    category: str
    advice: str
    wall_ms: int


class Bears:
    """The projection."""

    name: Final = "bears"
    types: Final = frozenset(
        {
            ONLINE,
            OFFLINE,
            UNHEARD,
            UNREADABLE,
            WITHHELD,
            EventsDropped.label.type,
            BearStarted.label.type,
            BearStopped.label.type,
            BearReported.label.type,
            SafetyAlertRaised.label.type,
            SettingsObeyed.label.type,
        }
    )

    def touches(self, head: Envelope) -> Iterable[Cell]:
        return [_state_cell(head)]

    def apply(
        self, before: Mapping[Cell, bytes], head: Envelope, event: Event | None
    ) -> Mapping[Cell, bytes]:
        cell = _state_cell(head)
        known = BearState.model_validate_json(before[cell]) if cell in before else BearState()
        cells = {cell: _told(known, head, event).model_dump_json().encode()}
        if isinstance(event, SafetyAlertRaised):
            place = head.place
            line = f"{place.epoch}-{int(place.lane)}-{place.seq}"
            alert = Alert(category=event.category, advice=event.advice, wall_ms=head.when.wall_ms)
            cells[Cell(BearId(place.bear), ALERTS, line)] = alert.model_dump_json().encode()
        return cells


def state_of(page: Mapping[str, bytes]) -> BearState:
    """A bear that was never heard of is offline."""
    return BearState.model_validate_json(page[STATE]) if STATE in page else BearState()


def alerts_of(page: Mapping[str, bytes]) -> Sequence[Alert]:
    """Newest first."""
    alerts = [Alert.model_validate_json(line) for line in page.values()]
    return sorted(alerts, key=lambda alert: alert.wall_ms, reverse=True)


def _told(known: BearState, head: Envelope, event: Event | None) -> BearState:
    now = head.when.wall_ms
    if head.type == UNHEARD:
        return known.model_copy(update={"online": False, "since_wall_ms": now}) if known.online else known
    if head.type == UNREADABLE:  # the damage took the time away as well
        return known.model_copy(update={"unreadable": known.unreadable + 1})
    new: dict[str, object] = {"last_seen_wall_ms": max(now, known.last_seen_wall_ms or now)}
    match event:
        case None if head.type == WITHHELD:
            new |= {"withheld": known.withheld + 1}
        case EventsDropped(count=count):
            lane = head.place.lane
            new |= {"dropped": {**known.dropped, lane: known.dropped.get(lane, 0) + count}}
        case None if head.type == ONLINE:
            since = known.since_wall_ms if known.online and known.boot == head.when.boot else now
            new |= {"online": True, "boot": head.when.boot, "since_wall_ms": since}
        case None if head.type == OFFLINE and known.online and known.boot == head.when.boot:
            # The last will of an earlier start may come after the hello of this one.
            new |= {"online": False, "since_wall_ms": now}
        case BearStarted():
            new |= {"software": event.software, "healed": tuple(each.part for each in event.healed)}
        case BearReported():
            healed = tuple(each.part for each in event.healed)
            new |= {"software": event.software, "healed": healed, "waiting": event.waiting}
        case SettingsObeyed(settings_version=version):
            new |= {"settings_version": version}
    return known.model_copy(update=new)


def _state_cell(head: Envelope) -> Cell:
    return Cell(BearId(head.place.bear), STATE, STATE)
