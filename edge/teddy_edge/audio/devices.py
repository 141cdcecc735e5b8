"""Which of the machine's sound devices the bear hears and speaks with."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from teddy_shared.errors import ConfigError

Direction = Literal["microphone", "speaker"]


@dataclass(frozen=True, slots=True)
class Device:
    """One line of the machine's list. Numbers may change whenever the list is made anew."""

    number: int
    name: str
    inputs: int  # channels
    outputs: int
    first_input: bool = False  # what the machine takes where nobody chooses
    first_output: bool = False

    def serves(self, direction: Direction) -> bool:
        return (self.inputs if direction == "microphone" else self.outputs) > 0


def choose(devices: Sequence[Device], wanted: str | int | None, direction: Direction) -> Device:
    """By number, by name or a part of it, or the machine's own choice. Raises ConfigError."""
    able = [device for device in devices if device.serves(direction)]
    if not able:
        raise ConfigError(f"no {direction} found: plug one in, or use {_STAND_IN[direction]}")
    if wanted is None or wanted == "":
        return next((device for device in able if _is_first(device, direction)), able[0])
    if isinstance(wanted, int) or wanted.isdecimal():
        return _only([device for device in able if device.number == int(wanted)], able, wanted, direction)
    exact = [device for device in able if device.name == wanted]
    part = [device for device in able if wanted.casefold() in device.name.casefold()]
    return _only(exact or part, able, wanted, direction)


def choose_again(devices: Sequence[Device], before: Device, direction: Direction) -> Device:
    """The same device in a new list, where its numbers may be others. Raises ConfigError."""
    able = [device for device in devices if device.serves(direction)]
    likeness: list[Callable[[Device], bool]] = [
        lambda device: device.name == before.name,
        lambda device: _lasting(device.name) == _lasting(before.name),
    ]
    for alike in likeness:
        for device in able:
            if alike(device):
                return device
    raise ConfigError(f"the {direction} {before.name} is unplugged: plug it in again")


def _only(found: list[Device], able: list[Device], wanted: str | int, direction: Direction) -> Device:
    if len(found) == 1:
        return found[0]
    if found:
        raise ConfigError(f"{wanted} fits several {direction}s, name one by its number: {_list(found)}")
    raise ConfigError(f"there is no {direction} {wanted}; there are: {_list(able)}")


def _is_first(device: Device, direction: Direction) -> bool:
    return device.first_input if direction == "microphone" else device.first_output


def _lasting(name: str) -> str:
    """ALSA's names end in `(hw:1,0)`, and a card that is plugged in again may come back as `(hw:2,0)`."""
    return re.sub(r"\s*\(hw:[^)]*\)$", "", name)


def _list(devices: Sequence[Device]) -> str:
    return ", ".join(f"{device.number} {device.name}" for device in devices)


_STAND_IN: Final = {"microphone": "--clips CLIP.wav", "speaker": "--speaker FILE.wav"}
