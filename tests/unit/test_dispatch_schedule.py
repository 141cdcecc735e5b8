"""When orders are sent again: at once where somebody waits, with growing pauses where nobody answers."""

from __future__ import annotations

from itertools import pairwise

import pytest

from teddy_cloud.dispatch.schedule import A_SECOND, FIRST, MOST, Copy, Schedule
from teddy_shared.clock import SeededChance
from teddy_shared.envelope import BearId

ONE, OTHER = BearId("bear-1"), BearId("bear-2")


@pytest.fixture
def schedule() -> Schedule:
    return Schedule(chance=SeededChance(1))


def taken(schedule: Schedule, now: float, most: int = 100) -> list[tuple[BearId, str]]:
    return [(copy.bear, copy.id) for copy in schedule.take(now, most)]


def test_a_new_order_goes_at_once_and_then_with_growing_pauses(schedule: Schedule) -> None:
    schedule.know({ONE: {"o-1": 0}})
    (first,) = schedule.take(100.0, 10)
    at, times, copies = 100.0, [100.0], [first]
    for _ in range(12):
        assert schedule.take(schedule.next_due() - 0.001, 10) == []
        at = schedule.next_due()
        copies += schedule.take(at, 10)
        times.append(at)

    assert first == Copy(ONE, "o-1", first=True, wait=first.wait)
    assert first.wait == pytest.approx(times[1] - 100.0)
    assert not any(copy.first for copy in copies[1:])
    waits = [later - earlier for earlier, later in pairwise(times)]
    assert waits[0] <= FIRST
    assert MOST / 10 <= waits[-1] <= MOST


def test_an_order_that_ended_is_not_sent_again(schedule: Schedule) -> None:
    schedule.know_all({ONE: {"o-1": 0, "o-2": 0}, OTHER: {"o-1": 0}})

    schedule.know_all({ONE: {"o-2": 0}})

    assert taken(schedule, 0) == [(ONE, "o-2")]


def test_a_bear_that_comes_is_sent_its_own_before_all_that_is_due(schedule: Schedule) -> None:
    schedule.know({ONE: {"o-1": 0}, OTHER: {"o-2": 0}})
    schedule.take(0.0, 10)

    schedule.hello([OTHER])

    assert taken(schedule, 0.0) == [(OTHER, "o-2")]
    schedule.hello([OTHER])
    assert taken(schedule, MOST, most=1) == [(OTHER, "o-2")]


def test_after_a_restart_of_the_broker_everything_goes_again_but_not_in_one_heap(schedule: Schedule) -> None:
    schedule.know({BearId(f"bear-{number}"): {"o": 0} for number in range(10 * A_SECOND)})
    schedule.take(0.0, 100_000)

    schedule.again(1000.0)

    assert 0.5 * A_SECOND < len(schedule.take(1001.0, 100_000)) < 1.5 * A_SECOND
    schedule.take(1010.0, 100_000)
    assert schedule.next_due() > 1000.0


def test_what_was_not_taken_by_the_broker_is_due_as_if_nobody_had_tried(schedule: Schedule) -> None:
    schedule.know({ONE: {"o-1": 0}})
    copies = schedule.take(0.0, 10)

    schedule.not_sent(copies)

    (again,) = schedule.take(0.0, 10)
    assert again.first
