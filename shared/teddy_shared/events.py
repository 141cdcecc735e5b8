"""What happened: one frozen class an event, its name, version, kind, lane and purpose.

Released fields never change their meaning; a change is a new version with an upcaster, and a sample of
each released version stands in tests/data/events. No field here holds a child's words.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from teddy_shared.commands import Order
from teddy_shared.envelope import GAP, Kind, Lane, Name
from teddy_shared.errors import MalformedEvent
from teddy_shared.purposes import Purpose
from teddy_shared.upcasting import upcast

Milliseconds = Annotated[int, Field(ge=0)]


@dataclass(frozen=True, slots=True)
class Label:
    """How an event class appears on the wire."""

    type: str
    kind: Kind
    lane: Lane
    purpose: Purpose
    version: int = 1


class Event(BaseModel):
    """What every event class is: frozen, whole, and labelled."""

    # Infinity and NaN have no JSON: they would be written as null, and the cloud could not read it.
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)
    label: ClassVar[Label]


class Healed(BaseModel):
    """A part of the bear that was set aside or mended while it started."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    part: str  # outbox or state
    reason: str  # a sentence for an operator


class BearStarted(Event):
    """The bear's process came up and listens."""

    label = Label("bear.started", Kind.SYSTEM, Lane.INTERACTION, Purpose.DEVICE, version=2)
    software: str
    healed: tuple[Healed, ...] = ()


class BearStopped(Event):
    """The bear went down in order."""

    label = Label("bear.stopped", Kind.SYSTEM, Lane.INTERACTION, Purpose.DEVICE)


class TurnBegun(Event):
    """A child said something to the bear. Recorded before the bear answers."""

    label = Label("turn.begun", Kind.DOMAIN, Lane.INTERACTION, Purpose.ACTIVITY)
    speech_ms: Milliseconds


Outcome = Literal["answered", "asked_back", "interrupted", "failed"]


class TurnEnded(Event):
    """The bear has answered, or was interrupted, or could not."""

    label = Label("turn.ended", Kind.DOMAIN, Lane.INTERACTION, Purpose.ACTIVITY)
    topic: str
    skill: str
    verdict: str
    outcome: Outcome
    speech_ms: Milliseconds  # how long the child spoke
    reply_ms: Milliseconds  # how much of the answer was heard
    stages_ms: dict[str, float]
    first_sound_ms: float | None = None  # from end-of-turn decision to the first audible sample
    from_last_sample_ms: float | None = None  # from the last sample of speech to the first audible sample


class SafetyAlertRaised(Event):
    """A child may need help. Says what kind and what to do, never what was said."""

    label = Label("safety.alert_raised", Kind.DOMAIN, Lane.SAFETY, Purpose.SAFETY)
    category: str
    advice: str


class SettingsObeyed(Event):
    """The bear took over a settings document."""

    label = Label("bear.settings_obeyed", Kind.SYSTEM, Lane.INTERACTION, Purpose.DEVICE)
    settings_version: int


class BearReported(Event):
    """How the bear is, told because the cloud asked."""

    # In the lane of the order's ending, so that whoever sees that it is done sees the report too.
    label = Label("bear.reported", Kind.SYSTEM, Lane.INTERACTION, Purpose.DEVICE)
    software: str
    waiting: dict[Lane, Annotated[int, Field(ge=0)]]  # events that the cloud has not acknowledged yet
    healed: tuple[Healed, ...] = ()  # since the bear started, and while it did


class EventsDropped(Event):
    """Space ran out on the bear: so many events of this lane gave way. Stands where they stood."""

    label = Label(GAP, Kind.SYSTEM, Lane.TELEMETRY, Purpose.DEVICE)  # in truth, in the lane that it replaces
    first: Annotated[int, Field(ge=1)]  # the lowest number that is gone; the envelope names the highest
    count: Annotated[int, Field(ge=1)]


Ending = Literal["done", "refused", "expired", "interrupted"]


class CommandEnded(Event):
    """What became of a command of the cloud. Each ends once; `interrupted`: begun, and the power went."""

    label = Label("command.ended", Kind.INTEGRATION, Lane.INTERACTION, Purpose.DEVICE)
    command: str  # its id
    type: str
    ending: Ending
    reason: str = ""  # for an operator; never a child's words


class CommandIssued(Event):
    """The cloud wants something done by a bear. Of the cloud's own stream `cloud-orders`."""

    label = Label("command.issued", Kind.COMMAND, Lane.INTERACTION, Purpose.DEVICE)
    order: Order


class QueryAsked(Event):
    """Somebody looked at what is kept about a family. Of the cloud's own stream `cloud-queries`."""

    label = Label("query.asked", Kind.QUERY, Lane.BULK, Purpose.DEVICE)
    query: str
    who: str  # a role and a digest, never an address


class ActionTaken(Event):
    """Somebody did something in the cloud. Of the cloud's own stream `cloud-audit`."""

    label = Label("audit.action_taken", Kind.AUDIT, Lane.BULK, Purpose.DEVICE)
    action: str
    who: str  # a role and a digest, never an address
    outcome: Literal["done", "refused", "failed"]


class ChildErased(Event):
    """The receipt: nothing that was known about this child can be read any more. A second tells of the bear.

    Of a stream of the cloud's own for this erasure alone.
    """

    label = Label("audit.child_erased", Kind.AUDIT, Lane.BULK, Purpose.DEVICE)
    profile: Name
    who: str  # asked for it: a role and a digest, never an address
    asked_wall_ms: int
    erased_wall_ms: int
    pages: Annotated[int, Field(ge=0)]  # of read models, taken away
    letters: Annotated[int, Field(ge=0)]  # dead letters, taken away
    events: Annotated[int, Field(ge=0)]  # stored ones that no key opens any more
    bear: (
        Ending | Literal["waiting", "silent"]
    )  # what the bear said of its own copy; silent: it never came back
    digest: str  # of all that stands above


EVENTS: Final[dict[str, type[Event]]] = {
    event.label.type: event
    for event in (
        BearStarted,
        BearStopped,
        TurnBegun,
        TurnEnded,
        SafetyAlertRaised,
        SettingsObeyed,
        BearReported,
        EventsDropped,
        CommandEnded,
        CommandIssued,
        QueryAsked,
        ActionTaken,
        ChildErased,
    )
}


def to_bytes(event: Event) -> bytes:
    """The payload of an event: one line of JSON."""
    return event.__pydantic_serializer__.to_json(event)  # what model_dump_json does, without a detour as str


def from_bytes(type_: str, version: int, payload: bytes) -> Event | None:
    """The event in a payload; None for a type or version that this release does not know yet.

    An older version comes up to the newest. Raises MalformedEvent where the type is known and the payload
    does not fit it.
    """
    known = EVENTS.get(type_)
    if known is None or version > known.label.version:
        return None
    newest = payload if version == known.label.version else _brought_up(known.label, version, payload)
    try:
        return known.model_validate_json(newest)
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, e["loc"])) for e in error.errors()[:3])
        raise MalformedEvent(payload, f"{type_} does not fit: {fields}") from None


def _brought_up(label: Label, version: int, payload: bytes) -> bytes:
    try:
        fields = json.loads(payload)
        return json.dumps(upcast(label.type, fields, since=version, to=label.version)).encode()
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError):  # it was never one
        raise MalformedEvent(payload, f"{label.type} is not what its version {version} was") from None


__all__ = [
    "EVENTS",
    "ActionTaken",
    "BearReported",
    "BearStarted",
    "BearStopped",
    "ChildErased",
    "CommandEnded",
    "CommandIssued",
    "Ending",
    "Event",
    "EventsDropped",
    "Healed",
    "Label",
    "Outcome",
    "QueryAsked",
    "SafetyAlertRaised",
    "SettingsObeyed",
    "TurnBegun",
    "TurnEnded",
    "from_bytes",
    "to_bytes",
]
