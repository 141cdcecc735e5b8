"""Heads read at the door: only what the door must know, and no object made of it.

That costs a third of what decoding does. A head that passes here and cannot be decoded all the same is put
aside by the projector, which decodes every one.
"""

from __future__ import annotations

from typing import Annotated, Final, NotRequired

from pydantic import StringConstraints, TypeAdapter, ValidationError
from typing_extensions import TypedDict  # pydantic asks for this one until Python 3.12, and depends on it

from teddy_shared.codec import misfit
from teddy_shared.envelope import NAME, ProfileId
from teddy_shared.errors import MalformedEvent
from teddy_shared.purposes import Purpose

HEAD_BYTES: Final = 4096  # ten times an ordinary head

NAMED: Final = StringConstraints(pattern=f"^{NAME.pattern}$")


class HeadPlace(TypedDict):
    bear: str
    epoch: str
    lane: int
    seq: int


class Head(TypedDict):
    """Where an event says that it stands, and what decides whether it may be stored."""

    place: HeadPlace
    type: str
    purpose: Purpose
    profile: NotRequired[Annotated[ProfileId, NAMED] | None]


_validate: Final = TypeAdapter(Head).validator.validate_json


def read_head(data: bytes) -> Head:
    """Raises MalformedEvent."""
    if len(data) > HEAD_BYTES:
        raise MalformedEvent(data, f"the head has more than {HEAD_BYTES} bytes")
    try:
        found: Head = _validate(data)
    except ValidationError as error:
        raise misfit(data, error) from None
    return found
