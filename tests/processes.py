"""Real `teddy` processes for journeys: started, listened to, killed, and never left behind."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

import pytest
import structlog

from teddy_shared import cli

TEDDY: Final = Path(sys.executable).with_name("teddy")
SECONDS: Final = 30.0  # for anything that a test waits for


class Teddy:
    """One running `teddy` command that speaks JSON lines on standard output."""

    def __init__(self, process: Process, log: Path) -> None:
        self._process = process
        self.log = log
        self.said: list[dict[str, Any]] = []
        self._news = asyncio.Condition()

    async def listen(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            async with self._news:
                self.said.append(json.loads(line))
                self._news.notify_all()

    async def until(self, found: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
        """All that was said, once it is enough."""
        async with asyncio.timeout(SECONDS), self._news:
            await self._news.wait_for(lambda: found(self.said))
        return self.said

    async def turns(self, count: int) -> list[dict[str, Any]]:
        """The first `count` turns."""
        said = await self.until(lambda all_: sum(each.get("event") == "turn" for each in all_) >= count)
        return [each for each in said if each.get("event") == "turn"][:count]

    async def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        await self._process.wait()

    async def end(self) -> int:
        """SIGTERM, and the exit code."""
        with suppress(ProcessLookupError):
            self._process.terminate()
        async with asyncio.timeout(SECONDS):
            return await self._process.wait()


@asynccontextmanager
async def teddy(
    *arguments: str | Path, log: Path, environment: Mapping[str, str] | None = None
) -> AsyncIterator[Teddy]:
    """The command runs while the block does."""
    errors = await asyncio.to_thread(log.open, "ab")
    process = await asyncio.create_subprocess_exec(
        TEDDY,
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=PIPE,
        stderr=errors,
        env={**os.environ, **(environment or {})},
    )
    running = Teddy(process, log)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(running.listen(), name=f"listen-{arguments[0]}")
        try:
            yield running
        finally:
            if process.returncode is None:
                await running.end()
            await asyncio.to_thread(errors.close)


def ask(
    arguments: Sequence[str | Path], *, given: str = "", seconds: float = SECONDS
) -> tuple[int, str, str]:
    """Run a command to its end: exit code, standard output, standard error."""
    done = subprocess.run(
        [TEDDY, *arguments], input=given, capture_output=True, text=True, timeout=seconds, check=False
    )
    return done.returncode, done.stdout, done.stderr


def ask_here(capsys: pytest.CaptureFixture[str], arguments: Sequence[str | Path]) -> tuple[int, str, str]:
    """The same in the test's own process: a second quicker, for what a process has no part in."""
    capsys.readouterr()
    code = cli.main([str(each) for each in arguments])
    structlog.reset_defaults()  # a command sets up logs for its process, and this one has other tests to run
    said = capsys.readouterr()
    return code, said.out, said.err
