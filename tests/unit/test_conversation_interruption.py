"""A sound over the bear's own is noticed, waited for, and judged by whether there were words in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teddy_edge.conversation.interruption import DUCK_AT, HUSH_AT, OVER_AT, Interruption, Move, Order, Speech
from teddy_edge.ear.segmenter import FRAME


def speak(reply: Interruption, frames: int, *, first: int = 1) -> list[Move]:
    """Frame by frame, as the ear tells it."""
    moves = [reply.speech(Speech(number * FRAME)) for number in range(first, frames + 1)]
    return [move for move in moves if move is not None]


def test_the_reply_is_lowered_at_the_first_sign_of_speech_and_held_when_it_goes_on() -> None:
    reply = Interruption()

    assert speak(reply, DUCK_AT // FRAME) == [Move.DUCK]
    assert speak(reply, HUSH_AT // FRAME, first=DUCK_AT // FRAME + 1) == [Move.HUSH]
    assert reply.held
    assert speak(reply, 60, first=HUSH_AT // FRAME + 1) == []


def test_a_word_that_was_understood_ends_the_reply() -> None:
    reply = Interruption()
    speak(reply, 20)

    assert reply.understood(stop=False) is Move.STOP
    assert reply.over


def test_a_cough_lets_it_resume() -> None:
    reply = Interruption()
    speak(reply, 12)

    assert reply.nothing_understood() is Move.RESUME
    assert speak(reply, 3) == [Move.DUCK]


def test_a_word_as_short_as_no_is_waited_for_although_it_is_over() -> None:
    reply = Interruption()
    speak(reply, 5)

    assert reply.speech(Speech(5 * FRAME, silence=2 * FRAME)) is None
    assert reply.speech(Speech(5 * FRAME, silence=3 * FRAME)) is Move.HUSH


def test_a_sound_too_short_for_a_word_only_lowers_it_for_a_moment() -> None:
    reply = Interruption()

    assert speak(reply, 4) == [Move.DUCK]
    assert reply.speech(Speech(4 * FRAME, silence=OVER_AT - 1)) is None
    assert reply.speech(Speech(4 * FRAME, silence=OVER_AT)) is Move.SWELL
    assert reply.nothing_understood() is None


def test_a_sign_of_speech_that_comes_to_nothing_is_forgotten() -> None:
    reply = Interruption()
    speak(reply, 2)

    assert reply.speech(Speech(0)) is Move.SWELL


def test_a_short_word_ends_the_reply_although_it_was_never_held() -> None:
    reply = Interruption()
    speak(reply, 4)
    reply.speech(Speech(4 * FRAME, silence=OVER_AT))

    assert reply.understood(stop=False) is Move.STOP


def test_somebody_who_coughs_and_then_speaks_is_held_for_again_after_as_much_speech() -> None:
    reply = Interruption()
    speak(reply, 12)
    reply.nothing_understood(Speech(12 * FRAME))

    assert speak(reply, 19, first=13) == [Move.DUCK]
    assert speak(reply, 20, first=20) == [Move.HUSH]


@pytest.mark.parametrize("order", Order)
def test_an_order_ends_the_reply_at_once(order: Order) -> None:
    reply = Interruption()

    assert reply.ordered(order) is Move.STOP
    assert reply.ordered(order) is None


def test_a_safety_line_is_neither_lowered_nor_ended_by_talk_a_squeeze_or_a_name() -> None:
    reply = Interruption()
    reply.protected = True

    assert speak(reply, 40) == []
    assert reply.understood(stop=False) is None
    assert reply.ordered(Order.SQUEEZE) is None
    assert reply.ordered(Order.NAME) is None


def test_stop_ends_even_a_safety_line() -> None:
    recognised, understood = Interruption(), Interruption()
    recognised.protected = understood.protected = True

    assert recognised.ordered(Order.STOP) is Move.STOP
    assert understood.understood(stop=True) is Move.STOP


def test_a_safety_line_that_was_found_while_the_child_still_spoke_is_said_when_it_has_finished() -> None:
    reply = Interruption()
    speak(reply, 20)
    reply.protected = True

    assert reply.understood(stop=False) is Move.RESUME
    assert not reply.over


def test_where_the_bear_may_be_hearing_itself_only_orders_count() -> None:
    reply = Interruption()

    moves = [reply.speech(Speech(number * FRAME), heeded=False) for number in range(40)]

    assert not any(moves)
    assert reply.understood(stop=True, heeded=False) is None
    assert reply.ordered(Order.NAME) is Move.STOP


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("speech"), st.integers(0, 40), st.integers(0, 20), st.booleans()),
            st.tuples(st.just("words"), st.booleans(), st.booleans(), st.just(0)),
            st.tuples(st.just("nothing"), st.integers(0, 40), st.just(0), st.just(0)),
            st.tuples(st.just("order"), st.sampled_from(Order), st.just(0), st.just(0)),
        ),
        max_size=40,
    )
)
def test_whatever_happens_a_held_reply_can_go_on_and_one_that_is_over_never_does(
    steps: list[tuple[str, object, object, object]],
) -> None:
    reply, over = Interruption(), False
    for what, first, second, third in steps:
        match what:
            case "speech":
                assert isinstance(first, int) and isinstance(second, int)
                move = reply.speech(Speech(first * FRAME, second * FRAME), heeded=bool(third))
            case "words":
                move = reply.understood(stop=bool(first), heeded=bool(second))
            case "nothing":
                assert isinstance(first, int)
                move = reply.nothing_understood(Speech(first * FRAME))
            case _:
                assert isinstance(first, Order)
                move = reply.ordered(first)
        assert not (over and move is not None)
        over = over or move is Move.STOP
    held = reply.held

    assert (reply.nothing_understood() is Move.RESUME) == held
