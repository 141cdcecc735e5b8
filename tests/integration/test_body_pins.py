"""A paw, a switch and a light on gpiozero's pins in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty, Queue

import pytest

from teddy_edge.body.light import Light
from teddy_edge.body.looks import DARK, LOOKS, Look
from teddy_edge.body.mute import By, Mute, MuteTurned
from teddy_edge.body.paw import LONG, Squeeze, Squeezed
from teddy_edge.body.pins import Pins, open_pins
from teddy_edge.body.touch import Touch
from teddy_edge.settings import Body
from teddy_shared.clock import SystemClock
from teddy_shared.errors import ConfigError

PAW, SWITCH, LIGHT = 4, 17, (22, 23, 24)
WHOLE = Body(paw=PAW, mute=SWITCH, light=LIGHT, pins="mock")
SOON = 5.0  # seconds that a thread may take


class Hand:
    """Squeezes and switches, and gets what comes of it. Its clock may be moved on."""

    def __init__(self, pins: Pins) -> None:
        self.pins = pins
        self.mute = Mute()
        self.news: Queue[Squeezed | MuteTurned] = Queue()
        self.mute.observe(self.news.put)
        self.ahead = 0.0
        self.clock = SystemClock()
        self.touch = Touch(
            paw=pins.paw,
            switch=pins.switch,
            mute=self.mute,
            post=self.news.put,
            failed=lambda _: None,
            clock=self,
        )

    def monotonic(self) -> float:
        return self.clock.monotonic() + self.ahead

    def wall(self) -> float:
        return self.clock.wall()

    def synchronised(self) -> bool:
        return True

    def press(self) -> None:
        self.pins.factory.pin(PAW).drive_low()

    def let_go(self) -> None:
        self.pins.factory.pin(PAW).drive_high()

    def squeeze(self) -> None:
        """Once, and long after any squeeze before."""
        self.ahead += 10
        self.press()
        assert self.next() in (Squeezed(Squeeze.ONE), MuteTurned(False))
        self.let_go()

    def next(self) -> Squeezed | MuteTurned:
        return self.news.get(timeout=SOON)

    def nothing_more(self) -> bool:
        with pytest.raises(Empty):
            self.news.get(timeout=0.1)
        return True


@contextmanager
def hand(body: Body = WHOLE, *, switched: bool = False) -> Iterator[Hand]:
    with open_pins(body) as pins:
        mine = Hand(pins)
        if switched:
            pins.factory.pin(SWITCH).drive_low()
        mine.touch.start()
        try:
            yield mine
        finally:
            mine.touch.stop()


def test_a_squeeze_and_another_reach_the_brain() -> None:
    with hand() as mine:
        for _ in range(2):
            mine.press()
            first = mine.next()
            mine.let_go()
            mine.ahead += 0.1

    assert first == Squeezed(Squeeze.TWICE)


def test_a_long_squeeze_turns_the_ears_off_and_the_next_one_on() -> None:
    with hand() as mine:
        mine.press()
        told = [mine.next()]
        mine.ahead += LONG
        mine.let_go()  # the thread looks at the clock anew
        told.append(mine.next())
        off = mine.mute.by
        mine.ahead += 10
        mine.press()
        told += [mine.next(), mine.next()]

    assert off == {By.PAW}
    assert told == [Squeezed(Squeeze.ONE), MuteTurned(True), MuteTurned(False), Squeezed(Squeeze.ONE)]


def test_a_squeeze_that_turned_the_ears_on_does_not_turn_them_off_by_lasting() -> None:
    with hand() as mine:
        mine.mute.turn(By.PAW, on=True)
        assert mine.next() == MuteTurned(True)
        mine.press()
        told = [mine.next(), mine.next()]
        mine.ahead += LONG
        mine.let_go()
        told.append(mine.next())

        assert told == [MuteTurned(False), Squeezed(Squeeze.ONE), Squeezed(Squeeze.LONG)]
        assert not mine.mute.on


def test_a_switch_on_mute_is_obeyed_before_anything_else_starts_and_no_squeeze_undoes_it() -> None:
    with hand(switched=True) as mine:
        off_at_once = mine.mute.on
        assert mine.next() == MuteTurned(True)
        mine.press()
        quiet = mine.nothing_more()
        still_off = mine.mute.on
        mine.pins.factory.pin(SWITCH).drive_high()
        told = mine.next()

    assert off_at_once and quiet and still_off
    assert told == MuteTurned(False)


def test_the_light_shows_on_its_pins_and_is_dark_when_nobody_is_at_home() -> None:
    with open_pins(WHOLE) as pins:
        assert pins.lamp is not None
        light = Light(
            lamp=pins.lamp,
            muted=lambda: False,
            offline=lambda: False,
            failed=lambda _: None,
            clock=SystemClock(),
        )
        light.show(Look.LISTENING)
        light.frame(SystemClock().monotonic())
        shown = levels(pins)
        light.start()
        light.stop()
        after = levels(pins)

    assert shown == pytest.approx(LOOKS[Look.LISTENING].at(0))
    assert after == DARK


def test_a_light_of_one_colour_shows_the_brightest_of_three() -> None:
    with open_pins(Body(light=(22,), pins="mock")) as pins:
        assert pins.lamp is not None
        pins.lamp.show((0.1, 0.5, 0.2))

        assert pins.factory.pin(22).state == pytest.approx(0.5)


def test_a_bear_without_a_body_needs_no_pins() -> None:
    with open_pins(Body()) as pins:
        assert (pins.paw, pins.switch, pins.lamp) == (None, None, None)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (Body(paw=4, mute=4, pins="mock"), "a pin twice"),
        (Body(paw=4), "python3-lgpio|pins of this board"),
    ],
)
def test_pins_that_are_not_there_are_named_with_what_to_do(body: Body, says: str) -> None:
    with pytest.raises(ConfigError, match=says), open_pins(body):
        raise AssertionError("there are no such pins here")


def levels(pins: Pins) -> tuple[float, ...]:
    return tuple(pins.factory.pin(each).state for each in LIGHT)
