"""How long a child has talked, and of which day that counts. Pure.

A day's time is given anew when a day has begun that the bear knows to be a later one, and never because a
clock was moved. While no clock is sure, a day is 24 hours of time that the bear has seen pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from typing import Final

from teddy_edge.limits.quiet import day_of
from teddy_edge.limits.reckoning import Moment

DAY: Final = 86_400.0  # seconds
REMEMBERED: Final = (
    3  # days; a clock that was moved finds them again, and not so many that they lock a child out
)


@dataclass(frozen=True, slots=True)
class Used:
    """All in seconds. `on` brings it to a moment; the rest may be asked then."""

    today: float = 0.0  # talked
    stretch: float = 0.0  # talked since the last break
    day: int | None = None  # the last one that was sure, counted as `date.toordinal` does
    days: Mapping[int, float] = field(
        default_factory=dict
    )  # talked on days that were sure; the last touched last
    loose: float = 0.0  # talked since, while no day was sure
    since: float | None = None  # wall clock, from which a day without a date is counted
    rests_from: float | None = None  # wall clock: the end of the last talk
    known: float = 0.0  # wall clock: the latest time that was told

    def on(self, moment: Moment, zone: tzinfo, *, rest: float, stepped: bool = False) -> Used:
        """As it is now; `rest` is how long a break lasts, `stepped` that a sure clock was just moved."""
        used = self._on_a_sure_day(moment, zone, stepped=stepped) if moment.sure else self._by_running(moment)
        return used._rested(moment, rest, stepped=stepped)

    def talked(self, seconds: float, moment: Moment) -> Used:
        """So much more, until this moment."""
        more = replace(
            self, today=self.today + seconds, stretch=self.stretch + seconds, rests_from=moment.wall
        )
        if moment.sure and self.day is not None:
            return replace(more, days=_touched(self.days, self.day, more.today))
        return replace(more, loose=self.loose + seconds)

    def _on_a_sure_day(self, moment: Moment, zone: tzinfo, *, stepped: bool) -> Used:
        day = day_of(moment.wall, zone).toordinal()
        before = 0.0 if self.day is None else self.days.get(self.day, 0.0)
        today = self.days.get(day, 0.0)
        renewed = self.day is None or (day > self.day and not stepped)
        if not renewed:  # the same day, or one that a moved clock names
            today = max(today, before)
        today += self.loose
        if day == self.day and not self.loose and not stepped:
            return replace(self, today=today, known=moment.wall)
        return replace(
            self,
            today=today,
            day=day,
            days=_touched(self.days, day, today),
            loose=0.0,
            since=moment.wall,
            known=moment.wall,
        )

    def _by_running(self, moment: Moment) -> Used:
        since = moment.wall if self.since is None else self.since
        if moment.wall - since >= DAY:
            return replace(self, today=0.0, loose=0.0, since=moment.wall, known=moment.wall)
        return replace(self, since=since, known=moment.wall)

    def _rested(self, moment: Moment, rest: float, *, stepped: bool) -> Used:
        if self.rests_from is None:
            return self
        if stepped or self.rests_from > moment.wall:  # nobody knows how long; so it begins, and ends in time
            return replace(self, rests_from=moment.wall)
        if self.stretch and moment.wall - self.rests_from >= rest:
            return replace(self, stretch=0.0)
        return self


def _touched(days: Mapping[int, float], day: int, seconds: float) -> Mapping[int, float]:
    rest = {each: talked for each, talked in days.items() if each != day}
    return dict([*rest.items(), (day, seconds)][-REMEMBERED:])
