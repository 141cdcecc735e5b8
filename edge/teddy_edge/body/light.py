"""The light's thread: shows how the bear looks, also when its brain does not answer any more."""

from __future__ import annotations

from collections.abc import Callable
from threading import Condition, Thread
from typing import Final, Protocol

from teddy_edge.body.looks import DARK, LOOKS, Colour, Look, look_of
from teddy_shared.clock import Clock

FRAME: Final = 0.04  # seconds between two levels of a pattern that moves
GLANCE: Final = 0.5  # seconds between looks at everything while nothing moves
STUCK: Final = 2.0  # seconds without a beat of the brain; the watchman ends the process after five


class Lamp(Protocol):
    def show(self, colour: Colour) -> None: ...


class Light:
    """A thread and no task: a brain that hangs is one of the things it shows."""

    def __init__(
        self,
        *,
        lamp: Lamp,
        muted: Callable[[], bool],
        offline: Callable[[], bool],
        failed: Callable[[BaseException], None],
        clock: Clock,
    ) -> None:
        self._lamp = lamp
        self._muted = muted
        self._offline = offline
        self._failed = failed
        self._clock = clock
        self._doing = Look.STARTING
        self._beat = clock.monotonic()
        self._shown: Look | None = None
        self._since = 0.0
        self._stop = False
        self._news = False
        self._something = Condition()
        self._thread = Thread(target=self._run, name="light")

    def start(self) -> None:
        self._beat = self._clock.monotonic()
        self._thread.start()

    def stop(self) -> None:
        """Returns when the thread has ended and the light is dark: nobody is at home."""
        with self._something:
            self._stop = True
            self._something.notify()
        if self._thread.ident is not None:
            self._thread.join()

    def show(self, doing: Look) -> None:
        """From any thread; seen at once."""
        self._doing = doing
        self.refresh()

    def refresh(self) -> None:
        """Something else has changed that is shown. From any thread."""
        with self._something:
            self._news = True
            self._something.notify()

    @property
    def shown(self) -> Look | None:
        """What is to be seen at this moment."""
        return self._shown

    def beat(self) -> None:
        """The brain moves; it tells so at least every second."""
        self._beat = self._clock.monotonic()

    def frame(self, now: float) -> float:
        """Show what is so at this moment; the seconds until there is something new to show."""
        look = look_of(
            self._doing, muted=self._muted(), offline=self._offline(), stuck=now - self._beat > STUCK
        )
        pattern = LOOKS[look]
        if look is not self._shown:
            self._shown, self._since = look, now
        elif pattern.still:
            return GLANCE
        self._lamp.show(pattern.at(now - self._since))
        return GLANCE if pattern.still else FRAME

    def _run(self) -> None:
        try:
            while not self._stop:
                self._news = False
                wait = self.frame(self._clock.monotonic())
                with self._something:
                    self._something.wait_for(lambda: self._stop or self._news, wait)
            self._lamp.show(DARK)
        except BaseException as error:  # a light that shows what is not so is worse than none
            self._failed(error)
            raise
