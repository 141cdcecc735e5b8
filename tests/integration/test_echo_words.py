"""The bear hears past its own voice: judged by what the ear takes for speech, and by what is understood."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from teddy_edge.audio.resample import Resampler, to_pcm
from teddy_edge.audio.ring import Hop
from teddy_edge.audio.samples import EAR_RATE, HOP, MOUTH_RATE, Pcm
from teddy_edge.ear.ear import Ear, EarEvent
from teddy_edge.ear.endpointing import Endpointing
from teddy_edge.ear.gate import Gate
from teddy_edge.ear.segmenter import Utterance, UtteranceEnded
from teddy_edge.ear.silero import open_silero
from teddy_edge.echo.canceller import Canceller, open_canceller
from teddy_edge.echo.echo import Echo, Measured
from teddy_edge.inference.models import ModelStore
from teddy_edge.speech.hibari import HibariSynthesizer
from teddy_edge.speech.transcriber import Transcriber
from teddy_shared.errors import PartMissing
from tests.rooms import SILENCE, in_a_room, mixed
from tests.speaking import Speaking

STORY = "Once upon a time there was a little bear who could not sleep, because the moon was so bright."
FACT = "Elephants are the biggest animals that walk on land, and they love to splash in the water."
DELAY = 1_700  # samples between the speaker and the ear
TALKS = 9 * EAR_RATE  # when a child speaks, in the middle of the fact
DONE = 14 * EAR_RATE  # the bear has said all


@pytest.fixture(scope="module")
def played(synthesizer: HibariSynthesizer) -> Pcm:
    """Half a second of silence, two sentences, and silence."""
    said = [_at_the_ear(synthesizer.render(each)) for each in (STORY, FACT)]
    pause = np.zeros(EAR_RATE // 2, np.int16)
    whole = np.concatenate((pause, said[0], pause, said[1]))
    return np.concatenate((whole, np.zeros(17 * EAR_RATE - len(whole), np.int16)))


@dataclass
class Listened:
    echo: Echo
    cleaned: Pcm
    drowned: list[bool]
    events: list[EarEvent] = field(default_factory=list)

    @property
    def utterances(self) -> list[Utterance]:
        """Long enough to be heard; a short one is a cough for the segmenter."""
        return [each.utterance for each in self.events if isinstance(each, UtteranceEnded)]


@pytest.fixture(scope="module")
def ear(models: ModelStore) -> Ear:
    return Ear(gate=Gate(), net=open_silero(models), endpointing=Endpointing())


def listen(models: ModelStore, heard: Pcm, played: Pcm, echo: Echo | None = None) -> Listened:
    if echo is None:
        echo = Echo()
        echo.attach()
    ear = Ear(gate=Gate(), net=open_silero(models), endpointing=Endpointing())
    hops, events = [], []
    for at in range(0, len(heard), HOP):
        reference = played[at : at + HOP]
        hop = echo.clean(Hop(heard[at : at + HOP], at, reference if reference.any() else None))
        assert isinstance(hop, Hop)
        hops.append(hop)
        events += ear.step(hop)
    return Listened(echo, np.concatenate([hop.pcm for hop in hops]), [hop.drowned for hop in hops], events)


@pytest.mark.parametrize(("loudness", "rattle"), [(0.05, 0.0), (1.0, 6000.0)])
def test_a_bear_does_not_hear_itself(loudness: float, rattle: float, played: Pcm, models: ModelStore) -> None:
    room = in_a_room(played, seed=7, loudness=loudness, delay=DELAY, rattle=rattle)

    listened = listen(models, mixed(room, SILENCE, 0), played)

    assert listened.events == []
    assert listened.echo.voice_may_interrupt
    enhancement = listened.echo.measured.enhancement
    assert enhancement is not None
    assert enhancement > 18


@pytest.mark.parametrize("loudness", [0.05, 1.0])
def test_stop_said_over_the_bear_is_understood(
    loudness: float, played: Pcm, models: ModelStore, synthesizer: HibariSynthesizer, transcriber: Transcriber
) -> None:
    stop = Speaking(synthesizer).child("Stop! Stop it!")
    room = in_a_room(played, seed=8, loudness=loudness, delay=DELAY)

    listened = listen(models, mixed(room, stop, TALKS), played)

    said = listened.cleaned[TALKS - EAR_RATE // 4 : TALKS + len(stop) + EAR_RATE // 2]
    assert "stop" in transcriber.transcribe(said).text.lower()
    assert any(
        each.speech_start < TALKS + len(stop) and each.speech_end > TALKS for each in listened.utterances
    )


def test_without_a_canceller_the_bear_is_deaf_while_it_speaks_and_hears_whoever_speaks_next(
    played: Pcm, models: ModelStore, synthesizer: HibariSynthesizer, transcriber: Transcriber
) -> None:
    def missing() -> Canceller:
        raise PartMissing("livekit", "install it")

    echo = Echo(opening=missing)
    echo.attach()
    answer = Speaking(synthesizer).child("What do elephants eat?")
    room = in_a_room(played, seed=9, loudness=0.5, delay=DELAY)

    listened = listen(models, mixed(room, answer, DONE), played, echo)

    assert not echo.voice_may_interrupt
    assert any(listened.drowned)
    assert not any(listened.drowned[DONE // HOP :])
    (utterance,) = listened.utterances
    assert "elephants" in transcriber.transcribe(utterance.pcm).text.lower()


def test_while_nothing_is_played_every_hop_passes_untouched() -> None:
    echo = Echo()
    echo.attach()
    chance = np.random.default_rng(0)
    hops = [Hop(chance.integers(-9000, 9000, HOP).astype(np.int16), n * HOP) for n in range(100)]

    assert all(echo.clean(hop) is hop for hop in hops)


def test_a_bear_whose_speaker_is_far_from_its_ear_may_always_be_interrupted() -> None:
    echo = Echo()
    hop = Hop(np.ones(HOP, np.int16), 0, np.ones(HOP, np.int16))

    assert echo.clean(hop) is hop
    assert echo.voice_may_interrupt


def test_a_way_that_changes_is_found_again(played: Pcm, models: ModelStore) -> None:
    echo = Echo()
    echo.attach(Measured(delay=6_000, enhancement=30.0, good=True))
    room = in_a_room(played, seed=4, loudness=0.5, delay=DELAY)

    listen(models, mixed(room, SILENCE, 0), played, echo)

    delay = echo.measured.delay
    assert delay is not None
    assert abs(delay - DELAY) < EAR_RATE // 60


def test_the_canceller_costs_little_of_a_hop() -> None:
    """A hop is 10 ms; here it may take a tenth of that, on a machine that does other things too."""
    import time

    canceller, chance = open_canceller(), np.random.default_rng(0)
    hops = [chance.integers(-3000, 3000, HOP).astype(np.int16) for _ in range(200)]
    began = time.process_time()
    for hop in hops:
        canceller.process(hop, hop, 100)

    assert (time.process_time() - began) / len(hops) < 0.001


def _at_the_ear(pcm: Pcm) -> Pcm:
    quieter = (pcm * 0.7).astype(np.float32)
    return to_pcm(Resampler(from_rate=MOUTH_RATE, to_rate=EAR_RATE).feed(quieter))
