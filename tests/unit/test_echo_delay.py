"""How long the bear's voice is on its way: found by a chirp and by its speech, and by nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from teddy_edge.audio.resample import Resampler, to_pcm
from teddy_edge.audio.samples import EAR_RATE, HOP, MOUTH_RATE, Pcm
from teddy_edge.echo.chirp import chirp
from teddy_edge.echo.delay import DelayMeter, find_delay
from tests.rooms import SILENCE, in_a_room, mixed

NEAR = EAR_RATE // 60  # samples: a room blurs what comes through it


def at_the_ear(pcm: Pcm) -> Pcm:
    return to_pcm(Resampler(from_rate=MOUTH_RATE, to_rate=EAR_RATE).feed(pcm.astype(np.float32)))


def chirped() -> Pcm:
    """A second with a chirp in it."""
    pcm = at_the_ear((chirp() * 0.7).astype(np.int16))
    return np.concatenate((pcm, np.zeros(EAR_RATE - len(pcm), np.int16)))


@pytest.mark.parametrize("delay", [0, 160, 1_500, 4_500])
@pytest.mark.parametrize(("loudness", "noise"), [(1.0, 300.0), (0.3, 60.0), (0.05, 10.0)])
def test_a_chirp_tells_the_delay(delay: int, loudness: float, noise: float) -> None:
    played = chirped()
    room = in_a_room(played, seed=delay, loudness=loudness, delay=delay, noise=noise)

    found = find_delay(mixed(room, SILENCE, 0), played)

    assert found is not None
    assert -2 <= found.samples - delay < NEAR


def test_what_was_not_played_is_not_found() -> None:
    played, chance = chirped(), np.random.default_rng(1)
    for loud in (1.0, 30.0, 3000.0):
        for _ in range(10):
            noise = np.rint(loud * chance.standard_normal(EAR_RATE)).astype(np.int16)

            assert find_delay(noise, played) is None
    assert find_delay(np.zeros(EAR_RATE, np.int16), played) is None


def test_a_second_in_which_nothing_was_played_tells_nothing() -> None:
    meter, noise = DelayMeter(), np.random.default_rng(1).integers(-99, 99, HOP).astype(np.int16)

    assert [meter.hear(noise, np.zeros(HOP, np.int16)) for _ in range(250)] == [None] * 250


def test_the_chirp_is_short_and_quiet_and_begins_and_ends_without_a_click() -> None:
    pcm = chirp()

    assert len(pcm) <= 0.6 * MOUTH_RATE
    assert np.abs(pcm).max() < 0.1 * 32767
    assert np.abs(pcm[[0, -1]]).max() == 0
