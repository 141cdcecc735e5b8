"""Opens the card that was asked for, in the first format that it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from teddy_edge.audio.card import Cards, CardUnavailable, Format, FormatRefused, OnBlock, Stream
from teddy_edge.audio.devices import Device, Direction, choose, choose_again
from teddy_shared.errors import ConfigError

WIDTHS: Final[tuple[Literal[2, 4], ...]] = (2, 4)  # bytes a sample; some I2S boards offer the wide one alone


@dataclass(frozen=True, slots=True)
class OpenCard:
    stream: Stream
    device: Device
    form: Format


class Negotiation:
    """Remembers which device it was, so that the same one is found again under another number."""

    def __init__(
        self,
        *,
        cards: Cards,
        direction: Direction,
        device: str | int | None,
        rates: Sequence[int],
        buffered: float,
    ) -> None:
        self._cards = cards
        self._direction = direction
        self._wanted = device
        self._rates = rates  # Hz, the best first
        self._buffered = buffered  # seconds
        self._before: Device | None = None

    def open(self, fit: Callable[[Format], OnBlock]) -> OpenCard:
        """`fit` prepares for a format before its first block. Raises CardUnavailable."""
        try:
            return self._open(fit)
        except CardUnavailable:
            if not self._cards.look_again():
                raise
            return self._open(fit)

    def _open(self, fit: Callable[[Format], OnBlock]) -> OpenCard:
        device = self._find()
        refusal: CardUnavailable | None = None
        for form in self._formats(device):
            try:
                stream = self._cards.open(device, self._direction, form, fit(form), buffered=self._buffered)
            except FormatRefused as error:
                refusal = refusal or error
                continue
            self._before = device
            return OpenCard(stream, device, form)
        raise refusal or CardUnavailable(f"{device.name} takes none of our formats")

    def _find(self) -> Device:
        devices = self._cards.devices()
        try:
            if self._before is not None and isinstance(self._wanted, int):
                return choose_again(devices, self._before, self._direction)
            return choose(devices, self._wanted, self._direction)
        except ConfigError as error:
            raise CardUnavailable(str(error)) from None

    def _formats(self, device: Device) -> Iterator[Format]:
        most = device.inputs if self._direction == "microphone" else device.outputs
        for rate in self._rates:
            for width in WIDTHS:
                for channels in (1, 2):
                    if channels <= most:
                        yield Format(rate, channels, width)
