"""Whether a voice that is heard while the bear speaks may be taken for a child's."""

from __future__ import annotations

from typing import Protocol


class Leakage(Protocol):
    """How much of the bear's own voice is left in what it hears. Any thread may ask."""

    @property
    def voice_may_interrupt(self) -> bool:
        """False while the bear's own voice might be taken for somebody's: then only the paw, the wake
        word and "stop" interrupt it. Changes slowly, never from word to word.
        """


class NoLeakage:
    """What the bear says does not reach its microphone: recordings play as the child, or a file listens."""

    @property
    def voice_may_interrupt(self) -> bool:
        return True
