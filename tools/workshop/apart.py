"""Environments beside ours, each with what a lock of its own says: other people's work for a bench."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from teddy_shared.errors import ConfigError
from workshop.environment import remedy

ROOT: Final = Path(__file__).parents[2]
LOCKS: Final = ROOT / "tools/locks"
PLACES: Final = ROOT / "var"


def python_with(lock: str, *, says: str, place: Path | None = None, options: Sequence[str] = ()) -> Path:
    """The Python of the environment for `lock`, which is set up where that is not done yet.

    `says` is what a person reads meanwhile. Raises ConfigError with what to do.
    """
    place = place or PLACES / f"{lock}-venv"
    file = LOCKS / f"{lock}.txt"
    python, stamp = place / "bin/python", place / "locked"
    wanted = hashlib.sha256(file.read_bytes()).hexdigest()
    if python.exists() and stamp.exists() and stamp.read_text() == wanted:
        return python
    print(f"setup: installing {says}", file=sys.stderr, flush=True)
    _run([sys.executable, "-m", "venv", "--clear", place])
    pip: list[str | Path] = [python, "-m", "pip", "--no-input", "--disable-pip-version-check", "--quiet"]
    _run([*pip, "install", "--require-hashes", "--only-binary", ":all:", *options, "-r", file])
    stamp.write_text(wanted)
    return python


def _run(command: list[str | Path]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        output = done.stdout + done.stderr
        raise ConfigError(
            f"the bench's environment was not set up: {output[-1500:].strip()}\n\n{remedy(output)}"
        )
