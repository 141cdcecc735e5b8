"""How the bear looks from outside."""

from __future__ import annotations

from itertools import combinations, pairwise, product

import pytest

from teddy_edge.body.light import STUCK, Light
from teddy_edge.body.looks import DARK, LOOKS, Colour, Look, Pattern, look_of
from teddy_edge.conversation.showing import SHOWN
from teddy_edge.conversation.states import State
from tests.soundcard_fakes import HandClock

FLASHES = 3.0  # a second; more can set off a seizure (WCAG 2.3.1)


class MemoryLamp:
    def __init__(self) -> None:
        self.colour: Colour = DARK

    def show(self, colour: Colour) -> None:
        self.colour = colour


class Outside:
    """What a light asks about, to be turned by hand."""

    def __init__(self) -> None:
        self.clock, self.lamp = HandClock(), MemoryLamp()
        self.muted = self.offline = False
        self.light = Light(
            lamp=self.lamp,
            muted=lambda: self.muted,
            offline=lambda: self.offline,
            failed=lambda _: None,
            clock=self.clock,
        )

    def looks(self) -> Look | None:
        self.light.frame(self.clock.now)
        assert self.light.shown is not None
        assert self.lamp.colour == LOOKS[self.light.shown].at(0)
        return self.light.shown


def test_every_state_has_its_look_and_every_look_its_pattern() -> None:
    assert set(SHOWN) == set(State)
    assert set(LOOKS) == set(Look)


def test_no_two_looks_move_alike() -> None:
    """A light may have one colour, and a parent may see no red."""
    for one, other in combinations(LOOKS.values(), 2):
        assert (one.steps, one.soft) != (other.steps, other.soft)


@pytest.mark.parametrize("pattern", LOOKS.values(), ids=[str(look) for look in LOOKS])
def test_nothing_flashes_so_fast_that_it_harms(pattern: Pattern) -> None:
    for begin in range(int(pattern.period * 100)):
        window = [pattern.at((begin + each) / 100) != DARK for each in range(100)]
        rises = sum(after and not before for before, after in pairwise(window))
        assert pattern.soft or rises <= FLASHES


@pytest.mark.parametrize("pattern", LOOKS.values(), ids=[str(look) for look in LOOKS])
def test_a_pattern_stays_within_its_colour(pattern: Pattern) -> None:
    for each in range(1000):
        shown = pattern.at(each * 0.01)
        assert all(0.0 <= level <= most for level, most in zip(shown, pattern.colour, strict=True))


def test_no_pattern_but_a_still_one_is_left_dark_for_long() -> None:
    for pattern in LOOKS.values():
        dark = [pattern.at(each * 0.05) == DARK for each in range(200)]
        assert "1" * 80 not in "".join("1" if each else "0" for each in dark)


def test_ears_that_are_off_show_whatever_the_bear_does() -> None:
    doing = set(Look) - {Look.STUCK, Look.FAULT, Look.SAFE_MODE}
    for each, offline in product(doing, (False, True)):
        assert look_of(each, muted=True, offline=offline, stuck=False) is Look.MUTED


def test_offline_shows_at_rest_and_not_in_a_talk() -> None:
    assert look_of(Look.IDLE, muted=False, offline=True, stuck=False) is Look.OFFLINE
    assert look_of(Look.LISTENING, muted=False, offline=True, stuck=False) is Look.LISTENING


def test_the_light_follows_what_the_bear_does() -> None:
    outside = Outside()
    seen = [outside.looks()]
    for look in (Look.LISTENING, Look.SPEAKING, Look.IDLE):
        outside.light.show(look)
        seen.append(outside.looks())
    outside.muted = True
    seen.append(outside.looks())

    assert seen == [Look.STARTING, Look.LISTENING, Look.SPEAKING, Look.IDLE, Look.MUTED]


def test_a_brain_that_hangs_shows_and_one_that_goes_on_too() -> None:
    outside = Outside()
    outside.light.show(Look.LISTENING)
    outside.clock.now += STUCK - 0.1
    before = outside.looks()
    outside.clock.now += 0.2
    hangs = outside.looks()
    outside.light.beat()

    assert (before, hangs, outside.looks()) == (Look.LISTENING, Look.STUCK, Look.LISTENING)
