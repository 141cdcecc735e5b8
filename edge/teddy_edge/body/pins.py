"""The only door to gpiozero: a paw, a switch and a light on the pins of a board, or on pins in memory."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Final

from teddy_edge.body.light import Lamp
from teddy_edge.body.looks import Colour
from teddy_edge.body.touch import Contact
from teddy_edge.settings import Body
from teddy_shared.errors import ConfigError, PartMissing

DEBIAN: Final = (
    "/usr/lib/python3/dist-packages"  # where python3-lgpio lies; there is no wheel for every Python
)
HERTZ: Final = 200  # of the light; nobody sees it flicker, and a lamp without a clock of its own keeps up


@dataclass(frozen=True, slots=True)
class Pins:
    """What the board has of a body."""

    paw: Contact | None
    switch: Contact | None
    lamp: Lamp | None
    factory: Any = None  # gpiozero's, so that whoever has pins in memory can drive them


@contextmanager
def open_pins(body: Body) -> Iterator[Pins]:
    """They are given back with the block. Raises ConfigError where what is named is not there. Blocks."""
    named = [pin for pin in (body.paw, body.mute, *body.light) if pin is not None]
    if not named:
        yield Pins(None, None, None)
        return
    if len(set(named)) < len(named):
        raise ConfigError(f"the settings name a pin twice: body has {', '.join(map(str, sorted(named)))}")
    with ExitStack() as stack:
        yield _open(body, stack)


def _open(body: Body, stack: ExitStack) -> Pins:
    try:
        factory = _in_memory() if body.pins == "mock" else _of_the_board()
        stack.callback(factory.close)
        paw, switch = (
            None if pin is None else stack.enter_context(_Contact(pin, factory))
            for pin in (body.paw, body.mute)
        )
        lamp = stack.enter_context(_Lamp(body.light, factory)) if body.light else None
    except ConfigError:
        raise
    except Exception as error:  # a barrier: gpiozero and lgpio have a class of their own for each refusal
        raise ConfigError(
            f"the pins of this board cannot be had ({type(error).__name__}): give the bear's user the group "
            "gpio, and see that no other program holds them"
        ) from error
    return Pins(paw, switch, lamp, factory)


def _in_memory() -> Any:
    _present()
    from gpiozero.pins.mock import MockFactory, MockPWMPin

    return MockFactory(pin_class=MockPWMPin)


def _of_the_board() -> Any:
    _present()
    try:
        with _debian_too():
            from gpiozero.pins.lgpio import LGPIOFactory
    except ImportError:
        raise PartMissing("lgpio, for the pins of this board", "apt install python3-lgpio") from None
    return LGPIOFactory()


def _present() -> None:
    try:
        import gpiozero  # noqa: F401  # here, since most bears and all commands have no pins
    except ImportError:
        raise PartMissing("the package gpiozero", "pip install 'teddy[edge]'") from None


@contextmanager
def _debian_too() -> Iterator[None]:
    sys.path.append(DEBIAN)
    try:
        yield
    finally:
        sys.path.remove(DEBIAN)


class _Contact:
    """Closes to ground, against a resistor that the pin has."""

    def __init__(self, pin: int, factory: Any) -> None:
        from gpiozero import DigitalInputDevice

        self._device = DigitalInputDevice(pin, pull_up=True, pin_factory=factory)

    @property
    def closed(self) -> bool:
        return bool(self._device.is_active)

    def watch(self, moved: Callable[[bool], None]) -> None:
        self._device.when_activated = self._device.when_deactivated = lambda: moved(self.closed)

    def __enter__(self) -> _Contact:
        return self

    def __exit__(self, *_: object) -> None:
        self._device.close()


class _Lamp:
    """One pin, which shows the brightest of the three, or three."""

    def __init__(self, pins: tuple[int, ...], factory: Any) -> None:
        from gpiozero import PWMOutputDevice

        self._pins = [PWMOutputDevice(pin, frequency=HERTZ, pin_factory=factory) for pin in pins]

    def show(self, colour: Colour) -> None:
        levels = colour if len(self._pins) > 1 else (max(colour),)
        for pin, level in zip(self._pins, levels, strict=True):
            if pin.value != level:
                pin.value = level

    def __enter__(self) -> _Lamp:
        return self

    def __exit__(self, *_: object) -> None:
        for pin in self._pins:
            pin.close()
