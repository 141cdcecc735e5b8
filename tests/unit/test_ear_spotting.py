"""The ear lets the spotter hear only while the gate is open, and that changes nothing of what it tells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from teddy_edge.audio.ring import Hop
from teddy_edge.audio.samples import EAR_RATE, HOP, Pcm
from teddy_edge.ear.ear import Ear, EarEvent
from teddy_edge.ear.endpointing import Endpointing
from teddy_edge.ear.segmenter import NAME, SpeechBegan, SpeechGoesOn, UtteranceEnded
from teddy_edge.waking.features import STEP
from teddy_edge.waking.head import open_head
from teddy_edge.waking.spotter import Spotter, Watch, Woke
from tests.waking_fakes import LoudnessFeatures, write_head

LOUD = 30_000


class Gated:
    """Open for the hops it is told."""

    def __init__(self, is_open: Callable[[int], bool]) -> None:
        self._is_open = is_open
        self._hop = -1

    def admits(self, hop: Pcm) -> bool:
        self._hop += 1
        return self._is_open(self._hop)


class Deaf:
    def probability(self, frame: Pcm) -> float:
        return 0.0

    def reset(self) -> None: ...


@pytest.fixture
def features() -> LoudnessFeatures:
    return LoudnessFeatures()


@pytest.fixture
def spotter(features: LoudnessFeatures, tmp_path: Path) -> Spotter:
    write_head(tmp_path, "loud")
    return Spotter(features=features, watches=[Watch(open_head("loud", folder=tmp_path), Woke)])


def heard(spotter: Spotter, pcm: Pcm, *, drowned: bool = False) -> list[EarEvent]:
    """What an ear tells whose network takes nothing for speech."""
    ear = Ear(gate=Gated(lambda hop: True), net=Deaf(), endpointing=Endpointing(), spotter=spotter)
    hops = pcm[: len(pcm) // HOP * HOP].reshape(-1, HOP)
    events = [event for n, hop in enumerate(hops) for event in ear.step(Hop(hop, n * HOP, drowned=drowned))]
    return [event for event in events if not isinstance(event, SpeechGoesOn)]


def told(
    spotter: Spotter, pcm: Pcm, is_open: Callable[[int], bool], first: int = 0, *, drowned: bool = False
) -> list[int]:
    ear = Ear(gate=Gated(is_open), net=Deaf(), endpointing=Endpointing(), spotter=spotter)
    hops = pcm[: len(pcm) // HOP * HOP].reshape(-1, HOP)
    events = [
        event for n, hop in enumerate(hops) for event in ear.step(Hop(hop, first + n * HOP, drowned=drowned))
    ]
    return [event.at for event in events if isinstance(event, Woke)]


def sound(seconds: float, loud: Sequence[int]) -> Pcm:
    """Quiet, with a step of 80 ms of loudness at each of these samples."""
    pcm = np.full(int(seconds * EAR_RATE), 50, np.int16)
    for at in loud:
        pcm[at : at + STEP] = LOUD
    return pcm


def test_nothing_is_asked_of_the_networks_while_the_gate_is_closed(
    spotter: Spotter, features: LoudnessFeatures
) -> None:
    assert told(spotter, sound(5, [40 * STEP]), lambda hop: False) == []
    assert features.steps == 0


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    loud=st.lists(st.integers(0, 60 * STEP), max_size=3),
    opened=st.lists(st.integers(0, 500), max_size=4),
    hold=st.integers(20, 150),
)
def test_what_is_told_while_the_gate_is_open_does_not_depend_on_when_it_opened(
    spotter: Spotter, loud: list[int], opened: list[int], hold: int
) -> None:
    pcm = sound(6, loud)

    def is_open(hop: int) -> bool:
        return any(each <= hop < each + hold for each in opened)

    always = told(spotter, pcm, lambda hop: True)
    gated = told(spotter, pcm, is_open)

    # A look is complete with the last hop of its step. Where the first of two loud steps was missed, the
    # second is told though it would have been too soon after the first.
    heard = {at for at in always if is_open(at // HOP - 1)}
    assert heard <= set(gated)


def test_who_calls_the_bear_is_heard_though_the_network_takes_it_for_no_speech(spotter: Spotter) -> None:
    began, woke, *_, ended = heard(spotter, sound(8, [20 * STEP]))

    assert isinstance(began, SpeechBegan)
    assert isinstance(woke, Woke)
    assert isinstance(ended, UtteranceEnded)
    assert ended.utterance.speech_start == woke.at - NAME
    assert ended.utterance.speech_start <= woke.at <= ended.utterance.decided
    assert LOUD in ended.utterance.pcm


def test_the_name_in_the_bears_own_voice_begins_no_utterance(spotter: Spotter) -> None:
    assert [type(each) for each in heard(spotter, sound(8, [20 * STEP]), drowned=True)] == [Woke]


def test_a_stream_that_begins_anywhere_is_spotted_on_the_same_grid(spotter: Spotter) -> None:
    pcm = sound(3, [10 * STEP])

    assert told(spotter, pcm, lambda hop: True, first=50 * STEP) == [61 * STEP]


def test_a_second_talk_is_not_told_the_end_of_the_first(spotter: Spotter) -> None:
    told(spotter, sound(1, [EAR_RATE - STEP]), lambda hop: True)

    assert told(spotter, sound(1, []), lambda hop: True) == []


def test_a_word_that_the_bears_own_voice_drowns_is_still_spotted(spotter: Spotter) -> None:
    pcm = sound(4.0, [2 * EAR_RATE])
    heard = told(spotter, pcm, lambda _: True)

    assert heard
    assert told(spotter, pcm, lambda _: True, drowned=True) == heard
