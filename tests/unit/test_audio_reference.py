"""What was played lies beside what was heard at the same time, whatever threads and cards do."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from teddy_edge.audio.reference import LOOSE, Reference
from teddy_edge.audio.samples import EAR_RATE, HOP, Pcm

BUFFERED = 0.04  # seconds between handing over and sounding
SECONDS = 3.0


NOISE = np.random.default_rng(2).uniform(-9000, 9000, 8000)  # at 2 kHz, so that each moment sounds different


def played_at(times: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.interp(times, np.arange(len(NOISE)) / 2000, NOISE)


def heard_beside(
    *,
    rate: int = 24_000,
    late: Callable[[int], float] = lambda _: 0.0,
    holes: dict[int, float] | None = None,  # seconds of silence that the card puts in, by block
) -> Pcm:
    """All that was taken in some seconds, hop by hop; a perfect reference has sample n from time n."""
    reference, size, hole = Reference(), rate // 100, 0.0
    reference.fit(rate)
    taken = []
    for block in range(int(SECONDS * 100)):
        hole += (holes or {}).get(block, 0.0)
        sounds = block / 100 + BUFFERED + hole
        times = sounds + np.arange(size) / rate
        reference.played(played_at(times).astype(np.float32), sounds)
        pcm = reference.take(HOP, (block + 1) / 100 + late(block))
        taken.append(np.zeros(HOP, np.int16) if pcm is None else pcm)
    return np.concatenate(taken)


def astray(taken: Pcm, at: float) -> float:
    """Seconds by which the reference is late there."""
    begin, size = int(at * EAR_RATE), EAR_RATE // 10
    piece = taken[begin : begin + size].astype(float)
    shifts = np.arange(-EAR_RATE // 20, EAR_RATE // 20)
    whole = played_at(np.arange(begin + shifts[0], begin + size + shifts[-1]) / EAR_RATE)
    likeness = [float(piece @ whole[shift - shifts[0] :][:size]) for shift in shifts]
    return -float(shifts[int(np.argmax(likeness))]) / EAR_RATE


@pytest.mark.parametrize("rate", [16_000, 24_000, 44_100, 48_000])
def test_what_was_played_lies_beside_what_was_heard_at_that_time(rate: int) -> None:
    taken = heard_beside(rate=rate)

    assert abs(astray(taken, 0.5)) < 0.003
    assert astray(taken, 0.5) == astray(taken, 2.5)


def test_threads_that_come_late_move_nothing() -> None:
    chance = np.random.default_rng(3)
    lateness = chance.exponential(0.01, int(SECONDS * 100))
    lateness[0] = 0

    assert np.array_equal(heard_beside(late=lambda block: float(lateness[block])), heard_beside())


def test_a_hole_that_the_card_tore_is_seen_at_once() -> None:
    taken = heard_beside(holes={100: 0.03, 130: 0.05})

    assert abs(astray(taken, 0.8)) <= LOOSE
    assert abs(astray(taken, 2.0)) <= LOOSE


def test_silence_costs_nothing_to_know() -> None:
    reference = Reference()
    for block in range(20):
        reference.played(np.zeros(HOP, np.float32), block / 100)

        assert reference.take(HOP, (block + 1) / 100) is None
