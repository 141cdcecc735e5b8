"""The heads of events, written around parts that stay the same: a head costs a few joined strings.

Validating a head, then dumping it, took more time for each event than sealing and storing it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from teddy_edge.outbox.entry import Context
from teddy_shared.codec import encode_head
from teddy_shared.envelope import BearId, Envelope, Lane, Place, When
from teddy_shared.events import Event

_PLACE: Final = Place(bear="x", epoch="x", lane=Lane.SAFETY, seq=1)
_WHEN: Final = When(boot="x", monotonic_us=0, wall_ms=0, synchronised=False)


class Stencil:
    """Heads of one kind of event in one context. What it writes is what `encode_head` would write."""

    __slots__ = ("_between", "_fields", "_rest")

    def __init__(self, *, between: str, rest: str, fields: dict[str, Any]) -> None:
        self._between = between
        self._rest = rest
        self._fields = fields

    def text(self, place: str, when: str) -> str:
        """The head as JSON, around a place and a time that are JSON."""
        return f'{{"place":{place}{self._between},"when":{when}{self._rest}'

    def envelope(self, place: dict[str, Any], when: dict[str, Any]) -> Envelope:
        return Envelope.model_validate({**self._fields, "place": place, "when": when})


@lru_cache(maxsize=256)  # a turn has one context and a handful of kinds
def stencil(kind: type[Event], context: Context) -> Stencil:
    """Raises ValidationError for a context that no envelope takes."""
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
    sample = encode_head(Envelope(place=_PLACE, when=_WHEN, **fields)).decode()
    behind_place = sample.removeprefix(f'{{"place":{_PLACE.model_dump_json()}')
    between, rest = behind_place.split(f',"when":{_WHEN.model_dump_json()}', 1)
    return Stencil(between=between, rest=rest, fields=fields)


def place_text(bear: BearId, epoch: str, lane: Lane, seq: int) -> str:
    """Names need no escaping: they are made of letters, digits and hyphens."""
    return f'{{"bear":"{bear}","epoch":"{epoch}","lane":{int(lane)},"seq":{seq}}}'


def when_text(boot: str, monotonic_us: int, wall_ms: int, *, synchronised: bool) -> str:
    known = "true" if synchronised else "false"
    return f'{{"boot":"{boot}","monotonic_us":{monotonic_us},"wall_ms":{wall_ms},"synchronised":{known}}}'
