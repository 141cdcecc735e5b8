"""Another rate is the same sound: nothing added, nothing lost, however the samples are cut."""

from __future__ import annotations

from math import ceil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from teddy_edge.audio.resample import Resampler, Samples, to_pcm

IN_USE = [(48_000, 16_000), (44_100, 16_000), (24_000, 48_000), (24_000, 44_100), (8_000, 16_000)]
EVERY = [*IN_USE, (16_000, 16_000), (192_000, 16_000), (24_000, 96_000), (22_050, 16_000), (24_000, 16_000)]


def tone(hertz: float, rate: int, seconds: float = 1.0) -> Samples:
    at = np.arange(int(rate * seconds)) / rate
    return (10_000 * np.sin(2 * np.pi * hertz * at)).astype(np.float32)


def power(hertz: float, rate: int, sound: Samples) -> tuple[float, float]:
    """Of the best fitting tone, and of the rest, without the first and last 50 ms."""
    edge = rate // 20
    heard = sound[edge:-edge].astype(np.float64)
    at = 2 * np.pi * hertz * np.arange(len(heard)) / rate
    basis = np.stack((np.sin(at), np.cos(at)))
    weights: NDArray[np.float64] = np.linalg.lstsq(basis.T, heard, rcond=None)[0]
    fit = weights @ basis
    return float(np.mean(fit**2)), float(np.mean((heard - fit) ** 2))


@pytest.mark.parametrize(("source", "target"), IN_USE)
def test_a_tone_keeps_its_level_and_stays_pure(source: int, target: int) -> None:
    sound = Resampler(from_rate=source, to_rate=target).feed(tone(1000, source))

    kept, noise = power(1000, target, sound)

    assert 10 * np.log10(kept / noise) > 60
    assert kept == pytest.approx(10_000**2 / 2, rel=0.001)


@pytest.mark.parametrize("source", [44_100, 48_000, 96_000])
def test_what_the_ear_cannot_hold_does_not_fold_back_into_what_it_hears(source: int) -> None:
    sound = Resampler(from_rate=source, to_rate=16_000).feed(tone(10_000, source))

    assert 10 * np.log10(np.mean(sound[800:-800] ** 2) / (10_000**2 / 2)) < -50


def test_the_voice_gets_no_mirror_image_at_a_higher_rate() -> None:
    sound = Resampler(from_rate=24_000, to_rate=48_000).feed(tone(9_000, 24_000))

    image, _ = power(24_000 - 9_000, 48_000, sound)

    assert 10 * np.log10(image / (10_000**2 / 2)) < -50


@settings(deadline=None)
@given(
    st.sampled_from(EVERY),
    st.lists(st.integers(0, 700), max_size=12),
    st.integers(0, 2**32 - 1),
)
def test_pieces_of_any_size_give_the_same_samples(
    rates: tuple[int, int], sizes: list[int], seed: int
) -> None:
    source, target = rates
    sound = np.random.default_rng(seed).integers(-9999, 9999, sum(sizes)).astype(np.float32)
    whole = Resampler(from_rate=source, to_rate=target).feed(sound)
    cut = Resampler(from_rate=source, to_rate=target)

    pieces = [cut.feed(piece) for piece in np.split(sound, np.cumsum(sizes))]

    assert np.array_equal(np.concatenate(pieces), whole)
    assert len(whole) == ceil(len(sound) * target / source)


@settings(deadline=None)
@given(st.sampled_from(EVERY), st.lists(st.integers(0, 500), min_size=1, max_size=20))
def test_it_says_how_many_samples_it_needs_and_never_one_too_many(
    rates: tuple[int, int], wanted: list[int]
) -> None:
    resampler = Resampler(from_rate=rates[0], to_rate=rates[1])
    over = 0  # came out beyond what was wanted: several outputs may hang on one sample
    for count in wanted:
        needed = resampler.needed(count - over)
        less = len(resampler.feed(np.zeros(max(0, needed - 1), np.float32))) + over
        full = less + len(resampler.feed(np.zeros(min(1, needed), np.float32)))

        assert full >= count
        assert needed == 0 or less < count
        over = full - count


@pytest.mark.parametrize(("source", "target"), IN_USE)
def test_the_sound_is_late_by_what_it_says(source: int, target: int) -> None:
    resampler = Resampler(from_rate=source, to_rate=target)
    click = np.zeros(source // 10, np.float32)
    click[source // 50] = 10_000

    sound = resampler.feed(click)

    assert int(np.argmax(sound)) == pytest.approx((source // 50 + resampler.delay) * target / source, abs=1)


def test_equal_rates_pass_every_sample_untouched() -> None:
    sound = np.arange(-500, 500, dtype=np.float32)

    assert np.array_equal(Resampler(from_rate=16_000, to_rate=16_000).feed(sound), sound)


def test_what_is_too_loud_is_cut_and_does_not_wrap_around() -> None:
    sound = np.array([40_000.0, -40_000.0, 1.6, -1.6], np.float32)

    assert to_pcm(sound).tolist() == [32767, -32768, 2, -2]
