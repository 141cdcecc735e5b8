"""Whether the bear's ears are off. One truth that the ring, the ear, the brain and the light all ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock


class By(StrEnum):
    """Who turned the ears off. They are on again when nobody wants them off any more."""

    SWITCH = "switch"  # on the bear's back: stays as it stands, whatever the paw does
    PAW = "paw"  # a long squeeze


@dataclass(frozen=True, slots=True)
class MuteTurned:
    """The ears have gone off or on, from whatever thread turned them."""

    on: bool


class Mute:
    """Turned and asked from any thread. Does not wait for the brain: it holds also while that hangs."""

    def __init__(self) -> None:
        self._by: frozenset[By] = frozenset()
        self._observers: list[Callable[[MuteTurned], None]] = []
        self._turning = Lock()

    @property
    def on(self) -> bool:
        return bool(self._by)

    @property
    def by(self) -> frozenset[By]:
        return self._by

    def observe(self, observer: Callable[[MuteTurned], None]) -> None:
        """Called after each change, on the thread that made it; what it finds in `on` is the new truth."""
        self._observers.append(observer)

    def turn(self, by: By, *, on: bool) -> None:
        with self._turning:
            before = self.on
            self._by = self._by | {by} if on else self._by - {by}
            if self.on is not before:
                for observer in self._observers:
                    observer(MuteTurned(self.on))
