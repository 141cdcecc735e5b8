"""Processes that can be killed and begun again cheaply: forked from one that has imported everything."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from typing import Any, Final

PRELOADED: Final = ["workshop.chaos.bear", "workshop.chaos.cloud"]
GRACE: Final = 5.0  # seconds to stop in order


class Part:
    """One process of ours that lives again whenever it is begun."""

    def __init__(self, name: str, run: Callable[..., None], arguments: Sequence[Any]) -> None:
        self.name = name
        self._run = run
        self._arguments = tuple(arguments)
        self._process: BaseProcess | None = None
        self.deaths_of_its_own: list[int] = []  # exit codes of ends that we did not cause

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.is_alive()

    def begin(self) -> None:
        self._bury()
        context = multiprocessing.get_context("forkserver")
        self._process = context.Process(target=self._run, args=self._arguments, name=self.name, daemon=True)
        self._process.start()

    def kill(self) -> None:
        """kill -9."""
        if self._process is not None and self._process.is_alive():
            self._process.kill()
            self._process.join()
            self._process.close()
            self._process = None

    def end(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        self._process.join(GRACE)
        self.kill()
        self._bury()

    def _bury(self) -> None:
        if self._process is not None:
            self._process.join()
            if self._process.exitcode:
                self.deaths_of_its_own.append(self._process.exitcode)
            self._process.close()
            self._process = None


@contextmanager
def forking() -> Iterator[None]:
    """Imports are paid once, by the process that all others are forked from."""
    multiprocessing.set_forkserver_preload(PRELOADED)
    yield
