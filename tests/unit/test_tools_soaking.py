"""How fast something grows, said with the bound that the scatter allows."""

from __future__ import annotations

import random

import pytest

from workshop.soaking.growth import growth


def test_what_grows_evenly_is_told_to_the_megabyte() -> None:
    found = growth([(hour / 24, 300 + 6 * hour / 24) for hour in range(24)])

    assert found.slope == pytest.approx(6)
    assert found.upper == pytest.approx(6)


def test_what_does_not_grow_has_a_bound_as_wide_as_its_scatter() -> None:
    chance = random.Random(1)
    calm = growth([(hour / 24, 300 + chance.gauss(0, 0.1)) for hour in range(48)])
    wild = growth([(hour / 24, 300 + chance.gauss(0, 10)) for hour in range(48)])

    assert calm.upper - calm.slope < 0.1
    assert wild.upper - wild.slope > 3


def test_the_bound_holds_for_nineteen_soaks_of_twenty() -> None:
    chance = random.Random(2)
    held = sum(
        growth([(hour / 24, 2 * hour / 24 + chance.gauss(0, 1)) for hour in range(12)]).upper >= 2
        for _ in range(2000)
    )

    assert held / 2000 == pytest.approx(0.95, abs=0.015)


def test_two_readings_are_no_slope() -> None:
    with pytest.raises(ValueError, match="three readings"):
        growth([(0, 1), (1, 2)])
