"""What the bear relies on in a sound card, promised by the fake and by PortAudio on PulseAudio."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Literal

import numpy as np
import pytest

from teddy_edge.audio.card import Cards, CardUnavailable, Format, OnBlock, Stream
from teddy_edge.audio.devices import Direction, choose
from teddy_edge.audio.soundcard import PortAudio
from teddy_shared.errors import ConfigError
from tests.sound_server import SoundServer, sound_server
from tests.soundcard_fakes import FakeCards, FakeStream

FORMS: Final[dict[Direction, Format]] = {"microphone": Format(16_000, 1), "speaker": Format(48_000, 2)}
Plug = Literal["microphone", "speaker"]


class Bench:
    """Cards, and a hand that plugs them in and out."""

    def __init__(self, cards: Cards, *, plug: Callable[[Plug], None], unplug: Callable[[Plug], None]) -> None:
        self.cards, self.plug, self.unplug = cards, plug, unplug

    def open(self, direction: Direction, on_block: OnBlock) -> Stream:
        device = choose(self.cards.devices(), f"bear_{direction}", direction)
        return self.cards.open(device, direction, FORMS[direction], on_block, buffered=0.03)


class CardsContract:
    @pytest.mark.parametrize("direction", ["microphone", "speaker"])
    def test_blocks_pass_until_the_stream_is_closed(self, bench: Bench, direction: Direction) -> None:
        seen: list[tuple[int, int]] = []

        stream = bench.open(direction, lambda data, frames, *_: seen.append((len(data), frames)))
        wait_until(lambda: stream.blocks >= 5)
        stream.close()
        passed = len(seen)
        time.sleep(0.05)

        form = FORMS[direction]
        frames = form.rate // 100
        assert stream.ended
        assert len(seen) == passed
        assert set(seen) == {(frames * form.channels * form.width, frames)}

    @pytest.mark.parametrize("direction", ["microphone", "speaker"])
    def test_a_card_that_is_pulled_out_ends_its_stream_and_cannot_be_opened_until_it_is_back(
        self, bench: Bench, direction: Direction
    ) -> None:
        stream = bench.open(direction, quiet)
        wait_until(lambda: stream.blocks)

        bench.unplug(direction)
        wait_until(lambda: stream.ended, 2.0)
        stream.close()
        with pytest.raises((CardUnavailable, ConfigError)):
            bench.open(direction, quiet)
        bench.plug(direction)
        bench.cards.look_again()
        again = bench.open(direction, quiet)
        wait_until(lambda: again.blocks)
        again.close()

        assert stream.error is None

    def test_what_goes_wrong_in_the_cards_thread_is_kept_for_its_owner(self, bench: Bench) -> None:
        def wrong(*_: object) -> None:
            raise ArithmeticError("ours")

        stream = bench.open("speaker", wrong)
        wait_until(lambda: stream.ended)
        stream.close()

        assert isinstance(stream.error, ArithmeticError)
        assert stream.blocks == 0

    def test_looking_again_does_not_cut_off_a_stream_in_use(self, bench: Bench) -> None:
        stream = bench.open("speaker", quiet)

        looked = bench.cards.look_again()
        blocks = stream.blocks
        wait_until(lambda: stream.blocks > blocks)
        stream.close()

        assert not looked
        assert bench.cards.look_again()

    def test_the_speakers_delay_is_what_the_device_may_hold(self, bench: Bench) -> None:
        delays: list[float] = []
        stream = bench.open("speaker", lambda data, frames, lost, delay: delays.append(delay))
        wait_until(lambda: stream.blocks >= 30)
        stream.close()

        assert all(0 <= delay <= 0.06 for delay in delays)


class TestFakeCards(CardsContract):
    @pytest.fixture
    def bench(self) -> Iterator[Bench]:
        cards = FakeCards("bear_microphone", "bear_speaker")
        stop = threading.Event()

        def time_passes() -> None:
            while not stop.wait(0.002):
                for stream in cards.streams:
                    _one_block(stream)

        thread = threading.Thread(target=time_passes, name="fake cards")
        thread.start()
        yield Bench(
            cards,
            plug=lambda what: cards.plug(f"bear_{what}"),
            unplug=lambda what: cards.unplug(f"bear_{what}"),
        )
        stop.set()
        thread.join()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoundServer]:
    folder = tmp_path_factory.mktemp("sound")
    with sound_server(folder) as server, pytest.MonkeyPatch.context() as environment:
        for name, value in server.environment.items():
            environment.setenv(name, value)
        yield server


class TestPortAudioOnPulseAudio(CardsContract):
    @pytest.fixture
    def bench(self, server: SoundServer) -> Bench:
        cards = PortAudio()
        cards.look_again()  # an earlier server may have been looked at
        return Bench(cards, plug=server.plug, unplug=server.unplug)

    def test_the_bears_devices_are_listed_by_name(self, bench: Bench) -> None:
        names = {device.name for device in bench.cards.devices()}

        assert {"bear_microphone", "bear_speaker"} <= names


def _one_block(stream: FakeStream) -> None:
    if stream.form == FORMS["microphone"]:
        stream.hear(np.zeros(160, np.int16))
    else:
        stream.ask(delay=0.03)


def quiet(*_: object) -> None:
    """Hears nothing and says nothing."""


def wait_until(true: Callable[[], object], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.002)


def test_the_sound_server_leaves_no_process_behind(tmp_path: Path) -> None:
    with sound_server(tmp_path) as server:
        pids = server.pids

    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
