"""Whether a child may talk with the bear right now. Pure."""

from __future__ import annotations

from datetime import tzinfo
from enum import StrEnum
from typing import Final

from teddy_edge.limits.quiet import next_quiet, quiet_at
from teddy_edge.limits.reckoning import Moment
from teddy_edge.limits.used import Used
from teddy_shared.limits import Limits

UNSURE_HOLDS: Final = 7200.0
"""Seconds for which quiet hours hold on a clock that is only guessed. A bear that was switched off in the
evening, and has no clock of its own, takes the morning for the evening; it must not be quiet all day."""


class Standing(StrEnum):
    """How it is with time."""

    OPEN = "open"
    ENDING = "ending"  # the day's time is nearly over, or quiet hours are near
    BREAK = "break"
    SPENT = "spent"  # the day's time is used up
    QUIET = "quiet"

    @property
    def closed(self) -> bool:
        """Whether ordinary talk has to wait."""
        return self in (Standing.BREAK, Standing.SPENT, Standing.QUIET)


def standing_of(limits: Limits, used: Used, moment: Moment, zone: tzinfo) -> Standing:
    """`used` as it is at this moment."""
    quiet = quiet_at(limits.quiet_hours, moment.wall, zone)
    if quiet and (moment.sure or moment.up < UNSURE_HOLDS or quiet.begins > moment.wall - moment.up):
        return Standing.QUIET
    if limits.daily_minutes is not None and used.today >= 60 * limits.daily_minutes:
        return Standing.SPENT
    if limits.break_after_minutes is not None and used.stretch >= 60 * limits.break_after_minutes:
        return Standing.BREAK
    return Standing.ENDING if _nearly_over(limits, used, moment, zone) else Standing.OPEN


def _nearly_over(limits: Limits, used: Used, moment: Moment, zone: tzinfo) -> bool:
    warning = 60.0 * limits.wind_down_minutes
    if limits.daily_minutes is not None:
        day = 60.0 * limits.daily_minutes
        if used.today >= day - min(warning, day / 2):  # a short day is not all farewell
            return True
    begins = next_quiet(limits.quiet_hours, moment.wall, zone)
    return begins is not None and begins - moment.wall <= warning
