"""When a lane may send, and what an acknowledgement means to it."""

from __future__ import annotations

from teddy_edge.outbox.entry import Mark
from teddy_edge.outbox.lanes import LOW_ANSWERS, PATIENCE, Lanes, Meaning
from teddy_shared.clock import SeededChance
from teddy_shared.envelope import Lane
from teddy_shared.messages import Ack

LANE = Lane.INTERACTION


def lanes() -> Lanes:
    return Lanes(chance=SeededChance(1))


def ack(mark: int, *, pause_ms: int = 0) -> Ack:
    return Ack(epoch="e", lane=LANE, mark=mark, pause_ms=pause_ms)


def test_a_lane_in_flight_waits_and_the_others_do_not() -> None:
    state = lanes()
    state.sent(LANE, 64, now=0.0)

    assert not state.free(LANE, now=1.0)
    assert state.free(Lane.SAFETY, now=1.0)


def test_a_batch_without_an_answer_is_due_again_later_and_later() -> None:
    state = lanes()
    waits = []
    now = 0.0
    for _ in range(8):
        state.sent(LANE, 64, now)
        due = state.next_due(now)
        assert due is not None
        waits.append(due - now)
        now = due
        assert state.free(LANE, now)

    assert all(PATIENCE < wait <= PATIENCE + 60 for wait in waits)
    assert sum(waits[4:]) > sum(waits[:4])


def test_an_acknowledgement_of_all_frees_the_lane_at_once() -> None:
    state = lanes()
    state.sent(LANE, 64, now=0.0)

    assert state.hear(ack(64), Mark(0, 200), now=0.1) is Meaning.PROGRESS
    assert state.free(LANE, now=0.1)


def test_a_mark_below_what_was_sent_goes_on_from_there_at_once() -> None:
    state = lanes()
    state.sent(LANE, 64, now=0.0)

    assert state.hear(ack(10), Mark(0, 200), now=0.1) is Meaning.PROGRESS
    assert state.free(LANE, now=0.1)


def test_a_duplicate_acknowledgement_does_not_send_the_next_batch_twice() -> None:
    state = lanes()
    state.sent(LANE, 64, now=0.0)
    state.hear(ack(64), Mark(0, 200), now=0.1)
    state.sent(LANE, 128, now=0.1)

    assert state.hear(ack(64), Mark(64, 200), now=0.2) is Meaning.NOTHING
    assert not state.free(LANE, now=0.2)


def test_a_pause_is_obeyed() -> None:
    state = lanes()
    state.sent(LANE, 64, now=0.0)

    state.hear(ack(64, pause_ms=5000), Mark(0, 200), now=1.0)

    assert not state.free(LANE, now=5.9)
    assert state.free(LANE, now=6.0)
    assert state.next_due(1.0) == 6.0


def test_a_pause_without_progress_is_obeyed_too() -> None:
    state = lanes()
    state.sent(LANE, 64, now=0.0)

    state.hear(ack(0, pause_ms=60_000), Mark(0, 200), now=1.0)

    assert not state.free(LANE, now=60.0)


def test_a_new_connection_makes_all_that_was_in_flight_due() -> None:
    state = lanes()
    state.sent(LANE, 64, now=0.0)
    state.sent(Lane.SAFETY, 3, now=0.0)

    state.reopened()

    assert state.free(LANE, now=0.0)
    assert state.free(Lane.SAFETY, now=0.0)


def test_a_low_mark_means_that_the_cloud_lost_its_tail_and_is_sent_again_at_once() -> None:
    state = lanes()
    state.sent(LANE, 164, now=10.0)

    assert state.hear(ack(64), Mark(100, 200), now=10.1) is Meaning.REWIND
    assert state.free(LANE, now=10.1)


def test_late_acknowledgements_breed_no_batches() -> None:
    state = lanes()
    state.sent(LANE, 164, now=10.0)
    state.hear(ack(64), Mark(100, 200), now=10.1)
    state.sent(LANE, 128, now=10.1)
    state.hear(ack(164), Mark(64, 200), now=10.2)
    state.sent(LANE, 200, now=10.2)

    for _ in range(10):
        assert state.hear(ack(128), Mark(164, 200), now=10.3) is Meaning.NOTHING
    assert not state.free(LANE, now=10.3)


def test_a_low_mark_without_anything_in_flight_is_an_old_one() -> None:
    assert lanes().hear(ack(64), Mark(100, 200), now=10.0) is Meaning.NOTHING


def test_the_answer_to_a_hello_is_believed_also_when_nothing_is_in_flight() -> None:
    state = lanes()
    state.reopened()

    assert state.hear(ack(64), Mark(100, 100), now=0.1) is Meaning.REWIND
    assert state.hear(ack(10), Mark(64, 100), now=0.2) is Meaning.NOTHING


def test_a_pause_that_comes_with_a_low_mark_is_obeyed() -> None:
    state = lanes()
    state.reopened()

    state.hear(ack(64, pause_ms=5000), Mark(100, 200), now=1.0)

    assert not state.free(LANE, now=5.9)
    assert state.free(LANE, now=6.0)


def test_one_late_acknowledgement_of_what_is_no_longer_here_means_nothing() -> None:
    state = lanes()
    state.sent(LANE, 164, now=0.0)

    for _ in range(10):
        assert state.hear(ack(64), Mark(100, 200, gone=100), now=0.1) is Meaning.NOTHING


def test_a_cloud_that_keeps_answering_below_what_is_still_here_has_lost_it() -> None:
    state = lanes()
    meanings = []
    for attempt in range(LOW_ANSWERS):
        state.sent(LANE, 164, now=10.0 * attempt)
        meanings.append(state.hear(ack(0), Mark(100, 200, gone=100), now=10.0 * attempt + 1))

    assert meanings == [Meaning.NOTHING] * (LOW_ANSWERS - 1) + [Meaning.ELSEWHERE]


def test_a_cloud_that_knows_numbers_never_given_counts_otherwise() -> None:
    assert lanes().hear(ack(7), Mark(0, 6), now=0.0) is Meaning.ELSEWHERE
