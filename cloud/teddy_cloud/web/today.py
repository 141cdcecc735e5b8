"""Today of a bear: what the page shows and what the JSON says, gathered from the read models."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from teddy_cloud.projections.bears import ALERTS, STATE, Alert, Bears, BearState, alerts_of, state_of
from teddy_cloud.projections.conversations import (
    Conversations,
    Turn,
    day_of,
    minutes_by_hour,
    topics_of,
    turns_of,
)
from teddy_cloud.projections.readmodels import ReadModels
from teddy_cloud.web.chart import Chart, chart_of
from teddy_shared.clock import Clock
from teddy_shared.envelope import BearId

ALERTS_STAY: Final = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Today:
    bear: BearId
    now_ms: int
    state: BearState
    turns: Sequence[Turn]  # newest first
    alerts: Sequence[Alert]  # newest first, of the last days

    @property
    def awake(self) -> bool:
        return self.state.online

    @property
    def topics(self) -> Sequence[tuple[str, int]]:
        return topics_of(self.turns)

    @property
    def minutes_by_hour(self) -> Sequence[float]:
        return minutes_by_hour(self.turns)

    @property
    def talked_ms(self) -> int:
        return sum(turn.spoken_ms + turn.answered_ms for turn in self.turns)

    @property
    def chart(self) -> Chart:
        return chart_of(self.minutes_by_hour)


async def today_of(models: ReadModels, clock: Clock, bear: BearId) -> Today:
    """Raises LinkError while the store is away."""
    now_ms = int(clock.wall() * 1000)
    turns, state, alerts = await asyncio.gather(
        models.page(Conversations.name, bear, day_of(now_ms)),
        models.page(Bears.name, bear, STATE),
        models.page(Bears.name, bear, ALERTS),
    )
    oldest = now_ms - ALERTS_STAY // timedelta(milliseconds=1)
    recent = [alert for alert in alerts_of(alerts) if alert.wall_ms >= oldest]
    return Today(bear, now_ms, state_of(state), turns_of(turns), recent)
