"""The mouth plays what is current, tells what was heard, and never plays what is stale."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from teddy_edge.audio.fade import RAMP
from teddy_edge.audio.mouth import (
    ClauseHeard,
    Drained,
    Hushed,
    Mouth,
    MouthEvent,
    Position,
    SoundBegan,
    Spoken,
)
from teddy_shared.clock import SystemClock


def mouth() -> tuple[Mouth, list[MouthEvent]]:
    events: list[MouthEvent] = []
    return Mouth(clock=SystemClock(), post=events.append, volume=1.0), events


def clause(value: int, length: int, generation: int, number: int = 0) -> Spoken:
    return Spoken(np.full(length, value, np.int16), generation, number)


def test_a_reply_is_played_whole_and_its_end_is_told_after_its_last_sample() -> None:
    lips, events = mouth()
    lips.begin(1)
    lips.say(clause(5, 100, 1, 0))
    lips.say(clause(7, 50, 1, 1))
    lips.finish(1)

    heard = np.concatenate([lips.pull(40) for _ in range(5)])

    assert heard.tolist() == [5] * 100 + [7] * 50 + [0] * 50
    assert [type(event) for event in events] == [SoundBegan, ClauseHeard, ClauseHeard, Drained]
    assert lips.heard == 150


def test_silence_at_the_start_of_a_clause_is_not_yet_sound() -> None:
    lips, events = mouth()
    lips.begin(1)
    lips.say(Spoken(np.concatenate([np.zeros(80, np.int16), np.ones(40, np.int16)]), 1, 0))

    lips.pull(40)
    before = list(events)
    lips.pull(60)

    assert before == []
    assert isinstance(events[0], SoundBegan)


def test_what_is_left_of_an_interrupted_reply_is_never_played() -> None:
    lips, events = mouth()
    lips.begin(1)
    lips.say(clause(5, 1000, 1))
    lips.finish(1)
    lips.pull(40)

    lips.begin(2)
    lips.say(clause(5, 40, 1))
    lips.say(clause(9, 40, 2))

    assert lips.pull(80).tolist() == [9] * 40 + [0] * 40
    assert Drained(1) not in events


def test_volume_is_obeyed_from_the_next_sample_on() -> None:
    lips, _ = mouth()
    lips.begin(1)
    lips.say(clause(100, 80, 1))
    lips.pull(40)

    lips.volume = 0.5

    assert set(lips.pull(40).tolist()) == {50}


@given(
    st.lists(
        st.tuples(st.sampled_from(["begin", "say", "late", "pull"]), st.integers(1, 90)),
        max_size=60,
    )
)
def test_no_sample_of_an_older_generation_is_ever_heard(steps: list[tuple[str, int]]) -> None:
    lips, _ = mouth()
    generation = 1
    lips.begin(generation)
    for step, size in steps:
        match step:
            case "begin":
                generation += 1
                lips.begin(generation)
            case "say":
                lips.say(clause(generation, size, generation))
            case "late":
                lips.say(clause(generation - 1, size, generation - 1))
            case "pull":
                assert set(lips.pull(size).tolist()) <= {0, generation}


def test_ducked_it_speaks_low_and_swells_again_without_a_click() -> None:
    lips, _ = mouth()
    lips.begin(1)
    lips.say(clause(10_000, 10_000, 1))
    lips.pull(100)

    lips.duck()
    low = lips.pull(1000)
    lips.swell()
    loud = lips.pull(1000)

    assert set(low[500:].tolist()) == {2500}
    assert set(loud[500:].tolist()) == {10_000}
    assert np.abs(np.diff(np.concatenate([low, loud]).astype(int))).max() <= 10_000 // RAMP + 1


def test_hushed_it_fades_within_ten_milliseconds_and_tells_when_it_is_silent() -> None:
    lips, events = mouth()
    lips.begin(1)
    lips.say(clause(10_000, 10_000, 1))
    lips.pull(100)

    lips.hush()
    fading = lips.pull(100)
    before = list(events)
    rest = lips.pull(300)

    assert np.abs(np.diff(fading.astype(int))).max() <= 10_000 // RAMP + 1
    assert Hushed(1) not in before
    assert Hushed(1) in events
    assert not rest[RAMP - 100 :].any()
    assert not lips.pull(300).any()
    assert lips.position == Position(1, number=0, played=100 + RAMP, samples=10_000, heard=100 + RAMP)


def test_resumed_it_begins_the_clause_again_and_what_is_said_again_is_heard_once() -> None:
    lips, events = mouth()
    lips.begin(1)
    lips.say(clause(1000, 2000, 1, 0))
    lips.say(clause(2000, 1500, 1, 1))
    lips.finish(1)
    lips.pull(2500)
    lips.hush()
    lips.pull(500)

    lips.resume()
    again = lips.pull(3000)

    assert set(again[RAMP:1500].tolist()) == {2000}
    assert not again[1500:].any()
    assert lips.heard == 3500
    assert [event for event in events if isinstance(event, ClauseHeard)] == [
        ClauseHeard(1, 0, 2000),
        ClauseHeard(1, 1, 1500),
    ]
    assert events[-1] == Drained(1)


def test_what_is_queued_while_it_is_hushed_waits() -> None:
    lips, events = mouth()
    lips.begin(1)
    lips.hush()
    lips.pull(240)
    lips.say(clause(5, 100, 1))

    before = lips.pull(240)
    lips.resume()

    assert Hushed(1) in events
    assert not before.any()
    assert lips.pull(240).any()


def test_a_new_reply_is_heard_although_the_one_before_was_hushed() -> None:
    lips, _ = mouth()
    lips.begin(1)
    lips.say(clause(5, 1000, 1))
    lips.hush()
    lips.pull(480)

    lips.begin(2)
    lips.say(clause(7, 40, 2))

    assert lips.pull(80).tolist() == [7] * 40 + [0] * 40


@given(
    st.lists(
        st.tuples(st.sampled_from(["duck", "swell", "hush", "resume", "pull"]), st.integers(1, 700)),
        max_size=40,
    )
)
def test_however_it_is_ducked_and_held_no_sample_jumps_but_where_a_clause_begins(
    steps: list[tuple[str, int]],
) -> None:
    lips, events = mouth()
    lips.begin(1)
    lips.say(clause(10_000, 4000, 1))
    heard = [np.zeros(0, np.int16)]
    for step, size in steps:
        match step:
            case "duck":
                lips.duck()
            case "swell":
                lips.swell()
            case "hush":
                lips.hush()
            case "resume":
                lips.resume()
            case _:
                heard.append(lips.pull(size))
    whole = np.concatenate(heard).astype(int)

    inside = whole[: np.flatnonzero(whole)[-1] + 1] if whole.any() else whole
    assert np.abs(np.diff(inside)).max(initial=0) <= 10_000 // RAMP + 1
    assert lips.heard <= 4000
    assert sum(isinstance(event, ClauseHeard) for event in events) <= 1
