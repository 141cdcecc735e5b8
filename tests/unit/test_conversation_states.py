"""The table of states allows what is meant and refuses the rest."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teddy_edge.conversation.states import MOVES, State, States


def test_a_whole_turn_is_legal() -> None:
    states = States()
    way = [
        State.IDLE,
        State.LISTENING,
        State.THINKING,
        State.SPEAKING,
        State.INTERRUPTED,
        State.LISTENING,
        State.THINKING,
        State.SPEAKING,
        State.FOLLOW_UP,
        State.IDLE,
    ]

    assert all(states.to(state) for state in way)


@pytest.mark.parametrize("target", [State.SPEAKING, State.THINKING, State.INTERRUPTED, State.FOLLOW_UP])
def test_the_bear_cannot_speak_or_think_before_it_has_listened(target: State) -> None:
    states = States()
    states.to(State.IDLE)

    assert not states.to(target)
    assert states.now is State.IDLE


def test_a_muted_bear_cannot_listen() -> None:
    assert not MOVES[State.MUTED] & {State.LISTENING, State.ATTENDING, State.THINKING, State.SPEAKING}


def test_every_state_can_be_left_and_every_state_but_boot_can_be_reached() -> None:
    assert set(MOVES) == set(State)
    assert all(MOVES[state] for state in State)
    assert set().union(*MOVES.values()) >= set(State) - {State.BOOT}


@given(st.lists(st.sampled_from(list(State)), max_size=50))
def test_observers_see_only_legal_moves_in_order(wishes: list[State]) -> None:
    states, seen = States(), [State.BOOT]
    states.observe(seen.append)

    for wish in wishes:
        states.to(wish)

    assert all(after in MOVES[before] for before, after in pairwise(seen))
    assert seen[-1] is states.now


def test_a_bear_at_its_limit_can_still_listen_and_ring() -> None:
    assert {State.LISTENING, State.RINGING} <= MOVES[State.QUIET_HOURS]
