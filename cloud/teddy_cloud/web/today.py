"""Today of a bear: what the page shows and what the JSON says, gathered through the query bus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from teddy_cloud.bus.callers import Caller
from teddy_cloud.bus.queries import QueryBus
from teddy_cloud.projections.bears import Alert, BearState
from teddy_cloud.projections.conversations import Turn, day_of, minutes_by_hour, topics_of
from teddy_cloud.projections.queries import DayOfBear
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


async def today_of(queries: QueryBus, caller: Caller, clock: Clock, bear: BearId) -> Today:
    """Raises NotYours, and LinkError while the store is away."""
    now_ms = int(clock.wall() * 1000)
    found = await queries.ask(DayOfBear(bear, day_of(now_ms)), caller)
    oldest = now_ms - ALERTS_STAY // timedelta(milliseconds=1)
    recent = [alert for alert in found.alerts if alert.wall_ms >= oldest]
    return Today(bear, now_ms, found.state, found.turns, recent)
