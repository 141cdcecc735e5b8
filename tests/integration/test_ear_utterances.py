"""The real ear: the same sound gives the same utterances, however it arrives."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from teddy_edge.audio.ring import Hop, Overrun, Ring
from teddy_edge.audio.samples import EAR_RATE, HOP, Pcm
from teddy_edge.ear.ear import Ear, EarEvent
from teddy_edge.ear.endpointing import Endpointing
from teddy_edge.ear.gate import Gate
from teddy_edge.ear.segmenter import PauseBegan, Utterance, UtteranceEnded
from teddy_edge.ear.silero import Silero, open_silero
from teddy_edge.inference.models import ModelStore
from teddy_edge.speech.transcriber import Transcriber
from tests.speaking import Speaking

ENDPOINTING = Endpointing(patience=0.2)


@pytest.fixture(scope="module")
def net(models: ModelStore) -> Silero:
    return open_silero(models)


@pytest.fixture(scope="module")
def talk(speaking: Speaking) -> Pcm:
    """Three sentences with pauses, in the noise of a room."""
    rng = np.random.default_rng(7)
    sentences = ["Hello Teddy.", "Why do cats purr?", "Tell me a joke, please."]
    parts = [speaking.child(sentence) for sentence in sentences]
    pause = np.zeros(2 * EAR_RATE, np.int16)
    whole = np.concatenate([pause, *(piece for part in parts for piece in (part, pause))])
    return (whole + rng.normal(0, 20, len(whole))).astype(np.int16)


def notice(net: Silero, pieces: Sequence[Pcm]) -> list[EarEvent]:
    net.reset()
    ear, ring = Ear(gate=Gate(), net=net, endpointing=ENDPOINTING), Ring()
    events: list[EarEvent] = []
    for piece in pieces:
        ring.write(piece)
        while (heard := ring.read(timeout=0)) is not None:
            events += ear.step(heard)
    return events


def hear(net: Silero, pieces: Sequence[Pcm]) -> list[Utterance]:
    return [event.utterance for event in notice(net, pieces) if isinstance(event, UtteranceEnded)]


def told(events: Sequence[EarEvent]) -> list[tuple[object, ...]]:
    """Pauses and ends, with every sample that goes with them."""
    return [
        (type(event), each.start, each.speech_end, each.decided, each.pcm.tobytes())
        for event in events
        if isinstance(event, PauseBegan | UtteranceEnded)
        for each in [event.utterance]
    ]


def cut(pcm: Pcm, sizes: Sequence[int]) -> list[Pcm]:
    pieces, at, turn = [], 0, 0
    while at < len(pcm):
        pieces.append(pcm[at : at + sizes[turn % len(sizes)]])
        at += sizes[turn % len(sizes)]
        turn += 1
    return pieces


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sizes=st.lists(st.integers(1, 20_000), min_size=1, max_size=8))
def test_chunks_of_any_size_give_byte_identical_utterances_and_pauses(
    net: Silero, talk: Pcm, sizes: list[int]
) -> None:
    whole = told(notice(net, cut(talk, [HOP])))

    pieces = told(notice(net, cut(talk, sizes)))

    assert sum(kind is UtteranceEnded for kind, *_ in whole) == 3
    assert sum(kind is PauseBegan for kind, *_ in whole) >= 3
    assert pieces == whole


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(zeros=st.integers(0, 319))
def test_zeros_before_the_talk_change_neither_count_nor_words(
    net: Silero, talk: Pcm, transcriber: Transcriber, zeros: int
) -> None:
    plain = hear(net, [talk])

    shifted = hear(net, [np.zeros(zeros, np.int16), talk])

    assert [transcriber.transcribe(u.pcm).text for u in shifted] == [
        transcriber.transcribe(u.pcm).text for u in plain
    ]


def test_the_gate_loses_no_utterance_that_the_network_alone_would_hear(net: Silero, talk: Pcm) -> None:
    class Open:
        def admits(self, hop: Pcm) -> bool:
            return True

    def with_gate(gate: Gate | Open) -> int:
        net.reset()
        ear = Ear(gate=gate, net=net, endpointing=ENDPOINTING)
        hops = talk[: len(talk) // HOP * HOP].reshape(-1, HOP)
        events = [event for n, hop in enumerate(hops) for event in ear.step(Hop(hop, n * HOP))]
        return sum(isinstance(event, UtteranceEnded) for event in events)

    assert with_gate(Gate()) == with_gate(Open()) == 3


@pytest.mark.parametrize("sound", ["silence", "noise", "hum", "keys"])
def test_no_utterance_in_what_is_not_speech(net: Silero, sound: str) -> None:
    rng, n = np.random.default_rng(3), 20 * EAR_RATE
    make: dict[str, Callable[[], np.ndarray]] = {
        "silence": lambda: np.zeros(n),
        "noise": lambda: rng.normal(0, 3000, n),
        "hum": lambda: 4000 * np.sin(2 * np.pi * 50 * np.arange(n) / EAR_RATE),
        "keys": lambda: np.where(rng.random(n) < 0.0005, 12000, 0) + rng.normal(0, 30, n),
    }

    assert hear(net, [make[sound]().astype(np.int16)]) == []


def test_an_overrun_is_told_and_the_ear_goes_on(net: Silero, talk: Pcm) -> None:
    net.reset()
    ear = Ear(gate=Gate(), net=net, endpointing=ENDPOINTING)
    first = ear.step(Overrun(lost=32_000, index=32_000))

    hops = talk[: len(talk) // HOP * HOP].reshape(-1, HOP)
    events = [event for n, hop in enumerate(hops) for event in ear.step(Hop(hop, 32_000 + n * HOP))]

    assert first == [Overrun(lost=32_000, index=32_000)]
    assert sum(isinstance(event, UtteranceEnded) for event in events) == 3
