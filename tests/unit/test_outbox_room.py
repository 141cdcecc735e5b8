"""Who gives way next, what a gap says, and how old an acknowledgement is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from teddy_edge.outbox.entry import Mark
from teddy_edge.outbox.gaps import Gap, moved, next_gap, widened
from teddy_edge.outbox.grace import COARSE, GRACE, NOTED, Age, joins, outlived
from teddy_edge.outbox.room import YIELDING, Leaving, next_to_leave
from teddy_shared.envelope import Lane, When

NOW = When(boot="b", monotonic_us=0, wall_ms=0, synchronised=False)
marks = st.builds(
    lambda gone, graced, waiting: Mark(gone + graced, gone + graced + waiting, gone),
    *[st.integers(0, 300)] * 3,
)


@given(lanes=st.lists(marks, min_size=4, max_size=4), step=st.integers(1, 100))
def test_room_is_made_in_order_until_only_the_talk_and_safety_wait(lanes: list[Mark], step: int) -> None:
    standing = dict(zip(Lane, lanes, strict=True))
    gaps: list[tuple[Gap, ...]] = [() for _ in Lane]
    went: list[Leaving] = []
    while leaving := next_to_leave(standing, gaps, step=step):
        went.append(leaving)
        assert leaving.first <= leaving.last < leaving.first + step
        mark = standing[leaving.lane]
        if leaving.stored:
            assert (leaving.first, leaving.last <= mark.acked) == (mark.gone + 1, True)
            standing[leaving.lane] = Mark(mark.acked, mark.last, leaving.last)
        else:
            gaps[leaving.lane] = widened(gaps[leaving.lane], Gap(leaving.first, leaving.last, NOW))

    kinds = [(not each.stored, -each.lane) for each in went]
    assert kinds == sorted(kinds)
    assert all(mark.gone == mark.acked for mark in standing.values())
    assert {each.lane for each in went if not each.stored} <= set(YIELDING)
    for lane in YIELDING:
        acked, last, _ = standing[lane]
        assert [(gap.first, gap.last) for gap in gaps[lane]] == ([(acked + 1, last)] if last > acked else [])


def test_gaps_that_meet_are_one_and_others_are_not() -> None:
    one = widened((), Gap(3, 5, NOW))

    assert widened(one, Gap(6, 9, NOW)) == (Gap(3, 9, NOW),)
    assert widened(one, Gap(8, 9, NOW)) == (Gap(3, 5, NOW), Gap(8, 9, NOW))


def test_the_next_gap_is_the_one_at_a_number_or_behind_it() -> None:
    both = (Gap(3, 5, NOW), Gap(8, 9, NOW))

    assert [next_gap(both, seq) for seq in (1, 5, 6, 9, 10)] == [both[0], both[0], both[1], both[1], None]


def test_in_a_new_epoch_a_gap_that_was_acknowledged_in_part_is_the_rest_of_it() -> None:
    assert moved((Gap(1, 2, NOW), Gap(3, 9, NOW), Gap(12, 13, NOW)), 5) == (Gap(1, 4, NOW), Gap(7, 8, NOW))


def test_acknowledgements_close_together_share_a_note() -> None:
    assert joins([], 0.0) is None
    assert joins([(5, 0.0)], COARSE - 1) == 5
    assert joins([(5, 0.0)], COARSE) is None


def test_what_was_acknowledged_a_day_ago_may_go_and_nothing_younger() -> None:
    notes = [(5, 0.0), (9, 1000.0)]

    assert outlived(notes, GRACE) == 0
    assert outlived(notes, GRACE + COARSE) == 5
    assert outlived(notes, GRACE + COARSE + 1000) == 9


def test_age_goes_on_where_the_process_before_had_noted_it() -> None:
    age = Age()
    age.begin(lived=500.0, now=70.0)

    assert age.at(80.0) == 510.0
    assert not age.worth_noting(500.0 + NOTED - 1)
    assert age.worth_noting(500.0 + NOTED)
    assert not age.worth_noting(500.0 + NOTED)
