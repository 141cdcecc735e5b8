"""Whether anything of an erased child is left, anywhere in the cloud."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from teddy_cloud.eventstore.letters import DeadLetters
from teddy_cloud.eventstore.store import EventStore
from teddy_cloud.fleet.parting import Parting
from teddy_cloud.privacy.scan import has_key, letters_of, scan_events
from teddy_cloud.projections.personal import unexplained
from teddy_cloud.projections.projection import Projection
from teddy_cloud.projections.readmodels import ReadModels
from teddy_shared.envelope import BearId, ProfileId
from teddy_shared.seal import KeyRing, Seal


@dataclass(frozen=True, slots=True)
class Found:
    """Everything but `closed` should be nothing."""

    key: bool  # the child's key is there
    bear: bool  # a bear's record or settings name the child
    open: int  # stored events that some key opens
    closed: int  # stored events that none does
    letters: int  # dead letters of the bear that may hold the child's words
    lines: int  # on pages, that no event which can be read explains

    @property
    def nothing_left(self) -> bool:
        return not (self.key or self.bear or self.open or self.letters or self.lines)

    @property
    def sentence(self) -> str:
        left = [
            *(["the key"] if self.key else []),
            *(["its bear's record"] if self.bear else []),
            *([f"{self.open} events that open"] if self.open else []),
            *([f"{self.letters} dead letters"] if self.letters else []),
            *([f"{self.lines} lines of read models"] if self.lines else []),
        ]
        return f"left: {', '.join(left)}" if left else f"nothing is left; {self.closed} events stay closed"


class Scan:
    def __init__(
        self,
        *,
        store: EventStore,
        letters: DeadLetters,
        models: ReadModels,
        projections: Sequence[Projection],
        parting: Parting,
        seal: Seal,
        keys: KeyRing,
    ) -> None:
        self._store = store
        self._letters = letters
        self._models = models
        self._projections = projections
        self._parting = parting
        self._seal = seal
        self._keys = keys

    async def look(self, bear: BearId, profile: ProfileId, *, until_ms: int | None = None) -> Found:
        """`until_ms`: when the child was erased; what came later is another child's. Raises LinkError."""
        events = await scan_events(self._store, self._seal, bear, profile)
        return Found(
            key=await asyncio.to_thread(has_key, self._keys, profile),
            bear=await self._parting.knows(bear, profile),
            open=events.open,
            closed=events.closed,
            letters=len(await letters_of(self._letters, bear, until_ms=until_ms)),
            lines=await unexplained(self._models, self._projections, self._store, self._seal, bear),
        )
