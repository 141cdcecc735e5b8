"""The self-test by sound: a bear whose chirp comes back is well, and what keeps it away is named."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import numpy as np
import pytest
from numpy.typing import NDArray

from teddy_edge.audio.samples import EAR_RATE, HOP, Pcm
from teddy_edge.health.finding import Condition
from teddy_edge.health.self_test import Heard, judge, try_cards
from teddy_edge.settings import Sound
from teddy_shared.clock import SeededChance, SystemClock
from tests.soundcard_fakes import FakeCards, FakeStream

LATER: Final = 10  # blocks of 10 ms that sound is on its way
NOISE: Final = np.random.default_rng(1)


class Room:
    """Cards in a room: what the speaker plays comes to the microphone, later and more quietly."""

    def __init__(self, cards: FakeCards, *, carried: float) -> None:
        self._cards = cards
        self._carried = carried
        self._under_way = [np.zeros(HOP)] * LATER
        self._stop = threading.Event()

    def sound(self) -> None:
        while not self._stop.wait(0.01):
            streams = [each for each in self._cards.streams if not each.ended]
            for each in streams:
                if each.form.rate != EAR_RATE:
                    self._under_way.append(self._played(each))
            for each in streams:
                if each.form.rate == EAR_RATE:
                    each.hear(
                        (self._under_way.pop(0) if self._under_way else np.zeros(HOP))
                        + NOISE.normal(0, 20, HOP)
                    )

    def _played(self, speaker: FakeStream) -> NDArray[np.float64]:
        block = speaker.ask()[:, 0].astype(float)
        at = np.linspace(0, len(block), HOP, endpoint=False)
        heard: NDArray[np.float64] = self._carried * np.interp(at, np.arange(len(block)), block)
        return heard

    def leave(self) -> None:
        self._stop.set()


@contextmanager
def a_room(*, carried: float) -> Iterator[FakeCards]:
    cards = FakeCards("USB bear")
    room = Room(cards, carried=carried)
    thread = threading.Thread(target=room.sound, name="room")
    thread.start()
    try:
        yield cards
    finally:
        room.leave()
        thread.join()


def test_a_bear_hears_its_own_chirp_through_the_room() -> None:
    with a_room(carried=0.5) as cards:
        found = try_cards(Sound(), cards, SystemClock(), SeededChance())

    assert found.condition is Condition.WELL, found
    assert "hears itself after" in found.what


def test_a_speaker_that_nobody_hears_is_named() -> None:
    with a_room(carried=0.0) as cards:
        found = try_cards(Sound(), cards, SystemClock(), SeededChance())

    assert (found.condition, found.what) == (Condition.WRONG, "it did not hear its own chirp")
    assert found.remedy


def test_cards_that_give_no_sign_of_life_are_named() -> None:
    found = try_cards(Sound(), FakeCards(), SystemClock(), SeededChance(), opening=0.3)

    assert found.condition is Condition.WRONG
    assert "microphone and the speaker" in found.what


def test_a_microphone_that_is_muted_is_named() -> None:
    silence: Pcm = np.zeros(EAR_RATE, np.int16)

    found = judge(Heard(silence, silence))

    assert found.condition is Condition.WRONG
    assert "silence alone" in found.what


@pytest.mark.parametrize("loud", [30, 300, 3000])
def test_noise_however_loud_is_not_taken_for_the_chirp(loud: int) -> None:
    for _ in range(10):
        noise = NOISE.normal(0, loud, 2 * EAR_RATE).astype(np.int16)

        assert judge(Heard(noise[: EAR_RATE // 2], noise[EAR_RATE // 2 :])).condition is Condition.WRONG
