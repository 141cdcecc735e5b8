"""The thread that drives the ear: takes hops from the ring and posts what they mean."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Thread

from teddy_edge.audio.ring import Hop, Overrun, Ring
from teddy_edge.ear.ear import Ear, EarEvent
from teddy_edge.echo.echo import Echo
from teddy_shared.clock import Clock


@dataclass(frozen=True, slots=True)
class Noticed:
    """What the ear made of the sound, and when: the turn's latency counts from here."""

    event: EarEvent
    at: float  # seconds on the monotonic clock


class EarThread:
    """Runs until the ring is closed. If it dies, `failed` hears of it: a bear is never silently deaf.

    While the ears are off it goes on with the silence that the ring gives it, and tells nothing of it.
    """

    def __init__(
        self,
        *,
        ring: Ring,
        ear: Ear,
        echo: Echo | None = None,  # none where no speaker is near
        post: Callable[[Noticed], None],
        failed: Callable[[BaseException], None],
        clock: Clock,
        muted: Callable[[], bool] = lambda: False,
    ) -> None:
        self._muted = muted
        self._was_muted = False
        self._ring = ring
        self._ear = ear
        self._echo = echo or Echo()
        self._post = post
        self._failed = failed
        self._clock = clock
        self._thread = Thread(target=self._run, name="ear")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns when the thread has ended."""
        self._ring.close()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            while (heard := self._ring.read()) is not None:
                for event in self._step(heard):
                    self._post(Noticed(event, self._clock.monotonic()))
        except BaseException as error:  # the brain must know before the thread is gone
            self._failed(error)
            raise

    def _step(self, heard: Hop | Overrun) -> list[EarEvent]:
        muted = self._muted()
        if muted and not self._was_muted:
            self._ear.forget()
        self._was_muted = muted
        events = self._ear.step(self._echo.clean(heard))
        return [] if muted else events
