"""The thread that feeds the watchdog while every part moves, and ends the bear when one does not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from threading import Event, Thread
from typing import Final

from teddy_edge.health.supervisor import Supervisor
from teddy_edge.health.vitals import Sign, Vitals
from teddy_shared.clock import Clock
from teddy_shared.errors import TeddyError
from teddy_shared.logs import log

EVERY: Final = 1.0  # seconds between looks
BEAT: Final = 0.5  # seconds between two heartbeats of the loop
LIVES: Final = 600.0  # seconds between two notes that the bear lives
LOOP_MOST: Final = 5.0  # seconds that the loop may hang; its longest call takes a tenth of one


class StoodStill(TeddyError):
    """A part that lives and does nothing: as bad as a dead one."""


class Watchman:
    """Start it last and stop it first, so that it sees only parts that ought to move.

    A thread and no task, since a loop that hangs is one of the things that it must see.
    """

    def __init__(
        self,
        *,
        signs: Sequence[Sign],
        supervisor: Supervisor,
        failed: Callable[[str], Callable[[BaseException], None]],
        clock: Clock,
        every: float = EVERY,
        doing: str = "listening",
        lives: Callable[[], object] = lambda: None,
    ) -> None:
        """`doing` is told to the supervisor; `lives` is called now and then, in a thread."""
        self._beats = 0
        self._signs = (Sign("loop", lambda: self._beats, LOOP_MOST), *signs)
        self._supervisor = supervisor
        self._failed = failed
        self._clock = clock
        patience = supervisor.patience
        self._every = every if patience is None else min(every, patience / 3)
        self._doing = doing
        self._lives = lives
        self._stop = Event()
        self._thread = Thread(target=self._run, name="watchman")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns when the thread has ended."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._supervisor.stopping()

    async def beat(self) -> None:
        """The loop's own sign of life; a task for as long as the bear lives."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._beat(), name="beat")
            tasks.create_task(self._note(), name="note-of-life")

    async def _beat(self) -> None:
        while True:
            self._beats += 1
            await asyncio.sleep(BEAT)

    async def _note(self) -> None:
        while True:
            await asyncio.sleep(LIVES)
            await asyncio.to_thread(
                self._lives
            )  # here, since a card that stalls must not starve the watchdog

    def _run(self) -> None:
        try:
            self._watch()
        except BaseException as error:  # a bear that nobody watches must not go on
            self._failed("watchman")(error)
            raise

    def _watch(self) -> None:
        vitals = Vitals(self._signs, now=self._clock.monotonic())
        self._supervisor.ready()
        self._supervisor.status(self._doing)
        while not self._stop.wait(self._every):
            stalled = vitals.stalled(self._clock.monotonic())
            if stalled:
                log("health").error("a part stands still", parts=stalled)
                self._supervisor.status(f"stands still: {', '.join(stalled)}; starting again")
                self._failed(stalled[0])(StoodStill(stalled[0]))
                return
            self._supervisor.feed()
