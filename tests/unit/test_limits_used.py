"""A day's time is given once a day: not again because a clock was moved, and not never because of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from itertools import pairwise
from math import ceil
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from teddy_edge.limits.quiet import day_of
from teddy_edge.limits.reckoning import STEP, Moment, Reckoning
from teddy_edge.limits.standing import UNSURE_HOLDS, Standing, standing_of
from teddy_edge.limits.used import REMEMBERED, Used
from teddy_shared.limits import Limits, QuietHours

MINUTE, HOUR, DAY, YEAR = 60.0, 3600.0, 86_400.0, 365 * 86_400.0
NOON = datetime(2026, 9, 1, 12, tzinfo=UTC).timestamp()
REST = 15 * MINUTE
HOUR_A_DAY = Limits(daily_minutes=60, wind_down_minutes=5)
NIGHT = Limits(quiet_hours=(QuietHours(begins=time(19), ends=time(7)),))
SHAPE = TypeAdapter(Used)


@dataclass
class Life:
    """A bear with its clocks, over reboots; what it keeps is written and read as on the card."""

    limits: Limits = HOUR_A_DAY
    wall: float = NOON  # what the machine's clock says
    synchronised: bool = True
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    used: Used = field(default_factory=Used)
    monotonic: float = 0.0
    reckoning: Reckoning | None = None

    def __post_init__(self) -> None:
        self.boot()

    def boot(self, *, off: float = 0.0, wall: float | None = None, synchronised: bool | None = None) -> None:
        self.monotonic = 0.0
        self.wall = self.wall + off if wall is None else wall
        self.synchronised = self.synchronised if synchronised is None else synchronised
        self.used = SHAPE.validate_json(SHAPE.dump_json(self.used))
        self.reckoning = Reckoning.begin(
            0.0, self.wall, synchronised=self.synchronised, known=self.used.known
        )
        self.look()

    def set_clock(self, wall: float, *, synchronised: bool = True) -> None:
        self.wall, self.synchronised = wall, synchronised
        self.look()

    def look(self) -> None:
        assert self.reckoning is not None
        self.reckoning, stepped = self.reckoning.look(
            self.monotonic, self.wall, synchronised=self.synchronised
        )
        self.used = self.used.on(self.moment, self.zone, rest=REST, stepped=stepped)

    def wait(self, seconds: float) -> None:
        self.wall += seconds
        self.monotonic += seconds
        self.look()

    def talk(self, minutes: float) -> None:
        """In turns of at most a minute."""
        for _ in range(ceil(minutes)):
            self.wait(MINUTE * minutes / ceil(minutes))
            self.used = self.used.talked(MINUTE * minutes / ceil(minutes), self.moment)

    @property
    def moment(self) -> Moment:
        assert self.reckoning is not None
        return self.reckoning.tell(self.monotonic)

    @property
    def standing(self) -> Standing:
        used = self.used.on(self.moment, self.zone, rest=REST)
        return standing_of(self.limits, used, self.moment, self.zone)

    @property
    def day(self) -> date:
        return day_of(self.moment.wall, self.zone)

    @property
    def minutes(self) -> float:
        return round(self.used.on(self.moment, self.zone, rest=REST).today / MINUTE, 6)


def test_the_days_time_runs_out_after_a_warning_and_is_there_again_after_midnight() -> None:
    life = Life()
    seen = [life.standing]
    for minutes in (54, 1, 5):
        life.talk(minutes)
        seen.append(life.standing)
    life.wait(10.9 * HOUR)  # 23:54
    seen.append(life.standing)
    life.wait(HOUR / 4)
    seen.append(life.standing)

    assert seen == [
        Standing.OPEN,
        Standing.OPEN,
        Standing.ENDING,
        Standing.SPENT,
        Standing.SPENT,
        Standing.OPEN,
    ]


@pytest.mark.parametrize("off", [0.0, 30.0, 6 * HOUR])
@pytest.mark.parametrize("synchronised", [True, False])
def test_a_reboot_gives_no_time_anew(off: float, synchronised: bool) -> None:
    life = Life()
    life.talk(40)

    life.boot(off=off, synchronised=synchronised)

    assert life.minutes == 40


def test_the_next_morning_the_time_is_there_again_though_the_bear_was_off_at_midnight() -> None:
    life = Life()
    life.talk(60)

    life.boot(off=19 * HOUR)

    assert life.standing is Standing.OPEN


@pytest.mark.parametrize("jump", [-YEAR, -DAY, -2 * HOUR, 2 * HOUR, DAY, YEAR])
def test_a_sure_clock_that_jumps_gives_no_time_anew_and_takes_none_for_ever(jump: float) -> None:
    life = Life()
    life.talk(60)
    life.set_clock(life.wall + jump)
    at_once = life.standing
    life.set_clock(life.wall - jump)
    back = life.standing
    life.set_clock(life.wall + jump)

    life.wait(2 * DAY)  # yesterday goes to the day whose time is used up already

    assert (at_once, back, life.standing) == (Standing.SPENT, Standing.SPENT, Standing.OPEN)


def test_a_clock_that_was_wrong_over_reboots_gives_the_days_time_not_twice() -> None:
    life = Life()
    life.talk(60)
    life.boot(wall=life.wall + YEAR)  # a wrong clock that says it is sure: it must be believed
    life.talk(10)

    life.boot(wall=life.wall - YEAR)

    assert life.standing is Standing.SPENT
    life.wait(DAY)
    assert life.standing is Standing.OPEN


@pytest.mark.parametrize("wall", [0.0, NOON - YEAR, NOON - HOUR])
def test_a_board_without_a_clock_keeps_on_counting_and_gives_a_day_after_a_day_of_running(
    wall: float,
) -> None:
    life = Life()
    life.talk(40)
    life.boot(wall=wall, synchronised=False)
    life.talk(20)
    spent = life.standing

    life.wait(23.5 * HOUR)

    assert (spent, life.standing) == (Standing.SPENT, Standing.OPEN)


def test_reboots_without_a_clock_give_no_time_anew() -> None:
    life = Life(synchronised=False, wall=DAY - 60)
    for _ in range(12):
        life.talk(5)
        life.boot(wall=DAY - 60, synchronised=False)  # midnight would be a minute away

    assert life.standing is Standing.SPENT


def test_what_was_talked_before_the_clock_was_set_counts_for_the_day_that_it_then_is() -> None:
    life = Life()
    life.talk(60)
    life.boot(off=0.0, synchronised=False)  # the next morning, but the board takes it for the evening
    before = life.standing
    life.set_clock(NOON + 20 * HOUR)
    after = life.standing
    life.talk(10)
    life.boot(wall=NOON, synchronised=False)
    life.talk(10)
    life.set_clock(NOON + 24 * HOUR)

    assert (before, after, life.minutes) == (Standing.SPENT, Standing.OPEN, 20)


def test_an_unset_clock_that_jumps_while_the_bear_runs_changes_nothing() -> None:
    life = Life(synchronised=False)
    life.talk(60)

    life.set_clock(life.wall + YEAR, synchronised=False)

    assert life.standing is Standing.SPENT


def test_a_break_comes_after_so_much_talk_and_ends_after_so_much_rest() -> None:
    life = Life(Limits(break_after_minutes=20, break_minutes=15))
    life.talk(10)
    life.wait(10 * MINUTE)  # too short for a break
    life.talk(10)
    seen = [life.standing]
    life.wait(14 * MINUTE)
    seen.append(life.standing)
    life.wait(MINUTE)
    seen.append(life.standing)

    assert seen == [Standing.BREAK, Standing.BREAK, Standing.OPEN]


@pytest.mark.parametrize("jump", [-YEAR, YEAR])
def test_a_break_neither_lasts_nor_is_over_because_a_clock_was_moved(jump: float) -> None:
    life = Life(Limits(break_after_minutes=20, break_minutes=15))
    life.talk(20)
    life.set_clock(life.wall + jump)
    at_once = life.standing

    life.wait(15 * MINUTE)

    assert (at_once, life.standing) == (Standing.BREAK, Standing.OPEN)


def test_quiet_hours_hold_over_a_reboot_and_without_a_network() -> None:
    life = Life(NIGHT)
    life.wait(6.95 * HOUR)
    before = life.standing
    life.wait(0.1 * HOUR)
    quiet = life.standing
    life.boot(off=60, synchronised=False)
    rebooted = life.standing
    life.boot(wall=0.0)
    dateless = life.standing

    assert before is Standing.ENDING
    assert {quiet, rebooted, dateless} == {Standing.QUIET}


def test_a_guessed_night_does_not_keep_the_bear_quiet_all_day_and_the_next_one_holds_again() -> None:
    life = Life(NIGHT)
    life.wait(8 * HOUR)
    life.boot(off=0, synchronised=False)  # in the morning, but it goes on where it was switched off
    seen = [life.standing]
    life.wait(UNSURE_HOLDS)
    seen.append(life.standing)
    life.wait(DAY)
    seen.append(life.standing)

    assert seen == [Standing.QUIET, Standing.OPEN, Standing.QUIET]


def test_the_clock_that_was_set_decides_about_quiet_hours_at_once() -> None:
    life = Life(NIGHT)
    life.set_clock(NOON + YEAR + 8 * HOUR)
    night = life.standing
    life.set_clock(NOON - YEAR)

    assert (night, life.standing) == (Standing.QUIET, Standing.OPEN)


def test_a_family_in_another_zone_has_its_own_midnight() -> None:
    life = Life(zone=ZoneInfo("America/New_York"), wall=datetime(2026, 9, 1, 23, 30, tzinfo=UTC).timestamp())
    life.talk(60)
    life.wait(3 * HOUR)  # 02:30 in UTC, still the evening there
    evening = life.standing

    life.wait(HOUR)

    assert (evening, life.standing) == (Standing.SPENT, Standing.OPEN)


# --- laws --------------------------------------------------------------------------------------------------

JUMPS = st.floats(-2 * YEAR, 2 * YEAR)
LIVES = st.lists(
    st.one_of(
        st.tuples(st.just("talk"), st.floats(0, 30)),
        st.tuples(st.just("jump"), JUMPS),
        st.tuples(st.just("unset jump"), JUMPS),
        st.tuples(st.just("reboot"), st.floats(0, 100)),
        st.tuples(st.just("dateless reboot"), st.floats(0, 1e9)),
    ),
    max_size=25,
)


def live(life: Life, what: str, much: float) -> None:
    match what:
        case "talk":
            life.talk(much)
        case "jump":
            life.set_clock(life.wall + much)
        case "unset jump":
            life.set_clock(life.wall + much, synchronised=False)
        case "reboot":
            life.boot(off=much)
        case "dateless reboot":
            life.boot(wall=min(much, life.used.known), synchronised=False)


@given(LIVES)
def test_within_a_day_no_mischief_with_clock_and_plug_gives_more_than_the_days_time(
    lived: list[tuple[str, float]],
) -> None:
    """Here a clock is not wrong when it is first set after a reboot: then it must be believed."""
    life, passed, jumped = Life(), 0.0, False
    for what, much in lived:
        first_set = (what == "reboot" and life.synchronised) or (what == "jump" and not life.moment.sure)
        if (first_set and (what == "jump" or jumped)) or (what == "reboot" and not life.synchronised):
            continue
        passed += much * MINUTE if what == "talk" else much if what == "reboot" else 0.0
        if passed > 11 * HOUR:
            break
        jumped = jumped or what in ("jump", "unset jump")
        minutes, day = life.minutes, life.day
        live(life, what, much)
        ran_over_midnight = what == "talk" and life.moment.sure and life.day > day
        assert life.minutes >= minutes or ran_over_midnight


@given(LIVES)
def test_after_whatever_happened_a_few_days_of_running_give_the_day_its_time(
    lived: list[tuple[str, float]],
) -> None:
    life = Life()
    for what, much in lived:
        live(life, what, much)

    for _ in range(REMEMBERED):
        life.wait(DAY)

    assert life.minutes == 0


@given(st.lists(st.tuples(st.floats(0, 1000), st.floats(-STEP / 4, STEP / 4)), max_size=20))
def test_a_clock_that_is_set_a_little_is_followed_and_none_that_is_not_set(
    looks: list[tuple[float, float]],
) -> None:
    reckoning = Reckoning.begin(0.0, NOON, synchronised=True, known=0.0)
    at, told = 0.0, [NOON]
    for wait, off in looks:
        at += wait
        reckoning, stepped = reckoning.look(at, NOON + at + off, synchronised=True)
        assert not stepped
        kept, _ = reckoning.look(at, 0.0, synchronised=False)
        assert kept == reckoning
        told.append(reckoning.tell(at).wall)

    assert all(after - before >= -STEP / 2 for before, after in pairwise(told))
