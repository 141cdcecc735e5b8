"""The right device is found by what people write, and what is missing is said in plain words."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from teddy_edge.audio.card import CardUnavailable, Format, FormatRefused
from teddy_edge.audio.devices import Device, choose, choose_again
from teddy_edge.audio.soundcard import PortAudio
from teddy_shared.errors import ConfigError, PartMissing

USB = Device(0, "USB PnP Sound Device: Audio (hw:1,0)", inputs=1, outputs=2)
HDMI = Device(1, "vc4-hdmi: MAI PCM i2s-hifi-0 (hw:0,0)", inputs=0, outputs=2)
PULSE = Device(2, "pulse", inputs=32, outputs=32)
DEFAULT = Device(3, "default", inputs=32, outputs=32, first_input=True, first_output=True)
ALL = (USB, HDMI, PULSE, DEFAULT)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (None, DEFAULT),
        ("", DEFAULT),
        (0, USB),
        ("0", USB),
        ("pulse", PULSE),
        ("usb", USB),
        ("PnP Sound", USB),
    ],
)
def test_a_microphone_is_found_by_number_by_name_or_by_a_part_of_it(
    wanted: str | int | None, found: Device
) -> None:
    assert choose(ALL, wanted, "microphone") == found


def test_without_a_choice_of_the_machine_the_first_device_that_can_is_taken() -> None:
    assert choose((HDMI, USB), None, "microphone") == USB


@pytest.mark.parametrize(
    ("devices", "wanted", "says"),
    [
        ((), None, "no microphone found: plug one in, or use --clips"),
        ((HDMI,), "usb", "no microphone found: plug one in, or use --clips"),
        (ALL, 1, "there is no microphone 1; there are: 0 USB PnP"),
        (ALL, "webcam", "there is no microphone webcam; there are: 0 USB PnP"),
        (ALL, "l", "l fits several microphones, name one by its number: 2 pulse, 3 default"),
    ],
)
def test_what_cannot_be_found_is_told_with_what_there_is(
    devices: tuple[Device, ...], wanted: str | int | None, says: str
) -> None:
    with pytest.raises(ConfigError) as told:
        choose(devices, wanted, "microphone")

    assert str(told.value).startswith(says)


def test_a_card_that_is_plugged_in_again_is_found_under_its_new_numbers() -> None:
    back = Device(7, "USB PnP Sound Device: Audio (hw:3,0)", inputs=1, outputs=2)

    assert choose_again((HDMI, PULSE, back), USB, "microphone") == back
    with pytest.raises(ConfigError, match="is unplugged: plug it in again"):
        choose_again((HDMI, PULSE), USB, "microphone")


def test_without_portaudio_the_operator_is_told_which_package_to_install() -> None:
    def load() -> Any:
        raise OSError("PortAudio library not found")

    with pytest.raises(PartMissing, match="PortAudio is missing: sudo apt install libportaudio2"):
        PortAudio(load=load).devices()


def test_without_sounddevice_the_operator_is_told_which_package_to_install() -> None:
    def load() -> Any:
        raise ImportError("No module named 'sounddevice'")

    with pytest.raises(PartMissing, match="sounddevice is missing: pip install"):
        PortAudio(load=load).devices()


class Library:
    """As much of sounddevice as refuses to open."""

    class PortAudioError(Exception):
        pass

    CallbackAbort = StopIteration

    def __init__(self, *error: object) -> None:
        self._error = error
        self.RawInputStream = self.RawOutputStream = self._open
        self.default = SimpleNamespace(hostapi=0)

    def _open(self, **_: object) -> Any:
        raise self.PortAudioError(*self._error)


@pytest.mark.parametrize("code", [-9994, -9997, -9998])
def test_a_refused_format_is_told_from_a_card_that_is_away(code: int) -> None:
    refusing = PortAudio(load=lambda: Library("Invalid sample rate", code))
    absent = PortAudio(load=lambda: Library("Device unavailable", -9985))

    with pytest.raises(FormatRefused, match="pulse: Invalid sample rate"):
        refusing.open(PULSE, "microphone", Format(16_000, 1), lambda *_: None, buffered=0.1)
    with pytest.raises(CardUnavailable) as away:
        absent.open(PULSE, "speaker", Format(24_000, 1), lambda *_: None, buffered=0.1)

    assert not isinstance(away.value, FormatRefused)
