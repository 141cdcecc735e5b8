"""Older versions of an event's fields up to the newest, one version at a time. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

Fields = dict[str, Any]
Upcaster = Callable[[Fields], Fields]


def upcast(type_: str, fields: Fields, *, since: int, to: int) -> Fields:
    """Raises LookupError, TypeError or ValueError where the fields are not what that version wrote."""
    for version in range(since, to):
        fields = UPCASTERS[type_, version](fields)
    return fields


def _name_what_was_healed(fields: Fields) -> Fields:
    """bear.started 1 told in sentences what was mended; 2 names the part beside the sentence."""
    sentences = fields.get("healed", [])
    healed = [{"part": "outbox" if "outbox" in each else "state", "reason": each} for each in sentences]
    return {**fields, "healed": healed}


UPCASTERS: Final[Mapping[tuple[str, int], Upcaster]] = {
    ("bear.started", 1): _name_what_was_healed,
}
"""By type and version: what makes the fields of the next version of it."""
