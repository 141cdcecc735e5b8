"""A card that goes is noticed, told once, waited for with patience, and never leaves the bear stuck."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from teddy_edge.audio.card import CardLost, CardNews, CardOpened, Format, Xrun
from teddy_edge.audio.card_microphone import CardMicrophone
from teddy_edge.audio.card_speaker import CardSpeaker
from teddy_edge.audio.intake import Intake, ToEar
from teddy_edge.audio.keeper import FIRST_BLOCK, RETRY_MOST, SILENT, CardKeeper
from teddy_edge.audio.mouth import Drained, Mouth, MouthEvent, Spoken
from teddy_edge.audio.negotiation import Negotiation
from teddy_edge.audio.outlet import Outlet
from teddy_edge.audio.pace import Pace
from teddy_edge.audio.ring import Hop, Ring
from teddy_edge.audio.samples import EAR_RATE, HOP, MOUTH_HOP, MOUTH_RATE, Pcm
from teddy_shared.clock import Clock, SeededChance, SystemClock
from tests.soundcard_fakes import FakeCards, FakeStream, HandClock

HOP_OF_SOUND = np.full(HOP, 7, np.int16)


class Kept:
    """A keeper of a microphone on fake cards, tended by hand."""

    def __init__(self, cards: FakeCards, *, device: str | int | None = None) -> None:
        self.cards, self.clock = cards, HandClock()
        self.news: list[CardNews] = []
        self.xruns = 0
        negotiation = Negotiation(
            cards=cards, direction="microphone", device=device, rates=(16_000, 48_000), buffered=0.1
        )
        self.keeper = CardKeeper(
            opening=lambda: negotiation.open(lambda form: lambda *_: None),
            xruns=lambda: self.xruns,
            told=self.news.append,
            clock=self.clock,
            chance=SeededChance(),
        )

    @property
    def stream(self) -> FakeStream:
        return self.cards.streams[-1]

    def live(self, seconds: float, *, blocks: bool = True) -> None:
        for _ in range(round(seconds * 50)):
            if blocks and self.cards.streams:
                self.stream.hear(HOP_OF_SOUND)
            self.keeper.tend()
            self.clock.now += 0.02


def test_a_card_counts_as_open_when_its_first_samples_have_come() -> None:
    kept = Kept(FakeCards("usb"))

    kept.live(FIRST_BLOCK - 0.1, blocks=False)
    silent = list(kept.news)
    kept.live(0.1)

    assert silent == []
    assert kept.news == [CardOpened(16_000, 1, "usb")]


@pytest.mark.parametrize("how", ["ends", "falls silent"])
def test_a_lost_card_is_told_once_within_two_seconds_and_opened_again_when_it_is_back(how: str) -> None:
    kept = Kept(FakeCards("usb"))
    kept.live(1)

    if how == "ends":
        kept.cards.unplug("usb")
    else:
        kept.cards.plugged.clear()
    kept.live(2, blocks=False)
    during = kept.news[1:]
    kept.live(60)
    kept.cards.plug("usb")
    kept.live(RETRY_MOST + 0.1)

    assert [type(news) for news in during] == [CardLost]
    assert [type(news) for news in kept.news] == [CardOpened, CardLost, CardOpened]
    assert SILENT < 2


def test_a_card_that_is_away_is_asked_for_ever_more_rarely() -> None:
    cards = FakeCards("usb")
    cards.unplug("usb")
    kept = Kept(cards)

    kept.live(5)
    soon = cards.looks
    kept.live(60)

    assert 4 <= soon <= 30
    assert 12 <= cards.looks - soon <= 60
    assert [type(news) for news in kept.news] == [CardLost]


def test_a_card_that_comes_back_only_to_go_is_not_hammered() -> None:
    kept = Kept(FakeCards("usb"))

    for _ in range(1500):  # 30 s
        kept.live(0.02)
        kept.stream.ended = True

    assert len(kept.cards.streams) < 40


def test_a_device_chosen_by_number_is_not_swapped_for_another_that_takes_its_number() -> None:
    cards = FakeCards("a hdmi", "usb (hw:1,0)")
    kept = Kept(cards, device=1)
    kept.live(1)

    cards.unplug("usb (hw:1,0)")
    cards.plug("another")
    kept.live(10)
    gone = kept.keeper.lost
    cards.plug("usb (hw:2,0)")
    kept.live(10)

    assert gone
    assert kept.news[-1] == CardOpened(16_000, 1, "usb (hw:2,0)")


def test_lost_samples_are_told_in_sums_and_none_is_forgotten() -> None:
    kept = Kept(FakeCards("usb"))
    kept.live(1)

    for _ in range(100):  # 2 s
        kept.xruns += 1
        kept.live(0.02)
    kept.live(2)

    told = [news.count for news in kept.news if isinstance(news, Xrun)]
    assert sum(told) == 100
    assert len(told) <= 4


def test_the_first_format_that_a_card_takes_is_taken() -> None:
    forms: list[Format] = []

    def takes(form: Format) -> bool:
        forms.append(form)
        return form == Format(48_000, 2, 4)

    kept = Kept(FakeCards("usb", takes=takes))
    kept.live(1)

    assert forms[0] == Format(16_000, 1, 2)
    assert kept.news == [CardOpened(48_000, 2, "usb")]


def test_a_card_that_takes_no_format_of_ours_is_told_as_lost_and_not_as_a_crash() -> None:
    kept = Kept(FakeCards("usb", takes=lambda form: False))

    kept.live(3)

    assert [type(news) for news in kept.news] == [CardLost]


@given(st.lists(st.floats(0, 3), max_size=30), st.sampled_from([16_000, 24_000]))
def test_real_time_is_counted_to_the_sample_however_often_it_is_asked(steps: list[float], rate: int) -> None:
    pace, now, given_ = Pace(rate=rate, began=50.0), 50.0, 0
    for step in steps:
        now += step
        given_ += pace.due(now)

    assert given_ == int((now - 50.0) * rate)


# --- the microphone -----------------------------------------------------------------------------------


def test_every_sample_of_a_fitting_device_reaches_the_ring_bit_for_bit() -> None:
    speech = np.random.default_rng(0).integers(-32768, 32767, 10 * HOP).astype(np.int16)
    cards, ring = FakeCards("usb"), Ring()
    with microphone(cards, ring) as news:
        for at in range(0, len(speech), HOP):
            cards.streams[-1].hear(speech[at : at + HOP])
        heard = read(ring, 10)

    assert np.array_equal(heard, speech)
    assert news == [CardOpened(16_000, 1, "usb")]


def test_two_channels_at_another_rate_become_what_the_ear_expects() -> None:
    cards, ring = FakeCards("usb", takes=lambda form: form == Format(48_000, 2, 4)), Ring()
    with microphone(cards, ring):
        for _ in range(50):
            frames = np.tile(np.array([1000, 3000], np.int64) << 16, (480, 1))
            cards.streams[-1].hear(frames)
        heard = read(ring, 50)

    assert set(heard[100:].tolist()) == {2000}


def test_a_missing_microphone_leaves_silence_in_real_time_so_that_a_sentence_ends() -> None:
    cards, ring = FakeCards("usb"), Ring()
    with microphone(cards, ring) as news:
        cards.streams[-1].hear(HOP_OF_SOUND)
        read(ring, 1)
        began = time.monotonic()
        cards.unplug("usb")
        silence = read(ring, 30)
        took = time.monotonic() - began

    assert not silence.any()
    assert 0.28 < took < 1.5
    assert [type(each) for each in news] == [CardOpened, CardLost]


def test_what_the_card_dropped_and_what_we_dropped_are_both_counted() -> None:
    intake = Intake(form=Format(16_000, 1))
    hop = memoryview(HOP_OF_SOUND.tobytes())

    intake.take(hop, HOP, 1, 0.0)
    first = len(intake.drain(0))
    for _ in range(3 * EAR_RATE // HOP):
        intake.take(hop, HOP, 0, 0.0)
    rest = len(intake.drain(0))

    assert (first, rest) == (HOP, 2 * EAR_RATE)
    assert intake.xruns == 2


@given(st.lists(st.tuples(st.integers(0, 400), st.booleans()), max_size=40))
def test_frames_come_out_of_the_intake_in_order_and_once(steps: list[tuple[int, bool]]) -> None:
    intake = Intake(form=Format(200, 2))  # so small that it goes round
    given_ = taken = 0
    came: list[int] = []
    for size, drains in steps:
        size = min(size, 400 - (given_ - taken))
        block = np.repeat(np.arange(given_, given_ + size, dtype=np.int16), 2)
        intake.take(memoryview(block.tobytes()), size, 0, 0.0) if size else None
        given_ += size
        if drains:
            came += ToEar(form=Format(16_000, 2)).turn(intake.drain(0)).tolist()
            taken = given_

    assert came == list(range(taken))
    assert intake.xruns == 0


# --- the speaker --------------------------------------------------------------------------------------


def test_nothing_is_louder_than_the_ceiling_whatever_comes() -> None:
    outlet, lips, _ = outlet_of(HandClock(), ceiling=0.25)
    outlet.fit(Format(48_000, 2))
    loud = np.where(np.arange(4 * MOUTH_HOP) // 20 % 2, 32767, -32768).astype(np.int16)
    lips.say(Spoken(loud, 1, 0))

    played = np.concatenate([fill(outlet, 480, channels=2) for _ in range(6)])

    assert np.abs(played.astype(int)).max() == 32767 // 4
    assert np.array_equal(played[:, 0], played[:, 1])


@given(st.lists(st.integers(1, 700), min_size=1, max_size=20), st.sampled_from([24_000, 44_100, 48_000]))
def test_the_card_gets_the_same_samples_however_it_cuts_its_blocks(sizes: list[int], rate: int) -> None:
    speech = np.random.default_rng(1).integers(-9000, 9000, 8_000).astype(np.int16)
    whole, cut = outlet_of(HandClock()), outlet_of(HandClock())
    for outlet, lips, _ in (whole, cut):
        outlet.fit(Format(rate, 1))
        lips.say(Spoken(speech, 1, 0))

    pieces = np.concatenate([fill(cut[0], size) for size in sizes])

    assert np.array_equal(pieces, fill(whole[0], sum(sizes)))


def test_the_play_cursor_is_behind_by_what_the_card_has_not_sounded_yet() -> None:
    clock = HandClock()
    outlet, lips, _ = outlet_of(clock)
    fill(outlet, MOUTH_HOP, delay=0.03)

    handed = (outlet.played, outlet.latency)
    clock.now += 0.025
    later = (outlet.played, outlet.latency)
    clock.now += 1

    assert handed == (0, MOUTH_HOP)
    assert later == (0, MOUTH_HOP)  # the hop begins to sound after 30 ms
    assert (outlet.played, outlet.latency) == (MOUTH_HOP, 0)
    assert lips.cursor == MOUTH_HOP


def test_the_play_cursor_never_goes_back_and_never_runs_ahead() -> None:
    clock = HandClock()
    outlet, lips, _ = outlet_of(clock)
    seen = []
    for step in range(200):
        fill(outlet, MOUTH_HOP, delay=[0.03, 0.02, 0.035, 0.0][step % 4])
        clock.now += 0.01
        seen.append(outlet.played)
        assert outlet.played <= lips.cursor

    assert seen == sorted(seen)


def test_the_filter_that_changes_the_rate_counts_as_not_yet_heard() -> None:
    clock = HandClock()
    outlet, lips, _ = outlet_of(clock)
    outlet.fit(Format(48_000, 1))
    lips.say(Spoken(np.full(MOUTH_RATE, 500, np.int16), 1, 0))
    for _ in range(10):
        fill(outlet, 480)
    clock.now += 1

    assert outlet.latency == 26


def test_without_a_card_a_reply_ends_when_it_would_have_ended() -> None:
    clock = HandClock()
    outlet, lips, events = outlet_of(clock)
    lips.say(Spoken(np.ones(MOUTH_RATE, np.int16), 1, 0))
    lips.finish(1)

    outlet.let_pass()
    for _ in range(49):
        clock.now += 0.02
        outlet.let_pass()
    before = list(events)
    clock.now += 0.05
    outlet.let_pass()

    assert Drained(1) not in before
    assert Drained(1) in events
    assert outlet.missed == lips.cursor == outlet.played


def test_a_card_that_is_back_plays_on_where_real_time_is() -> None:
    clock = HandClock()
    outlet, lips, _ = outlet_of(clock)
    lips.say(Spoken(np.arange(24_000, dtype=np.int16), 1, 0))
    fill(outlet, MOUTH_HOP, delay=0.02)  # sounds until 30 ms from now

    clock.now += 0.3  # noticed late
    outlet.let_pass()
    clock.now += 0.23  # opening takes its time
    outlet.fit(Format(MOUTH_RATE, 1))
    played = fill(outlet, MOUTH_HOP)

    assert played[0, 0] == MOUTH_HOP + round(0.5 * MOUTH_RATE)


def test_nothing_that_was_said_before_an_interruption_is_heard_from_a_card_that_is_back() -> None:
    clock = HandClock()
    outlet, lips, _ = outlet_of(clock)
    lips.say(Spoken(np.full(MOUTH_RATE, 5, np.int16), 1, 0))
    fill(outlet, MOUTH_HOP)
    outlet.let_pass()
    lips.begin(2)
    lips.say(Spoken(np.full(MOUTH_RATE, 9, np.int16), 2, 0))

    outlet.fit(Format(48_000, 1))
    played = fill(outlet, 960)

    assert 5 not in played


def test_a_speaker_that_was_never_there_still_lets_turns_end() -> None:
    cards = FakeCards()
    events: list[MouthEvent] = []
    lips = Mouth(clock=SystemClock(), post=events.append, volume=1.0)
    lips.begin(1)
    lips.say(Spoken(np.ones(MOUTH_RATE // 10, np.int16), 1, 0))
    lips.finish(1)

    with speaker(cards, lips) as news:
        wait_until(lambda: Drained(1) in events)

    assert news == [CardLost("no speaker found: plug one in, or use --speaker FILE.wav")]


def test_samples_that_we_owed_the_card_are_told() -> None:
    cards = FakeCards("usb")
    lips = Mouth(clock=SystemClock(), post=lambda _: None)
    with speaker(cards, lips) as news:
        wait_until(lambda: cards.streams)
        cards.streams[-1].ask()
        cards.streams[-1].ask(lost=1)
        wait_until(lambda: len(news) == 2)

    assert news == [CardOpened(24_000, 1, "usb"), Xrun(1)]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_mistake_of_ours_in_the_cards_thread_is_the_death_of_the_part_and_heard_of() -> None:
    cards, deaths = FakeCards("usb"), list[BaseException]()
    lips = Mouth(clock=SystemClock(), post=lambda _: 1 / 0, volume=1.0)  # type: ignore[arg-type]
    lips.begin(1)
    lips.say(Spoken(np.ones(MOUTH_HOP, np.int16), 1, 0))
    with speaker(cards, lips, failed=deaths.append):
        wait_until(lambda: cards.streams)
        cards.streams[-1].ask()
        wait_until(lambda: deaths)

    assert isinstance(deaths[0], ZeroDivisionError)
    assert cards.streams[-1].ended


def test_stopping_ends_the_threads_and_closes_the_cards() -> None:
    cards, ring = FakeCards("usb"), Ring()
    with microphone(cards, ring), speaker(cards, Mouth(clock=SystemClock(), post=lambda _: None)):
        wait_until(lambda: len(cards.streams) == 2)

    assert all(stream.ended for stream in cards.streams)
    assert {"microphone", "mouth"}.isdisjoint(thread.name for thread in threading.enumerate())
    assert ring.closed


def outlet_of(clock: Clock, *, ceiling: float = 1.0) -> tuple[Outlet, Mouth, list[MouthEvent]]:
    events: list[MouthEvent] = []
    lips = Mouth(clock=clock, post=events.append, volume=1.0)
    lips.begin(1)
    return Outlet(mouth=lips, clock=clock, ceiling=ceiling), lips, events


def fill(outlet: Outlet, frames: int, *, channels: int = 1, delay: float = 0.0) -> Pcm:
    out = bytearray(2 * frames * channels)
    outlet.fill(memoryview(out), frames, 0, delay)
    return np.frombuffer(bytes(out), np.int16).reshape(frames, channels)


@contextmanager
def microphone(cards: FakeCards, ring: Ring) -> Iterator[list[CardNews]]:
    news: list[CardNews] = []
    deaths: list[BaseException] = []
    part = CardMicrophone(
        ring=ring,
        cards=cards,
        told=news.append,
        failed=deaths.append,
        clock=SystemClock(),
        chance=SeededChance(),
    )
    part.start()
    try:
        wait_until(lambda: cards.streams)
        yield news
    finally:
        part.stop()
    assert deaths == []


@contextmanager
def speaker(
    cards: FakeCards, lips: Mouth, *, failed: Callable[[BaseException], None] | None = None
) -> Iterator[list[CardNews]]:
    news: list[CardNews] = []
    deaths: list[BaseException] = []
    part = CardSpeaker(
        mouth=lips,
        cards=cards,
        told=news.append,
        failed=failed or deaths.append,
        clock=SystemClock(),
        chance=SeededChance(),
    )
    part.start()
    try:
        yield news
    finally:
        part.stop()
    assert deaths == []


def read(ring: Ring, hops: int) -> Pcm:
    heard = []
    for _ in range(hops):
        hop = ring.read(timeout=5)
        assert isinstance(hop, Hop), "nothing more comes into the ring"
        heard.append(hop.pcm)
    return np.concatenate(heard)


def wait_until(true: Callable[[], object], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.002)
