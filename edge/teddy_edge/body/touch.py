"""The thread that feels the paw and the mute switch. It turns the ears off without asking the brain."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import Condition, Thread
from typing import Final, Protocol

from teddy_edge.body.mute import By, Mute
from teddy_edge.body.paw import Paw, Squeeze, Squeezed
from teddy_shared.clock import Clock

LOOK: Final = 0.5  # seconds between looks at the switch, should the news of an edge have been lost
WAITING: Final = 64  # moves of the contact; when there are more the oldest give way, the last level counts


class Contact(Protocol):
    """Something that is closed or open."""

    @property
    def closed(self) -> bool: ...

    def watch(self, moved: Callable[[bool], None]) -> None:
        """Called with each level it comes to, from a thread of the pins' own."""


class Touch:
    """Squeezes go to `post`, unless the ears are off: then they wake nobody."""

    def __init__(
        self,
        *,
        paw: Contact | None,
        switch: Contact | None,
        mute: Mute,
        post: Callable[[Squeezed], None],
        failed: Callable[[BaseException], None],
        clock: Clock,
    ) -> None:
        self._contact = paw
        self._switch = switch
        self._mute = mute
        self._post = post
        self._failed = failed
        self._clock = clock
        self._paw = Paw()
        self._opened = False  # whether the squeeze under way has turned the ears on
        self._moves: deque[tuple[bool, float]] = deque(maxlen=WAITING)
        self._stop = False
        self._something = Condition()
        self._thread = Thread(target=self._run, name="touch")

    def start(self) -> None:
        """The switch is obeyed before this returns: nothing is heard while it stands on mute."""
        self._obey_switch()
        if self._switch is not None:
            self._switch.watch(lambda _: self._wake())
        if self._contact is not None:
            self._contact.watch(self._moved)
        self._thread.start()

    def stop(self) -> None:
        """Returns when the thread has ended."""
        with self._something:
            self._stop = True
            self._something.notify()
        if self._thread.ident is not None:
            self._thread.join()

    def _moved(self, pressed: bool) -> None:  # noqa: FBT001  # a level, as pins have it
        with self._something:
            self._moves.append((pressed, self._clock.monotonic()))
            self._something.notify()

    def _wake(self) -> None:
        with self._something:
            self._something.notify()

    def _run(self) -> None:
        try:
            self._feel()
        except BaseException as error:  # a bear whose ears cannot be turned off must not go on
            self._failed(error)
            raise

    def _feel(self) -> None:
        while True:
            with self._something:
                if not (self._stop or self._moves):
                    self._something.wait(self._patience())
                if self._stop:
                    return
                moves = list(self._moves)
                self._moves.clear()
            self._obey_switch()
            for pressed, at in moves:
                self._take(self._paw.moves(pressed, at))
            self._take(self._paw.at(self._clock.monotonic()))

    def _patience(self) -> float | None:
        due = self._paw.due
        waits = [] if due is None else [max(0.0, due - self._clock.monotonic())]
        if self._switch is not None:
            waits.append(LOOK)
        return min(waits, default=None)

    def _obey_switch(self) -> None:
        if self._switch is not None:
            self._mute.turn(By.SWITCH, on=self._switch.closed)

    def _take(self, squeezes: list[Squeeze]) -> None:
        for each in squeezes:
            if each is Squeeze.LONG:
                if not self._opened:
                    self._mute.turn(By.PAW, on=True)
            else:
                self._opened = By.PAW in self._mute.by
                self._mute.turn(By.PAW, on=False)
            if not self._mute.on:
                self._post(Squeezed(each))
