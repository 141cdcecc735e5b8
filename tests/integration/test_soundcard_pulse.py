"""Real sound through PortAudio: into the ring, out of the mouth, and over a card that goes and comes back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from teddy_edge.audio import card_microphone, card_speaker
from teddy_edge.audio.card import CardLost, CardNews, CardOpened, Xrun
from teddy_edge.audio.card_microphone import CardMicrophone
from teddy_edge.audio.card_speaker import CardSpeaker
from teddy_edge.audio.mouth import Drained, Mouth, MouthEvent, Spoken
from teddy_edge.audio.ring import Hop, Ring
from teddy_edge.audio.samples import EAR_RATE, MOUTH_RATE, Pcm
from teddy_edge.audio.soundcard import PortAudio
from teddy_shared.clock import SeededChance, SystemClock
from tests.sound_server import SoundServer, sound_server

TRIES: Final = 4  # a loaded machine tears holes into sound, which are counted as xruns and not our promise
BUFFERED: Final = 0.060  # seconds: the most that may still be heard after an interruption


@dataclass
class Sound:
    """Microphone and speaker of a bear on the real card, and what they told."""

    server: SoundServer
    ring: Ring
    mouth: Mouth
    speaker: CardSpeaker
    microphone: CardMicrophone
    events: list[MouthEvent]
    ear_news: list[CardNews] = field(default_factory=list)
    mouth_news: list[CardNews] = field(default_factory=list)

    def heard(self) -> Pcm:
        """All that is in the ring now."""
        hops = list(iter(lambda: self.ring.read(timeout=0.0), None))
        assert all(isinstance(hop, Hop) for hop in hops), "the ring overran"
        return np.concatenate([np.zeros(0, np.int16), *(hop.pcm for hop in hops if isinstance(hop, Hop))])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoundServer]:
    folder: Path = tmp_path_factory.mktemp("sound")
    with sound_server(folder) as server, pytest.MonkeyPatch.context() as environment:
        for name, value in server.environment.items():
            environment.setenv(name, value)
        yield server


@pytest.fixture(scope="module")
def cards(server: SoundServer) -> PortAudio:
    cards = PortAudio()
    cards.look_again()  # an earlier server may have been looked at
    return cards


@pytest.mark.parametrize("rates", [card_microphone.RATES, (44_100,), (48_000,)])
def test_what_is_said_into_the_microphone_reaches_the_ring_whole(
    server: SoundServer, cards: PortAudio, rates: Sequence[int]
) -> None:
    speech = speech_like(EAR_RATE, seconds=0.6)
    with sound(server, cards, microphone=rates) as bear:
        for _ in range(TRIES):
            server.speak(speech)
            time.sleep(0.15)
            heard = bear.heard()
            at, likeness = find(speech, heard)
            if likeness > 0.9999:
                break

    assert changes(bear.ear_news) == [CardOpened(rates[0], 1, "bear_microphone")]
    assert likeness > 0.9999
    if rates[0] == EAR_RATE:
        assert np.array_equal(heard[at : at + len(speech)], speech)
    assert np.abs(heard[: max(0, at - 32)]).max(initial=0) < 5  # nothing before it but the filter's ripple


@pytest.mark.parametrize("rates", [card_speaker.RATES, (44_100,), (48_000,)])
def test_what_the_mouth_says_is_heard_from_the_speaker_and_the_cursor_follows(
    server: SoundServer, cards: PortAudio, rates: Sequence[int]
) -> None:
    speech = speech_like(MOUTH_RATE, seconds=0.6)
    latencies, likeness = [], 0.0
    with sound(server, cards, speaker=rates) as bear, server.listening() as heard:
        for generation in range(1, TRIES + 1):
            say(bear.mouth, generation, speech)
            while Drained(generation) not in bear.events:
                latencies.append(bear.speaker.latency_samples)
                time.sleep(0.01)
            handed = bear.mouth.cursor
            wait_until(lambda handed=handed: bear.speaker.played >= handed)  # type: ignore[misc]
            heard.wait(len(heard.pcm) + MOUTH_RATE // 5)
            likeness = find(speech, heard.pcm)[1]
            if likeness > 0.99:
                break

    assert changes(bear.mouth_news) == [CardOpened(rates[0], 1, "bear_speaker")]
    assert likeness > 0.99
    assert np.median(latencies) <= BUFFERED * MOUTH_RATE


def test_after_an_interruption_only_what_the_device_had_is_still_heard(
    server: SoundServer, cards: PortAudio
) -> None:
    with sound(server, cards) as bear, server.listening() as heard:
        say(bear.mouth, 1, np.full(2 * MOUTH_RATE, 5000, np.int16))
        wait_until(lambda: np.count_nonzero(heard.pcm > 2500) > MOUTH_RATE // 5)
        bear.mouth.begin(2)
        handed = bear.mouth.cursor
        say(bear.mouth, 2, np.full(MOUTH_RATE // 5, -5000, np.int16))
        wait_until(lambda: Drained(2) in bear.events)
        wait_until(lambda: np.count_nonzero(heard.pcm < -2500) > 0.9 * MOUTH_RATE / 5)

    old, new = np.flatnonzero(heard.pcm > 2500), np.flatnonzero(heard.pcm < -2500)
    assert old.max() < new.min()
    assert len(old) <= handed + 50  # what was handed over before, and the recorder's own filter


def test_a_card_that_vanishes_in_mid_answer_and_returns_is_heard_where_the_answer_would_be(
    server: SoundServer, cards: PortAudio
) -> None:
    # A staircase of loudness tells in the recording which part of the answer it is.
    steps = 25  # tenths of a second
    loudness = 1000 + 1000 * np.arange(steps)
    answer = np.repeat(loudness, MOUTH_RATE // 10).astype(np.int16)
    with sound(server, cards) as bear:
        began = time.monotonic()
        say(bear.mouth, 1, answer)
        time.sleep(0.5)

        server.unplug("speaker")
        server.unplug("microphone")
        bear.heard()
        wait_until(lambda: changes(bear.mouth_news)[1:] and changes(bear.ear_news)[1:], 2.0)
        silence = bear.heard()
        while len(silence) < EAR_RATE // 3:
            time.sleep(0.05)
            silence = np.concatenate((silence, bear.heard()))
        server.plug("speaker")
        server.plug("microphone")
        with server.listening() as heard:
            wait_until(lambda: changes(bear.mouth_news)[2:])
            back = time.monotonic() - began
            wait_until(lambda: changes(bear.ear_news)[2:])
            wait_until(lambda: Drained(1) in bear.events)
            ended = time.monotonic() - began
        word = speech_like(EAR_RATE, seconds=0.3)
        understood = 0.0
        for _ in range(TRIES):
            bear.heard()
            server.speak(word)
            time.sleep(0.1)
            understood = max(understood, find(word, bear.heard())[1])
            if understood > 0.9999:
                break

    for news in (bear.mouth_news, bear.ear_news):
        assert [type(each) for each in changes(news)] == [CardOpened, CardLost, CardOpened]
    assert not silence.any()
    assert understood > 0.9999
    assert ended == pytest.approx(steps / 10, abs=0.25)
    played = heard.pcm[heard.pcm > 500]
    first = round(float(np.median(played[: MOUTH_RATE // 100])) / 1000) - 1  # the step that came back
    assert first / 10 == pytest.approx(back, abs=0.25)
    assert bear.speaker.missed == pytest.approx((first / 10 - 0.5) * MOUTH_RATE, abs=0.25 * MOUTH_RATE)


@contextmanager
def sound(
    server: SoundServer,
    cards: PortAudio,
    *,
    microphone: Sequence[int] = card_microphone.RATES,
    speaker: Sequence[int] = card_speaker.RATES,
) -> Iterator[Sound]:
    ring, clock, chance = Ring(), SystemClock(), SeededChance()
    events: list[MouthEvent] = []
    ear_news: list[CardNews] = []
    mouth_news: list[CardNews] = []
    deaths: list[BaseException] = []
    lips = Mouth(clock=clock, post=events.append, volume=1.0)
    out = CardSpeaker(
        mouth=lips,
        cards=cards,
        told=mouth_news.append,
        failed=deaths.append,
        clock=clock,
        chance=chance,
        device="bear_speaker",
        rates=speaker,
    )
    into = CardMicrophone(
        ring=ring,
        cards=cards,
        told=ear_news.append,
        failed=deaths.append,
        clock=clock,
        chance=chance,
        device="bear_microphone",
        rates=microphone,
    )
    out.start()
    into.start()
    try:
        wait_until(lambda: ear_news and mouth_news)
        yield Sound(server, ring, lips, out, into, events, ear_news, mouth_news)
    finally:
        into.stop()
        out.stop()
    assert deaths == []


def changes(news: list[CardNews]) -> list[CardNews]:
    """Without the xruns of a loaded machine."""
    return [each for each in news if not isinstance(each, Xrun)]


def say(lips: Mouth, generation: int, pcm: Pcm) -> None:
    lips.begin(generation)
    lips.say(Spoken(pcm, generation, 0))
    lips.finish(generation)


def speech_like(rate: int, *, seconds: float) -> Pcm:
    """Noise up to 5 kHz, which every rate on the way can hold; no two places in it are alike."""
    count = int(rate * seconds)
    spectrum = np.fft.rfft(np.random.default_rng(3).normal(size=count))
    spectrum[int(5000 * seconds) :] = 0
    noise = np.fft.irfft(spectrum, count)
    loud: Pcm = (noise / np.abs(noise).max() * 12_000).astype(np.int16)
    return loud


def find(what: Pcm, within: Pcm) -> tuple[int, float]:
    """Where it is, and how alike (1 is the same up to loudness and a fraction of a sample of delay)."""
    if len(within) < len(what):
        return 0, 0.0
    size = len(what) + len(within)
    spectra = np.fft.rfft(within.astype(float), size), np.fft.rfft(what.astype(float), size)
    at = int(np.argmax(np.fft.irfft(spectra[0] * np.conj(spectra[1]), size)[: len(within) - len(what) + 1]))
    piece = within[at : at + len(what)].astype(float)
    # A delay of less than a sample turns each frequency by an angle: fit that before comparing.
    ours, theirs = np.fft.rfft(what.astype(float)), np.fft.rfft(piece)
    turns = np.exp(2j * np.pi * np.outer(np.linspace(-1, 1, 81), np.arange(len(ours))) / len(what))
    products = np.abs(np.real(turns @ (theirs * np.conj(ours))))
    return at, float(products.max() / np.sqrt((np.abs(ours) ** 2).sum() * (np.abs(theirs) ** 2).sum() + 1e-9))


def wait_until(true: Callable[[], object], seconds: float = 6.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.005)
