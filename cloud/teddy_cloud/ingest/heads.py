"""Heads read at the door: only what the door must know, and no object made of it.

That costs a third of what decoding does. A head that passes here and cannot be decoded all the same is put
aside by the projector, which decodes every one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NotRequired

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict  # pydantic asks for this one until Python 3.12, and depends on it

from teddy_shared.codec import misfit
from teddy_shared.errors import MalformedEvent

HEAD_BYTES: Final = 4096  # ten times an ordinary head


class HeadPlace(TypedDict):
    bear: str
    epoch: str
    lane: int
    seq: int


class Head(TypedDict):
    """Where an event says that it stands, and what decides whether it may be stored."""

    place: HeadPlace
    type: str
    purpose: str
    profile: NotRequired[str | None]


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


def read_heads(heads: Sequence[bytes]) -> Sequence[Head]:
    """As `read_head` reads each. Raises MalformedEvent where any of them cannot be read."""
    try:
        if max(map(len, heads)) <= HEAD_BYTES:
            return list(map(_validate, heads))
    except ValidationError:
        pass
    raise MalformedEvent(b"", "not all heads can be read")
