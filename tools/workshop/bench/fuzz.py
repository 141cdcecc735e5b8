"""Twenty thousand batches that no bear would send, through the real door and script: none lost, no crash."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from hypothesis import HealthCheck, Phase, Verbosity, given, settings

from workshop.fuzz.batches import Attempt, attempts
from workshop.fuzz.door import Broken, Door, open_door
from workshop.measuring import Figure, Options
from workshop.servers import redis_server

CASES: Final = 20_000
SAID: Final = 5  # failures told in words; all are counted


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cases", type=int, default=CASES, help=f"batches ({CASES})")


def run(options: Options) -> Sequence[Figure]:
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="teddy-bench-"))
        store = stack.enter_context(redis_server(Path(folder)))
        runner = stack.enter_context(asyncio.Runner())
        opening = open_door(store.url)
        tally = Tally(runner.run(opening.__aenter__()), runner)
        try:
            tally.take_all(options.own.cases)
        finally:
            runner.run(opening.__aexit__(None, None, None))
    return [
        Figure("fuzz_cases", tally.cases, "batches", bar=options.own.cases, more_is_better=True),
        Figure("fuzz_lost", tally.lost, "batches", bar=0),
        Figure("fuzz_crashes", tally.crashes, "batches", bar=0),
    ]


class Tally:
    def __init__(self, door: Door, runner: asyncio.Runner) -> None:
        self.cases = self.lost = self.crashes = 0
        self._door = door
        self._runner = runner

    def take_all(self, cases: int) -> None:
        @settings(
            max_examples=cases,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            verbosity=Verbosity.quiet,
            suppress_health_check=list(HealthCheck),
        )
        @given(attempts)
        def take(attempt: Attempt) -> None:
            self._take(attempt)

        take()

    def _take(self, attempt: Attempt) -> None:
        self.cases += 1
        try:
            self._runner.run(self._door.take(attempt))
        except Broken as error:
            self.lost += 1
            self._say(str(error))
        except Exception as error:  # a crash of any kind is what is looked for
            self.crashes += 1
            self._say(f"{type(error).__name__}: {error}")

    def _say(self, what: str) -> None:
        if self.lost + self.crashes <= SAID:
            print(what, file=sys.stderr)
