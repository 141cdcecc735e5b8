"""How well the bear's voice is taken away, and that one word of a child does not change the verdict."""

from __future__ import annotations

import numpy as np
import pytest

from teddy_edge.audio.samples import HOP, Pcm
from teddy_edge.echo.judge import GOOD, POOR, Judge

ECHO = 100.0  # rms, 20 dB over the room


def sound(rms: float, seed: int = 0) -> Pcm:
    return np.rint(rms * np.random.default_rng(seed).standard_normal(HOP)).astype(np.int16)


def hear(judge: Judge, seconds: float, *, taken: float, echo: float = ECHO) -> None:
    """The bear speaks for so long, and so many dB of it are taken away."""
    for n in range(int(seconds * 100)):
        judge.speak(sound(echo, n), sound(echo * 10 ** (-taken / 20), n))


def rested(noise: float = 10.0) -> Judge:
    judge = Judge()
    for n in range(300):
        judge.rest(sound(noise, n))
    return judge


def test_nothing_is_said_before_there_is_enough() -> None:
    judge = rested()
    hear(judge, 1.0, taken=20)

    assert (judge.good, judge.enhancement) == (False, None)

    hear(judge, 1.0, taken=20)

    assert judge.good
    assert judge.enhancement == pytest.approx(20, abs=1)


def test_between_the_two_thresholds_it_stays_as_it_was() -> None:
    between = (GOOD + POOR) / 2
    judge = rested()
    verdicts = []
    for taken in (between, GOOD + 3, between, POOR - 3, between):
        hear(judge, 6, taken=taken)
        verdicts.append(judge.good)

    assert verdicts == [False, True, True, False, False]


def test_a_child_who_talks_over_the_bear_does_not_tip_it() -> None:
    judge = rested()
    hear(judge, 4, taken=20)
    for n in range(40):  # then the bear is silent
        judge.speak(sound(30 * ECHO, n), sound(30 * ECHO, n))

    assert judge.good


def test_what_is_lost_in_the_noise_of_the_room_is_nothing_to_fear() -> None:
    judge = rested(noise=200.0)
    hear(judge, 3, taken=1, echo=210.0)

    assert judge.good


def test_a_voice_in_the_room_is_not_its_noise() -> None:
    judge = rested(noise=10.0)
    for n in range(60):
        judge.rest(sound(3000, n))
    hear(judge, 3, taken=2, echo=600.0)

    assert not judge.good


def test_a_loud_rest_is_no_success_however_much_was_taken() -> None:
    judge = rested()
    hear(judge, 6, taken=25, echo=3000.0)

    assert not judge.good
