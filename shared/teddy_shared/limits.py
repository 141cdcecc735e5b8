"""What a family allows: quiet hours, time for talk, breaks, and how loud; a part of the settings document."""

from __future__ import annotations

from datetime import time
from enum import IntEnum
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

MOST_WINDOWS: Final = 14  # two a weekday


class Weekday(IntEnum):
    """As `datetime.weekday` counts."""

    MONDAY = 0
    TUESDAY = 1
    WEDNESDAY = 2
    THURSDAY = 3
    FRIDAY = 4
    SATURDAY = 5
    SUNDAY = 6


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class QuietHours(Part):
    """From one time of day to the next other, by the clock on the family's wall."""

    days: Annotated[frozenset[Weekday], Field(min_length=1)] = frozenset(Weekday)  # on which they begin
    begins: time
    ends: time  # on the next day, where it is not later

    @field_validator("begins", "ends")
    @classmethod
    def _on_the_wall(cls, value: time) -> time:
        if value.tzinfo is not None:
            raise ValueError("a time on the family's wall names no zone")
        return value

    @model_validator(mode="after")
    def _lasts(self) -> QuietHours:
        if self.begins == self.ends:
            raise ValueError("quiet hours that begin when they end last for ever or not at all")
        return self


class Limits(Part):
    """Nothing is limited that a family does not limit."""

    # As the IANA's database names it; a name that a bear does not know counts as UTC there.
    time_zone: Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$")] = "UTC"
    quiet_hours: Annotated[tuple[QuietHours, ...], Field(max_length=MOST_WINDOWS)] = ()
    daily_minutes: Annotated[int, Field(ge=1, le=1440)] | None = None  # of talk
    break_after_minutes: Annotated[int, Field(ge=1, le=1440)] | None = None  # of talk without a break
    break_minutes: Annotated[int, Field(ge=1, le=240)] = 15
    wind_down_minutes: Annotated[int, Field(ge=0, le=60)] = 5  # before the day's time ends or quiet begins
    volume_ceiling: Annotated[float, Field(ge=0.05, le=1)] = 1.0  # whole, since a bear that is mute is ill


UNLIMITED: Final = Limits()
