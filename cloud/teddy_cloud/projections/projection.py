"""What a projection is: pure words about which events it wants and what it makes of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from teddy_cloud.projections.readmodels import Cell
from teddy_shared.envelope import Envelope
from teddy_shared.events import Event


class Projection(Protocol):
    """Pure: which cells an event may touch, and what it makes of them."""

    @property
    def name(self) -> str:
        """Of its read model too. Letters and dashes: it becomes part of keys."""

    @property
    def types(self) -> frozenset[str]:
        """The types of event that it wants; all others pass by unopened."""

    def touches(self, head: Envelope) -> Iterable[Cell]:
        """The cells that an event may need or change; all of them in the partition of the event's bear."""

    def apply(
        self, before: Mapping[Cell, bytes], head: Envelope, event: Event | None
    ) -> Mapping[Cell, bytes]:
        """The cells that this event changes. None for what has no payload."""
