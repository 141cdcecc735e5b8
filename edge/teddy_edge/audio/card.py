"""What the microphone and the speaker need of a sound card, and what they tell about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from teddy_edge.audio.devices import Device, Direction
from teddy_shared.errors import TeddyError


@dataclass(frozen=True, slots=True)
class CardOpened:
    """The first samples have come or gone."""

    rate: int  # Hz, of the device
    channels: int
    name: str


@dataclass(frozen=True, slots=True)
class CardLost:
    """The card is gone or was never there; it is tried again until it answers. Told once a loss."""

    reason: str


@dataclass(frozen=True, slots=True)
class Xrun:
    """Samples were lost on the way to or from the card, because somebody came too late."""

    count: int  # times, since this was last told


CardNews = CardOpened | CardLost | Xrun


class CardUnavailable(TeddyError):
    """The device is away, busy, or takes none of our formats; tried again with backoff."""


class FormatRefused(CardUnavailable):
    """The device is there and does not take this format."""


@dataclass(frozen=True, slots=True)
class Format:
    """How samples cross the border of a device: interleaved, `width` bytes each."""

    rate: int  # Hz
    channels: int
    width: Literal[2, 4] = 2  # bytes: int16 or int32


OnBlock = Callable[[memoryview, int, int, float], None]
"""Called in the card's own thread: samples to read or to fill, frames, how often some were lost before,
and the seconds between handing over the first frame and its sounding (of a microphone, 0)."""


class Stream(Protocol):
    """A device that runs, from when it was opened."""

    @property
    def blocks(self) -> int:
        """How many have passed: a stream whose count stands still is dead or frozen."""

    @property
    def ended(self) -> bool:
        """The device will give and take nothing any more."""

    @property
    def error(self) -> BaseException | None:
        """What `OnBlock` raised; it ended the stream."""

    def close(self) -> None:
        """Returns when `OnBlock` is called no more; what was not yet played is dropped."""


class Cards(Protocol):
    """The sound cards of this machine."""

    def devices(self) -> tuple[Device, ...]:
        """As they were when they were last looked for. Raises PartMissing."""

    def open(
        self, device: Device, direction: Direction, form: Format, on_block: OnBlock, *, buffered: float
    ) -> Stream:
        """With about so many seconds between us and the device. Raises CardUnavailable, FormatRefused."""

    def look_again(self) -> bool:
        """Look for devices anew; False where that would cut off a stream in use for nothing."""
