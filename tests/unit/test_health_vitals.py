"""Which part has stood still: told from counters and a clock that is only numbers."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from teddy_edge.health.vitals import LATE, Sign, Vitals


@dataclass
class Part:
    count: int = 0
    works: bool = True

    def sign(self, name: str = "ear", *, within: float = 5.0) -> Sign:
        return Sign(name, lambda: self.count, within, due=lambda: self.works)


def look(vitals: Vitals, *, since: float, until: float) -> tuple[str, ...]:
    """Once a second; what the last look found."""
    found: tuple[str, ...] = ()
    now = since
    while now < until:
        now += 1
        found = vitals.stalled(now)
    return found


def test_a_part_that_moves_is_never_named() -> None:
    part = Part()
    vitals = Vitals([part.sign()], now=0)

    for now in range(1, 1000):
        part.count += 1

        assert vitals.stalled(now) == ()


def test_a_part_that_stands_still_is_named_as_soon_as_its_time_is_over() -> None:
    vitals = Vitals([Part().sign(within=5)], now=0)

    assert look(vitals, since=0, until=5) == ()
    assert vitals.stalled(6) == ("ear",)


def test_a_part_that_need_not_move_is_not_named_and_has_all_its_time_when_it_has_to_again() -> None:
    part = Part(works=False)
    vitals = Vitals([part.sign(within=5)], now=0)

    assert look(vitals, since=0, until=100) == ()
    part.works = True
    assert look(vitals, since=100, until=105) == ()
    assert vitals.stalled(106) == ("ear",)


def test_each_part_is_named_for_itself() -> None:
    still, moving = Part(), Part()
    vitals = Vitals([still.sign("ear"), moving.sign("mouth"), Part().sign("loop")], now=0)

    for now in range(1, 8):
        moving.count += 1
        found = vitals.stalled(now)

    assert found == ("ear", "loop")


@pytest.mark.parametrize("asleep", [LATE + 1, 3600.0, 365 * 86400.0])
def test_a_machine_that_slept_is_forgiven_since_no_part_could_move(asleep: float) -> None:
    part = Part()
    vitals = Vitals([part.sign(within=5)], now=0)

    assert vitals.stalled(asleep) == ()
    assert look(vitals, since=asleep, until=asleep + 5) == ()
    assert vitals.stalled(asleep + 6) == ("ear",)
