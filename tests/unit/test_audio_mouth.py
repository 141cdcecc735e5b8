"""The mouth plays what is current, tells what was heard, and never plays what is stale."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from teddy_edge.audio.mouth import ClauseHeard, Drained, Mouth, MouthEvent, SoundBegan, Spoken
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
