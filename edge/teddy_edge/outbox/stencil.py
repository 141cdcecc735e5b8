"""The heads of events, written around parts that stay the same: a head costs a few joined strings.

Validating a head, then dumping it, took more time for each event than sealing and storing it.
"""

from __future__ import annotations

from typing import Any, Final, TypeVar

from pydantic import BaseModel

from teddy_edge.outbox.entry import Context
from teddy_shared.codec import encode_head
from teddy_shared.envelope import Envelope, Lane, Place, When
from teddy_shared.events import Event

M = TypeVar("M", bound=BaseModel)

_set: Final = object.__setattr__
_PLACE: Final = Place(bear="x", epoch="x", lane=Lane.SAFETY, seq=1)
_WHEN: Final = When(boot="x", monotonic_us=0, wall_ms=0, synchronised=False)


class Stencil:
    """Heads of one kind of event in one context."""

    __slots__ = ("_fields", "between", "rest")

    def __init__(self, *, between: str, rest: str, fields: dict[str, Any]) -> None:
        self.between = between  # of the JSON: between place and time
        self.rest = rest  # and behind the time
        self._fields = fields

    def envelope(self, place: Place, when: When) -> Envelope:
        return typed(Envelope, {**self._fields, "place": place, "when": when})


class Stencils(dict[type[Event], Stencil]):
    """Of one context, each cut when it is first needed. Raises ValidationError where no envelope takes it."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context

    def __missing__(self, kind: type[Event]) -> Stencil:
        stencil = self[kind] = _cut(kind, self.context)
        return stencil


def _cut(kind: type[Event], context: Context) -> Stencil:
    """From what `encode_head` writes."""
    label = kind.label
    fields: dict[str, Any] = {
        "type": label.type,
        "version": label.version,
        "kind": label.kind,
        "purpose": label.purpose,
        "turn": context.turn,
        "generation": context.generation,
        "profile": context.profile,
        "age_band": context.age_band,
        "correlation": context.correlation,
        "causation": context.causation,
        "traceparent": context.traceparent,
    }
    sample = Envelope(place=_PLACE, when=_WHEN, **fields)
    text = encode_head(sample).decode()
    behind_place = text.removeprefix(f'{{"place":{_PLACE.model_dump_json()}')
    between, rest = behind_place.split(f',"when":{_WHEN.model_dump_json()}', 1)
    return Stencil(between=between, rest=rest, fields=dict(sample))


def typed(model: type[M], fields: dict[str, Any]) -> M:
    """A frozen model of values that have been validated before, all of them given: as validation makes it.

    Of an append that is awaited alone, validating its envelope again is a twentieth of the time.
    """
    made = object.__new__(model)
    _set(made, "__dict__", fields)
    _set(made, "__pydantic_fields_set__", set(fields))
    _set(made, "__pydantic_extra__", None)
    _set(made, "__pydantic_private__", None)
    return made
