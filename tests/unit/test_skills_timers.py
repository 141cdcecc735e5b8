"""Timers: however they are asked for, true about how long is left, rung once, and gone with the process."""

from __future__ import annotations

import pytest

from teddy_edge.conversation.skills.chooser import Chooser, load_chooser
from teddy_edge.conversation.skills.durations import duration_in, spoken_duration
from teddy_edge.conversation.skills.skill import Recent
from teddy_edge.conversation.skills.sums import plain_row
from teddy_edge.conversation.skills.timing import Timing, load_timing
from teddy_edge.conversation.timers import LATE_MOST, Timers
from teddy_shared.clock import SeededChance
from tests.skills_talk import SkillTalk


class Watch:
    """A clock that is turned by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> float:
        return self.now

    def synchronised(self) -> bool:
        return False


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def timing(watch: Watch) -> Timing:
    return load_timing(Timers(clock=watch))


@pytest.fixture
def chooser(timing: Timing) -> Chooser:
    return load_chooser(timing=timing)


@pytest.mark.parametrize(
    ("says", "seconds"),
    [
        ("two minutes", 120), ("2 minutes", 120), ("a minute", 60), ("one minute and thirty seconds", 90),
        ("half a minute", 30), ("half an hour", 1800), ("an hour", 3600), ("ten seconds", 10),
        ("two minutes and a half", 150), ("to minutes", 120), ("I like turtles", None), ("two", None),
    ],
)  # fmt: skip
def test_a_duration_is_heard_as_children_say_it(says: str, seconds: int | None) -> None:
    assert duration_in(plain_row(says)) == seconds


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (60, "one minute"), (120, "two minutes"), (90, "one minute and thirty seconds"), (1, "one second"),
        (3600, "one hour"), (5400, "one hour and thirty minutes"), (1234, "twenty minutes"),
    ],
)  # fmt: skip
def test_a_duration_is_spoken_as_a_child_can_use_it(seconds: int, words: str) -> None:
    assert spoken_duration(seconds) == words


@pytest.mark.parametrize(
    ("says", "left"),
    [
        ("set a timer for two minutes", 120), ("two minutes timer for brushing teeth", 120),
        ("can you set a timer for my teeth", 120), ("tell me when five minutes are over", 300),
        ("please start a timer for thirty seconds", 30), ("I need a timer for ten minutes please", 600),
        ("ring in one minute", 60), ("remind me in half an hour", 1800), ("set an alarm in 3 minutes", 180),
    ],
)  # fmt: skip
def test_a_timer_is_set_however_it_is_asked_for(
    chooser: Chooser, timing: Timing, says: str, left: float
) -> None:
    reply = SkillTalk(chooser).say(says)

    assert reply.skill == "timers"
    assert spoken_duration(int(left)) in reply.text.lower()
    assert timing.left == left


def test_how_long_it_shall_be_is_asked_where_nobody_said(chooser: Chooser, timing: Timing) -> None:
    talk = SkillTalk(chooser)
    talk.say("set a timer for tidying up")
    assert timing.left is None

    talk.say("five minutes please")
    assert timing.left == 300


@pytest.mark.parametrize(
    "says", ["how long is left", "how much time is left", "how long does the timer take"]
)
def test_what_is_left_is_told_truly(chooser: Chooser, watch: Watch, says: str) -> None:
    talk = SkillTalk(chooser)
    talk.say("set a timer for two minutes")
    talk.say("tell me a joke")
    watch.now += 45

    assert "one minute and fifteen seconds" in talk.say(says).text.lower()


@pytest.mark.parametrize("says", ["stop the timer", "cancel the timer please", "no more timer"])
def test_a_timer_is_taken_back(chooser: Chooser, timing: Timing, says: str) -> None:
    talk = SkillTalk(chooser)
    talk.say("set a timer for two minutes")

    assert talk.say(says).skill == "timers"
    assert timing.left is None
    assert timing.ring(Recent(), SeededChance(1)) is None


def test_a_timer_rings_once_with_a_line_for_its_purpose(
    chooser: Chooser, timing: Timing, watch: Watch
) -> None:
    SkillTalk(chooser).say("two minutes timer for brushing teeth")
    watch.now += 120

    assert timing.left == 0
    rung = timing.ring(Recent(), SeededChance(1))
    assert rung is not None
    assert rung.lines[0].startswith("timers.rings.teeth")
    assert "two minutes" in rung.text.lower()
    assert timing.ring(Recent(), SeededChance(1)) is None


def test_a_timer_outlives_the_talk_in_which_it_was_set(chooser: Chooser, watch: Watch) -> None:
    SkillTalk(chooser).say("set a timer for two minutes")
    watch.now += 60

    assert "one minute" in SkillTalk(chooser).say("how much time is left on the timer").text.lower()


def test_a_bear_that_was_started_anew_says_that_no_timer_runs(watch: Watch) -> None:
    reply = SkillTalk(load_chooser(timing=load_timing(Timers(clock=watch)))).say(
        "how long is left on the timer"
    )

    assert reply.lines[0].startswith("timers.none_runs")


def test_what_is_long_over_is_not_rung_any_more(chooser: Chooser, timing: Timing, watch: Watch) -> None:
    SkillTalk(chooser).say("set a timer for two minutes")
    watch.now += 120 + LATE_MOST + 1

    assert timing.left is None
    assert timing.ring(Recent(), SeededChance(1)) is None


@pytest.mark.parametrize(
    ("says", "line"),
    [
        ("set a timer for five hours", "too_long"),
        ("set a timer for one second", "too_short"),
        ("set an alarm at seven", "by_clock"),
        ("cancel the timer", "none_runs"),
    ],
)
def test_what_it_cannot_do_it_says(chooser: Chooser, timing: Timing, says: str, line: str) -> None:
    reply = SkillTalk(chooser).say(says)

    assert reply.lines[0].startswith(f"timers.{line}")
    assert timing.left is None
