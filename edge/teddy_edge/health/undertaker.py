"""Sees to it that a bear which has to end does end, whatever hangs in it."""

from __future__ import annotations

import faulthandler
import os
import sys
import threading
from collections.abc import Callable
from typing import Final

from teddy_edge.errors import PartDied
from teddy_shared.clock import Clock
from teddy_shared.logs import log

GRACE: Final = 2.0  # seconds to close what can be closed: the outbox's last events, the card
LOOK: Final = 0.05


class Undertaker:
    """Called as soon as a part has died; from then on the process has its grace and no more.

    A model that hangs cannot be interrupted, and Python would wait for its thread for ever.
    """

    def __init__(
        self, *, clock: Clock, leave: Callable[[int], object] = os._exit, grace: float = GRACE
    ) -> None:
        self._clock = clock
        self._leave = leave
        self._grace = grace
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._wait, name="undertaker")

    def call(self) -> None:
        """From any thread, any number of times."""
        with self._lock:
            if self._thread.ident is None:
                self._thread.start()

    def closed(self) -> None:
        """Everything was closed in order; only threads that hang may be left."""
        self._over.set()

    def _wait(self) -> None:
        deadline = self._clock.monotonic() + self._grace
        while self._clock.monotonic() < deadline:
            if self._over.wait(LOOK) and self._is_alone():
                return
        log("health").error("the bear does not end by itself", threads=sorted(self._others()))
        faulthandler.dump_traceback(sys.__stderr__ or 2)
        self._leave(PartDied.exit_code)

    def _is_alone(self) -> bool:
        return not self._others()

    def _others(self) -> set[str]:
        known = {self._thread, threading.main_thread()}
        return {each.name for each in threading.enumerate() if each not in known and not each.daemon}
