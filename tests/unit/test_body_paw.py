"""From the levels of a contact to squeezes."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from teddy_edge.body.paw import LONG, SETTLE, Paw, Squeeze

Move = tuple[float, bool]


def felt(*moves: Move, until: float = 10.0, every: float = 0.001) -> list[tuple[Squeeze, float]]:
    """All squeezes, each with the second at which it was told, of a paw that is asked so often."""
    paw, told, waiting, now = Paw(), [], list(moves), 0.0
    while now <= until:
        while waiting and waiting[0][0] <= now:
            at, level = waiting.pop(0)
            told += [(each, now) for each in paw.moves(level, at)]
        told += [(each, now) for each in paw.at(now)]
        now += every
    return told


def kinds(*moves: Move, every: float = 0.001) -> list[Squeeze]:
    return [kind for kind, _ in felt(*moves, every=every)]


def test_a_squeeze_is_told_as_soon_as_the_contact_rests() -> None:
    ((kind, at),) = felt((1.0, True), (1.4, False))

    assert kind is Squeeze.ONE
    assert at - 1.0 < 2 * SETTLE


def test_two_squeezes_in_a_row_are_one_and_then_twice() -> None:
    assert kinds((1.0, True), (1.15, False), (1.4, True), (1.6, False)) == [Squeeze.ONE, Squeeze.TWICE]


def test_two_squeezes_far_apart_are_one_and_one() -> None:
    assert kinds((1.0, True), (1.2, False), (1.8, True), (2.0, False)) == [Squeeze.ONE, Squeeze.ONE]


def test_a_third_squeeze_begins_anew() -> None:
    moves = [(1.0 + 0.15 * each, each % 2 == 0) for each in range(6)]

    assert kinds(*moves) == [Squeeze.ONE, Squeeze.TWICE, Squeeze.ONE]


def test_a_long_squeeze_is_told_once_and_before_it_ends() -> None:
    told = felt((1.0, True), (9.0, False))

    assert [kind for kind, _ in told] == [Squeeze.ONE, Squeeze.LONG]
    assert LONG <= told[1][1] - 1.0 < LONG + 0.01


def test_a_hold_that_ends_just_before_its_time_is_not_long_whenever_it_is_asked() -> None:
    for every in (0.001, 0.004, 0.007, 0.3):
        assert kinds((1.0, True), (1.0 + LONG - 0.005, False), every=every) == [Squeeze.ONE]


def test_a_spark_is_no_squeeze() -> None:
    assert kinds((1.0, True), (1.0 + SETTLE / 2, False), (2.0, True), (2.001, False)) == []


@given(
    st.lists(st.floats(0.06, 1.0), min_size=2, max_size=12),
    st.lists(st.floats(0.0005, 0.008), max_size=3).map(lambda gaps: gaps[: len(gaps) // 2 * 2]),
)
def test_a_contact_that_bounces_tells_what_a_clean_one_tells(holds: list[float], bounce: list[float]) -> None:
    clean: list[Move] = []
    bouncing: list[Move] = []
    at, level = 1.0, True
    for hold in holds:
        clean.append((at, level))
        bouncing.append((at, level))
        moment, shaken = at, level
        for gap in bounce:
            moment, shaken = moment + gap, not shaken
            bouncing.append((moment, shaken))
        at, level = at + hold, not level
    told, told_bouncing = (felt(*moves, until=at + 4, every=0.01) for moves in (clean, bouncing))
    borderline = any(abs(a + b - 0.5) < 0.03 for a, b in pairwise(holds))

    assert borderline or [kind for kind, _ in told] == [kind for kind, _ in told_bouncing]


@given(st.lists(st.integers(1, 4000), max_size=6))
def test_a_paw_that_is_asked_when_it_is_due_misses_nothing(gaps: list[int]) -> None:
    moves: list[Move] = []
    at, level = 0.0, True
    for gap in gaps:
        at += gap / 1000
        moves.append((at, level))
        level = not level
    paw, by_due = Paw(), []
    for moment, pressed in [*moves, (at + 10, level)]:
        while (due := paw.due) is not None and due <= moment:
            by_due += paw.at(due)
        by_due += paw.moves(pressed, moment)

    assert by_due == [kind for kind, _ in felt(*moves, until=at + 10, every=0.001)]
