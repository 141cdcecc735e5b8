"""Quiet hours are where the clock on the family's wall says, whatever becomes of that clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from teddy_edge.limits.quiet import day_of, next_quiet, quiet_at
from teddy_shared import messages
from teddy_shared.limits import UNLIMITED, Limits, QuietHours, Weekday
from teddy_shared.messages import SettingsDocument

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = st.sampled_from(
    [
        ZoneInfo(name)
        for name in ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")
    ]
)
HOURS = st.builds(
    QuietHours,
    days=st.frozensets(st.sampled_from(Weekday), min_size=1),
    begins=st.times(max_value=time(11, 59)),
    ends=st.times(min_value=time(12)),
) | st.builds(
    QuietHours,
    days=st.frozensets(st.sampled_from(Weekday), min_size=1),
    begins=st.times(min_value=time(12)),
    ends=st.times(max_value=time(11, 59)),
)
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    datetime.timestamp
)
NIGHT = QuietHours(begins=time(19, 30), ends=time(7))


def berlin(*when: int) -> float:
    return datetime(*when, tzinfo=BERLIN).timestamp()  # type: ignore[arg-type, misc]


def quiet(hours: QuietHours, wall: float) -> bool:
    return quiet_at((hours,), wall, BERLIN) is not None


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ((2026, 9, 1, 19, 29, 59), False),
        ((2026, 9, 1, 19, 30), True),
        ((2026, 9, 1, 23, 59, 59), True),
        ((2026, 9, 2, 0, 0), True),
        ((2026, 9, 2, 6, 59, 59), True),
        ((2026, 9, 2, 7, 0), False),
        ((2026, 9, 2, 12, 0), False),
    ],
)
def test_a_night_goes_over_midnight(when: tuple[int, ...], expected: bool) -> None:
    assert quiet(NIGHT, berlin(*when)) is expected


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    friday = QuietHours(days=frozenset({Weekday.FRIDAY}), begins=time(21), ends=time(8))

    assert quiet(friday, berlin(2026, 9, 4, 22, 0))
    assert quiet(friday, berlin(2026, 9, 5, 7, 59))  # Saturday's morning
    assert not quiet(friday, berlin(2026, 9, 5, 22, 0))
    assert not quiet(friday, berlin(2026, 9, 4, 7, 59))


@pytest.mark.parametrize(
    ("night_of", "lasts"), [((2026, 3, 28), 10.5), ((2026, 10, 24), 12.5), ((2026, 9, 1), 11.5)]
)
def test_a_night_ends_by_the_wall_when_the_clocks_are_changed_in_it(
    night_of: tuple[int, int, int], lasts: float
) -> None:
    span = quiet_at((NIGHT,), berlin(*night_of, 20, 0), BERLIN)

    assert span is not None
    assert span.ends - span.begins == lasts * 3600


def test_a_time_that_the_wall_shows_twice_or_never_is_taken_the_longer_way() -> None:
    odd = QuietHours(begins=time(22), ends=time(2, 30))
    twice = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN)
    never = quiet_at((odd,), berlin(2026, 3, 28, 23, 0), BERLIN)
    both = quiet_at((odd,), berlin(2026, 10, 24, 23, 0), BERLIN)

    assert both is not None
    assert both.ends == twice.replace(fold=1).timestamp() > twice.timestamp()
    assert never is not None
    assert never.ends == berlin(2026, 3, 29, 3, 30)


@given(st.lists(HOURS, max_size=3).map(tuple), MOMENTS, ZONES)
def test_a_moment_is_quiet_exactly_where_the_wall_says_so(
    hours: tuple[QuietHours, ...], wall: float, zone: ZoneInfo
) -> None:
    shown = datetime.fromtimestamp(wall, zone)
    if shown.utcoffset() != (shown - timedelta(hours=26)).utcoffset():
        return  # the days around a change of clocks have tests of their own
    if shown.utcoffset() != (shown + timedelta(hours=26)).utcoffset():
        return

    assert (quiet_at(hours, wall, zone) is not None) == any(_on_the_wall(each, shown) for each in hours)


def _on_the_wall(hours: QuietHours, shown: datetime) -> bool:
    at, today = shown.time(), Weekday(shown.weekday())
    yesterday = Weekday((today + 6) % 7)
    if hours.begins < hours.ends:
        return today in hours.days and hours.begins <= at < hours.ends
    return (today in hours.days and at >= hours.begins) or (yesterday in hours.days and at < hours.ends)


@given(st.lists(HOURS, max_size=3).map(tuple), MOMENTS, ZONES)
def test_what_begins_next_is_quiet_then_and_lies_ahead(
    hours: tuple[QuietHours, ...], wall: float, zone: ZoneInfo
) -> None:
    begins = next_quiet(hours, wall, zone)

    if begins is not None:
        assert begins > wall
        assert quiet_at(hours, begins, zone) is not None


@given(HOURS, MOMENTS, ZONES)
def test_no_quiet_hours_last_longer_than_a_long_day(hours: QuietHours, wall: float, zone: ZoneInfo) -> None:
    span = quiet_at((hours,), wall, zone)

    if span is not None:
        assert span.begins <= wall < span.ends
        assert span.ends - span.begins <= 26 * 3600


# --- the document ------------------------------------------------------------------------------------------

LIMITS = st.builds(
    Limits,
    time_zone=st.sampled_from(["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+3"]),
    quiet_hours=st.lists(HOURS, max_size=4).map(tuple),
    daily_minutes=st.none() | st.integers(1, 1440),
    break_after_minutes=st.none() | st.integers(1, 1440),
    wind_down_minutes=st.integers(0, 60),
    volume_ceiling=st.floats(0.05, 1),
)


@given(LIMITS)
def test_limits_are_read_back_as_they_were_written(limits: Limits) -> None:
    document = SettingsDocument(version=3, limits=limits)

    assert messages.from_bytes(SettingsDocument, messages.to_bytes(document)) == document


def test_a_document_from_before_there_were_limits_limits_nothing() -> None:
    document = messages.from_bytes(SettingsDocument, b'{"version": 7, "volume": 0.4}')

    assert document.limits == UNLIMITED


@pytest.mark.parametrize(
    "wrong",
    [
        {"daily_minutes": 0},
        {"daily_minutes": 1441},
        {"break_minutes": 0},
        {"volume_ceiling": 0.0},
        {"volume_ceiling": 1.5},
        {"time_zone": "../../etc/passwd"},
        {"quiet_hours": [{"begins": "20:00", "ends": "20:00"}]},
        {"quiet_hours": [{"begins": "20:00Z", "ends": "07:00"}]},
        {"quiet_hours": [{"begins": "20:00", "ends": "07:00", "days": []}]},
        {"quiet_hours": [{"begins": "20:00", "ends": "07:00", "days": [7]}]},
        {"quiet_hours": [{"begins": "20:00", "ends": "07:00"}] * 15},
    ],
)
def test_limits_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Limits.model_validate(wrong)


def test_a_day_begins_at_the_familys_midnight() -> None:
    assert day_of(datetime(2026, 9, 1, 22, 30, tzinfo=UTC).timestamp(), BERLIN) == date(2026, 9, 2)
