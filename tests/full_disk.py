"""A disk without room and a card that has become read-only, for this process alone."""

from __future__ import annotations

import asyncio
import os
import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

NO_PAGE: Final = 3000  # bytes: no page of a database fits, while a test may still print a few lines
NOBODY: Final = 65534


@contextmanager
def no_room_above(size: int) -> Iterator[None]:
    """No file of this process may grow beyond so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that every user can reach, which those of a test are not."""
    with TemporaryDirectory(prefix="teddy-test-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@asynccontextmanager
async def read_only(folder: Path) -> AsyncIterator[None]:
    """Nothing in an `open_folder` can be written, not even by root, who is nobody while the block runs."""
    await asyncio.to_thread(_close, folder)
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        await asyncio.to_thread(folder.chmod, 0o755)


def _close(folder: Path) -> None:
    for path in (folder, *folder.iterdir()):
        path.chmod(0o555)
