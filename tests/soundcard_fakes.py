"""Sound cards that are only memory: plugged and unplugged by hand, their blocks passed by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from teddy_edge.audio.card import CardUnavailable, Format, FormatRefused, OnBlock
from teddy_edge.audio.devices import Device, Direction
from teddy_edge.audio.samples import Pcm

BLOCK = 0.010  # seconds


class HandClock:
    """Time stands until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> float:
        return self.now

    def synchronised(self) -> bool:
        return True


class FakeCards:
    """A port `Cards`. Devices are known by their names; `takes` says which formats they accept."""

    def __init__(self, *names: str, takes: Callable[[Format], bool] = lambda form: True) -> None:
        self._listed = list(names)
        self._takes = takes
        self.plugged = set(names)
        self.streams: list[FakeStream] = []
        self.looks = 0

    def devices(self) -> tuple[Device, ...]:
        return tuple(Device(number, name, 2, 2) for number, name in enumerate(self._listed))

    def open(
        self, device: Device, direction: Direction, form: Format, on_block: OnBlock, *, buffered: float
    ) -> FakeStream:
        if device.name not in self.plugged:
            raise CardUnavailable(f"{device.name}: no such device")
        if not self._takes(form):
            raise FormatRefused(f"{device.name}: not this format")
        stream = FakeStream(self, device.name, form, on_block)
        self.streams.append(stream)
        return stream

    def look_again(self) -> bool:
        """Like PortAudio: not while a stream runs."""
        if any(not stream.ended for stream in self.streams):
            return False
        self.looks += 1
        self._listed = sorted(self.plugged)
        return True

    def plug(self, name: str) -> None:
        self.plugged.add(name)

    def unplug(self, name: str) -> None:
        self.plugged.discard(name)
        for stream in self.streams:
            stream.ended |= stream.name == name


class FakeStream:
    """What was played comes back from `ask`, what was said goes in by `hear`."""

    def __init__(self, cards: FakeCards, name: str, form: Format, on_block: OnBlock) -> None:
        self.name = name
        self.form = form
        self.blocks = 0
        self.ended = False
        self.error: BaseException | None = None
        self._cards = cards
        self._on_block = on_block

    def hear(self, samples: NDArray[Any], *, lost: int = 0) -> None:
        """Frames of the device's own format, [n, channels] or [n]."""
        kind = np.int16 if self.form.width == 2 else np.int32
        self._pass(memoryview(samples.astype(kind).tobytes()), len(samples), lost, 0.0)

    def ask(self, *, lost: int = 0, delay: float = 0.0) -> Pcm:
        """The next block that is played: [n, channels]."""
        frames = round(self.form.rate * BLOCK)
        out = bytearray(frames * self.form.channels * self.form.width)
        self._pass(memoryview(out), frames, lost, delay)
        kind = np.int16 if self.form.width == 2 else np.int32
        played: Pcm = np.frombuffer(bytes(out), kind).reshape(frames, -1)  # type: ignore[assignment]
        return played

    def close(self) -> None:
        self.ended = True

    def _pass(self, data: memoryview, frames: int, lost: int, delay: float) -> None:
        if self.ended:
            return
        try:
            self._on_block(data, frames, lost, delay)
        except BaseException as error:  # as the real door does: its owner must know
            self.error, self.ended = error, True
            return
        self.blocks += 1
