"""The bear as a doctor meets it: from outside, maybe while it runs, which must not notice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from teddy_edge.home import is_inhabited
from teddy_edge.identity import UNPROVISIONED, Identity, read_identity
from teddy_edge.settings import Settings
from teddy_shared.clock import Clock
from teddy_shared.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Patient:
    settings: Settings
    unsettled: str | None  # why the settings are not those that somebody wrote
    identity: Identity
    unidentified: str | None  # why it is not the identity that somebody gave
    runs: bool  # a bear lives in the data folder at this moment
    clock: Clock

    @property
    def data(self) -> Path:
        return self.settings.data


def meet(settings: Settings, *, unsettled: str | None, clock: Clock) -> Patient:
    """Changes nothing. Blocks."""
    try:
        identity, unidentified = read_identity(settings.link.provision), None
    except ConfigError as error:
        identity, unidentified = Identity(UNPROVISIONED, None), str(error)
    return Patient(settings, unsettled, identity, unidentified, is_inhabited(settings.data), clock)
