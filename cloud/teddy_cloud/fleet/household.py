"""A family, its bears, and the child each bear talks with."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from teddy_shared.ages import AgeBand
from teddy_shared.envelope import BearId, Name


class ChildProfile(BaseModel):
    """A child, named by a pseudonym only."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: Name
    age_band: AgeBand


class Bear(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    id: Name
    family: Name
    profile: ChildProfile


def device_owner(bear: BearId) -> str:
    """Whose key seals what is kept about the bear itself, and what was done about it."""
    return f"bear:{bear}"


def link_owner(bear: BearId) -> str:
    """Whose key seals what goes down to the bear, which has it too.

    Without this key the cloud takes nothing from the bear: it has no family, or its papers were taken back.
    """
    return f"link:{bear}"
