"""The segmenter decides from probabilities alone where an utterance begins and ends."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from teddy_edge.audio.ring import Hop
from teddy_edge.audio.samples import EAR_RATE, HOP, Pcm
from teddy_edge.ear.ear import LOOK_BACK, Ear
from teddy_edge.ear.endpointing import LEAST_AND_MOST, Endpointing, WordsSoFar
from teddy_edge.ear.history import History
from teddy_edge.ear.segmenter import (
    FRAME,
    LONGEST,
    ONSET_WITHIN,
    PAUSE,
    PRE_ROLL,
    Judged,
    PauseBegan,
    Segmenter,
    SegmenterEvent,
    SpeechBegan,
    SpeechDropped,
    SpeechResumed,
    UtteranceEnded,
)
from teddy_shared.ages import AgeBand

Kind = TypeVar("Kind")

SECOND = EAR_RATE // FRAME  # frames, a little less than a second


def judge(
    probabilities: list[float],
    endpointing: Endpointing | None = None,
    *,
    words: WordsSoFar = WordsSoFar.UNKNOWN,
    late: int = 0,  # frames from a pause to the judgement on what was said before it
) -> list[SegmenterEvent]:
    history = History()
    segmenter = Segmenter(history=history, endpointing=endpointing or Endpointing(patience=0.0))
    events: list[SegmenterEvent] = []
    due: dict[int, Judged] = {}
    for number, probability in enumerate(probabilities):
        segmenter.judged = due.pop(number, segmenter.judged)
        history.add(np.full(FRAME, number, np.int16), number * FRAME)
        event = segmenter.judge(probability, number * FRAME)
        if isinstance(event, PauseBegan):
            due[number + 1 + late] = Judged(event.utterance.speech_end, words)
        if event is not None:
            events.append(event)
    return events


def utterances(events: list[SegmenterEvent]) -> list[UtteranceEnded]:
    return [event for event in events if isinstance(event, UtteranceEnded)]


def test_an_utterance_carries_half_a_second_from_before_it() -> None:
    events = judge([0.0] * SECOND + [0.9] * SECOND + [0.0] * 2 * SECOND)

    (ended,) = utterances(events)
    assert isinstance(events[0], SpeechBegan)
    assert ended.utterance.speech_start == SECOND * FRAME
    assert ended.utterance.start == SECOND * FRAME - PRE_ROLL
    assert ended.utterance.pcm[PRE_ROLL] == SECOND


def test_a_pause_shorter_than_the_wait_does_not_end_a_turn() -> None:
    pause = [0.0] * (SECOND // 2)

    events = judge([0.9] * SECOND + pause + [0.9] * SECOND + [0.0] * 2 * SECOND)

    assert len(utterances(events)) == 1


@pytest.mark.parametrize("band", list(AgeBand))
def test_smaller_children_are_given_longer_pauses(band: AgeBand) -> None:
    waits = [Endpointing(each, 0.5).wait() for each in AgeBand]

    assert waits == sorted(waits, reverse=True)
    assert Endpointing(band, 0.0).wait() < Endpointing(band, 1.0).wait()


def test_more_patience_keeps_two_halves_of_a_sentence_together() -> None:
    sentence = [0.9] * SECOND + [0.0] * SECOND + [0.9] * SECOND + [0.0] * 4 * SECOND

    hasty = judge(sentence, Endpointing(AgeBand.MIDDLE, 0.0))
    patient = judge(sentence, Endpointing(AgeBand.MIDDLE, 0.6))

    assert (len(utterances(hasty)), len(utterances(patient))) == (2, 1)


def test_a_click_in_a_pause_does_not_start_the_wait_anew() -> None:
    quiet = judge([0.9] * SECOND + [0.0] * 3 * SECOND)
    clicked = judge([0.9] * SECOND + [0.0] * 8 + [0.9] + [0.0] * 3 * SECOND)

    late = utterances(clicked)[0].utterance.decided - utterances(quiet)[0].utterance.decided
    assert late <= 6 * FRAME


def test_a_cough_is_dropped_and_the_bear_listens_on() -> None:
    events = judge([0.9] * 3 + [0.1] * SECOND + [0.9] * SECOND + [0.0] * SECOND)

    kinds = [SpeechBegan, SpeechDropped, SpeechBegan, PauseBegan, UtteranceEnded]
    assert [type(event) for event in events] == kinds


def test_a_wavering_probability_does_not_chop_a_word() -> None:
    wavering = [0.55, 0.4, 0.6, 0.36, 0.7, 0.45] * 8

    assert len(utterances(judge(wavering + [0.0] * SECOND))) == 1


def test_a_child_who_never_stops_is_answered_after_fifteen_seconds() -> None:
    events = judge([0.9] * 20 * SECOND)

    assert utterances(events)[0].utterance.decided <= LONGEST + FRAME


def test_a_steady_maybe_does_not_keep_the_bear_waiting() -> None:
    events = judge([0.9] * SECOND + [0.4] * 3 * SECOND)

    assert len(utterances(events)) == 1


def test_a_television_behind_a_knock_does_not_make_a_child_s_sentence_longer() -> None:
    knock, television, child = [0.6] * 2, [0.4] * 14 * SECOND, [0.9] * 2 * SECOND

    (ended,) = utterances(judge(knock + television + child + [0.0] * 2 * SECOND))

    assert ended.utterance.speech_start == len(knock + television) * FRAME


PROBABILITIES = st.lists(st.sampled_from([0.0, 0.4, 0.6]), max_size=4)


@example(before=[0.6, 0.6], pattern=[0.4], times=200)
@example(before=[0.6, 0.6], pattern=[0.0, 0.6], times=200)
@given(before=PROBABILITIES, pattern=PROBABILITIES, times=st.integers(0, 200))
def test_what_begins_an_utterance_is_never_old(before: list[float], pattern: list[float], times: int) -> None:
    history = History()
    segmenter = Segmenter(history=history, endpointing=Endpointing())
    for number, probability in enumerate([*before, *pattern * times, *[0.9] * 40, *[0.0] * 100]):
        history.add(np.zeros(FRAME, np.int16), number * FRAME)
        match segmenter.judge(probability, number * FRAME):
            case SpeechBegan(at=at):
                noticed = at
            case UtteranceEnded(utterance):
                assert noticed - utterance.speech_start <= ONSET_WITHIN


def test_what_was_heard_before_the_gate_closed_begins_nothing_later() -> None:
    probabilities = {0: 0.6, 1: 0.6}  # a knock; then nobody for five seconds

    class Net:
        def __init__(self) -> None:
            self.judged = 0

        def probability(self, frame: Pcm) -> float:
            self.judged += 1
            return probabilities.get(self.judged - 1, 0.9)

        def reset(self) -> None: ...

    class Opens:
        def __init__(self) -> None:
            self.hops = 0

        def admits(self, hop: Pcm) -> bool:
            self.hops += 1
            return self.hops <= 7 or self.hops > 500

    ear = Ear(gate=Opens(), net=Net(), endpointing=Endpointing())

    began = [
        event
        for number in range(600)
        for event in ear.step(Hop(np.zeros(HOP, np.int16), number * HOP))
        if isinstance(event, SpeechBegan)
    ]

    assert began[0].at == 501 * HOP - LOOK_BACK + 3 * FRAME


def of_kind(kind: type[Kind], events: list[SegmenterEvent]) -> list[Kind]:
    return [event for event in events if isinstance(event, kind)]


def test_the_turn_ends_with_what_the_pause_told_sample_for_sample() -> None:
    events = judge([0.0] * SECOND + [0.9] * SECOND + [0.2] * 2 * SECOND)

    (pause,), (ended,) = of_kind(PauseBegan, events), utterances(events)
    so_far, whole = pause.utterance, ended.utterance
    assert (so_far.start, so_far.speech_end) == (whole.start, whole.speech_end)
    assert np.array_equal(so_far.pcm, whole.pcm)
    assert PAUSE <= so_far.decided - so_far.speech_end < PAUSE + FRAME


def test_a_child_who_goes_on_is_told_with_the_length_of_the_pause() -> None:
    events = judge([0.9] * SECOND + [0.0] * 12 + [0.9] * SECOND, Endpointing(patience=1.0))

    assert [type(event) for event in events] == [SpeechBegan, PauseBegan, SpeechResumed]
    assert of_kind(SpeechResumed, events)[0].pause == 12 * FRAME


def test_a_click_in_a_pause_is_no_going_on() -> None:
    events = judge([0.9] * SECOND + [0.0] * 8 + [0.9] + [0.0] * 3 * SECOND)

    assert of_kind(SpeechResumed, events) == []
    assert len(of_kind(PauseBegan, events)) == 2  # what is heard ahead must hold the click too


@pytest.mark.parametrize("band", list(AgeBand))
def test_a_finished_sentence_is_answered_sooner_than_an_open_one(band: AgeBand) -> None:
    sentence = [0.9] * SECOND + [0.0] * 4 * SECOND

    finished, open_ = (
        utterances(judge(sentence, Endpointing(band), words=words))[0].utterance
        for words in (WordsSoFar.FINISHED, WordsSoFar.OPEN)
    )

    least, most = LEAST_AND_MOST[band]
    assert least <= (finished.decided - finished.speech_end) / EAR_RATE <= least + (most - least) / 4
    assert most <= (open_.decided - open_.speech_end) / EAR_RATE <= most + 0.1


def test_a_judgement_that_comes_late_ends_the_turn_at_once() -> None:
    events = judge(
        [0.9] * SECOND + [0.0] * 4 * SECOND, Endpointing(patience=1.0), words=WordsSoFar.FINISHED, late=50
    )

    (pause,), (ended,) = of_kind(PauseBegan, events), utterances(events)
    assert ended.utterance.decided == pause.utterance.decided + 51 * FRAME


def test_a_judgement_on_words_that_were_gone_on_with_says_nothing_about_the_rest() -> None:
    first, pause, rest = [0.9] * SECOND, [0.0] * 12, [0.9] * SECOND
    late = 13 + SECOND // 2  # the first judgement comes when the child speaks again

    events = judge(
        first + pause + rest + [0.0] * 4 * SECOND,
        Endpointing(patience=0.5),
        words=WordsSoFar.FINISHED,
        late=late,
    )

    (_, second), (ended,) = of_kind(PauseBegan, events), utterances(events)
    assert len(of_kind(SpeechResumed, events)) == 1
    assert ended.utterance.decided > second.utterance.decided + late * FRAME


def test_a_long_pause_is_not_counted_against_the_next_one() -> None:
    pause = [0.0] * round(0.9 * SECOND)
    word = [0.9] * 5

    events = judge(
        [0.9] * SECOND + pause + word + pause + word + [0.0] * 3 * SECOND, Endpointing(patience=0.4)
    )

    assert len(utterances(events)) == 1


@given(
    pattern=st.lists(st.tuples(st.sampled_from([0.0, 0.4, 0.6, 0.9]), st.integers(1, 40)), max_size=12),
    words=st.sampled_from(list(WordsSoFar)),
    late=st.integers(0, 30),
)
@example(pattern=[(0.6, 5), (0.4, 91), (0.6, 1)], words=WordsSoFar.OPEN, late=0)
def test_whatever_is_heard_the_end_of_a_turn_was_told_as_a_pause_or_the_turn_was_as_long_as_may_be(
    pattern: list[tuple[float, int]], words: WordsSoFar, late: int
) -> None:
    probabilities = [probability for probability, times in pattern for _ in range(times)] + [0.0] * 120

    told: Pcm | None = None
    for event in judge(probabilities, words=words, late=late):
        match event:
            case PauseBegan(utterance):
                told = utterance.pcm
            case UtteranceEnded(utterance):
                length = utterance.decided - utterance.speech_start
                assert length >= LONGEST or (told is not None and np.array_equal(told, utterance.pcm))
                told = None
