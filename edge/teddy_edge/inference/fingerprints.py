"""Hashes of files, remembered with size and time of change, so that a start need not read 150 MB."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Fingerprints:
    """What files hashed to when they were last read whole.

    A file whose size or time of change differs is read again. Bits that rot on the card change
    neither: that is what `afresh` is for.
    """

    def __init__(self, *, notes: Path) -> None:
        self._notes = notes

    def of(self, path: Path, *, afresh: bool = False) -> str:
        """The SHA-256 of a file, in hex. Raises OSError where it cannot be read."""
        status = path.stat()
        seen = [status.st_size, status.st_mtime_ns]
        known = self._read()
        noted = known.get(str(path))
        if not afresh and isinstance(noted, list) and noted[:2] == seen and len(noted) == 3:
            return str(noted[2])
        digest = sha256_of(path)
        self._write({**known, str(path): [*seen, digest]})
        return digest

    def _read(self) -> dict[str, object]:
        try:
            known = json.loads(self._notes.read_bytes())
        except (OSError, ValueError):  # absent or damaged notes cost a second reading and nothing else
            return {}
        return known if isinstance(known, dict) else {}

    def _write(self, known: dict[str, object]) -> None:
        fresh = self._notes.with_name(f"{self._notes.name}.{os.getpid()}")
        with contextlib.suppress(OSError):  # a cache that may only be read is checked whole every time
            fresh.write_text(json.dumps(known, indent=1))
            fresh.replace(self._notes)
