"""What a child's pauses say about how long to wait for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teddy_edge.audio.samples import EAR_RATE
from teddy_edge.ear.endpointing import LEAST_AND_MOST, PATIENCE, Endpointing, WordsSoFar
from teddy_edge.ear.habit import ENOUGH, KEPT, Habit
from teddy_shared.ages import AgeBand

FINISHED, OPEN = WordsSoFar.FINISHED, WordsSoFar.OPEN


def wait(
    habit: Habit, words: WordsSoFar, patience: float = PATIENCE, band: AgeBand = AgeBand.MIDDLE
) -> float:
    return Endpointing(band, patience, habit).wait(words) / EAR_RATE


def after(*, ends: int = 0, behind: int = 0, within: int = 0, seconds: float = 1.0) -> Habit:
    habit = Habit()
    for _ in range(ends):
        habit = habit.with_end()
    for _ in range(behind):
        habit = habit.with_pause(seconds, sounded_finished=True)
    for _ in range(within):
        habit = habit.with_pause(seconds, sounded_finished=False)
    return habit


def test_a_few_pauses_say_nothing_yet() -> None:
    few = after(behind=ENOUGH - 1, within=ENOUGH - 1)

    assert [wait(few, words) for words in WordsSoFar] == [wait(Habit(), words) for words in WordsSoFar]


def test_a_child_who_often_goes_on_behind_a_sentence_is_given_longer() -> None:
    habit = after(ends=20, behind=4, seconds=1.1)

    assert wait(habit, FINISHED) == pytest.approx(1.3)
    assert wait(habit, FINISHED) > wait(Habit(), FINISHED)


def test_a_child_who_hardly_ever_does_is_answered_as_soon_as_may_be() -> None:
    habit = after(ends=39, behind=1)

    assert wait(habit, FINISHED) == LEAST_AND_MOST[AgeBand.MIDDLE][0]


def test_a_child_whose_pauses_are_short_is_not_waited_for_in_vain() -> None:
    assert wait(after(within=KEPT, seconds=0.5), OPEN) < wait(Habit(), OPEN)


def test_a_cut_off_takes_the_place_of_the_end_that_it_was_taken_for() -> None:
    habit = after(ends=3).with_cut_off(1.4, sounded_finished=True)

    assert habit.behind == (0.0, 0.0, 1.4)
    assert Habit().with_cut_off(1.4, sounded_finished=False).within == (1.4,)


@given(
    within=st.lists(st.floats(0, 20), max_size=2 * KEPT),
    behind=st.lists(st.floats(0, 20), max_size=2 * KEPT),
    patience=st.floats(0, 1),
    band=st.sampled_from(AgeBand),
)
def test_whatever_was_learned_the_wait_keeps_its_bounds(
    within: list[float], behind: list[float], patience: float, band: AgeBand
) -> None:
    habit = Habit()
    for seconds in within:
        habit = habit.with_pause(seconds, sounded_finished=False)
    for seconds in behind:
        habit = habit.with_pause(seconds, sounded_finished=True)

    least, most = LEAST_AND_MOST[band]
    waits = [wait(habit, words, patience, band) for words in WordsSoFar]
    assert all(least - 0.001 <= each <= most + 0.001 for each in waits)
    assert len(habit.within) <= KEPT >= len(habit.behind)


@given(behind=st.lists(st.floats(0, 3), min_size=ENOUGH, max_size=KEPT), band=st.sampled_from(AgeBand))
def test_parents_who_ask_for_patience_never_get_less(behind: list[float], band: AgeBand) -> None:
    habit = Habit(within=tuple(behind), behind=tuple(behind))

    for words in (FINISHED, OPEN):
        assert wait(habit, words, 0.9, band) >= wait(Habit(), words, 0.9, band)
