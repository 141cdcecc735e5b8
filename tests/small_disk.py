"""Runs a story on a disk of its own that really runs full. `python -m tests.small_disk MODULE:FUNCTION SIZE`.

In a process of its own, in a name space of its own: the disk is in memory, and gone with the process.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Coroutine
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from teddy_shared.clock import SystemClock

Story = Callable[[Path], Coroutine[None, None, None]]


def tell_on_small_disk(story: Story, *, size: int) -> None:
    """Blocks. Raises AssertionError with what the story had to say."""
    mine = [] if os.geteuid() == 0 else ["--map-root-user"]
    told = subprocess.run(
        [
            *("unshare", "--mount", *mine, sys.executable, "-W", "error", "-m", "tests.small_disk"),
            *(f"{story.__module__}:{story.__qualname__}", str(size)),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=Path(__file__).parent.parent,
        env={
            **os.environ,
            "PYTHONPATH": f"{Path(__file__).parent.parent}:{Path(__file__).parent.parent}/tools",
        },
    )
    assert told.returncode == 0, told.stdout[-2000:] + told.stderr[-4000:]


class Ballast:
    """Something else on the same disk that takes all the room there is."""

    def __init__(self, disk: Path) -> None:
        self._file = disk / "ballast"

    def fill(self, *, leave: int = 0) -> None:
        """But for so many bytes."""
        there = os.statvfs(self._file.parent)
        with self._file.open("ab") as file, suppress(OSError):
            os.posix_fallocate(file.fileno(), 0, file.tell() + there.f_bavail * there.f_frsize - leave)
        if not leave:
            with self._file.open("ab", buffering=0) as file, suppress(OSError):
                while file.write(bytes(4096)):
                    pass

    def drop(self) -> None:
        self._file.unlink()


class HurriedClock(SystemClock):
    """A clock that a test can put forward."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead


def main(story: str, size: str) -> None:
    module, name = story.split(":")
    tell: Story = getattr(import_module(module), name)
    with tempfile.TemporaryDirectory(prefix="teddy-disk-") as folder:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder], check=True)
        try:
            asyncio.run(tell(Path(folder)))
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
