"""Heads read at the door: every field checked as `Envelope` checks it, and no object made of any.

It costs half of what decoding does, and what passes here the projector can decode.
"""

from __future__ import annotations

from typing import Any, Final, NotRequired, TypedDict, cast

import typing_extensions
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from teddy_shared.codec import misfit
from teddy_shared.envelope import Envelope, ProfileId
from teddy_shared.errors import MalformedEvent
from teddy_shared.purposes import Purpose

HEAD_BYTES: Final = 4096  # ten times an ordinary head


class Head(TypedDict):
    """The fields that the door itself looks at; all others are there too."""

    place: dict[str, str | int]
    type: str
    purpose: Purpose
    profile: NotRequired[ProfileId | None]


def read_head(data: bytes) -> Head:
    """Raises MalformedEvent for what `decode_head` refuses, and for a head that is too large."""
    if len(data) > HEAD_BYTES:
        raise MalformedEvent(data, f"the head has more than {HEAD_BYTES} bytes")
    try:
        return cast(Head, _validate(data))
    except ValidationError as error:
        raise misfit(data, error) from None


def _shape(model: type[BaseModel]) -> Any:
    """The fields of a model as a dict, and of the models within it: half the work of making objects."""
    fields = {name: _annotation(field) for name, field in model.model_fields.items()}
    # pydantic asks for this one until Python 3.12, and depends on it.
    return typing_extensions.TypedDict(model.__name__, fields)  # type: ignore[operator]  # made from data


def _annotation(field: FieldInfo) -> Any:
    inner = field.annotation
    shape = _shape(inner) if isinstance(inner, type) and issubclass(inner, BaseModel) else None
    wanted = shape or field.rebuild_annotation()
    return wanted if field.is_required() else NotRequired[wanted]


_validate: Final = TypeAdapter(_shape(Envelope)).validator.validate_json
