"""Runs every check and tells at the end which of them failed."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PACKAGES: Final = ("teddy_edge", "teddy_cloud", "teddy_shared", "workshop")


@dataclass(frozen=True)
class Check:
    name: str
    command: tuple[str, ...]


def checks(*, dry: bool) -> tuple[Check, ...]:
    """In the order of cheapness; the first two may mend what they find unless it is a dry run."""
    here = Path(sys.executable).parent
    packages = [part for package in PACKAGES for part in ("-p", package)]
    return (
        Check("format", (str(here / "ruff"), "format", *(["--check"] if dry else []), ".")),
        Check("ruff", (str(here / "ruff"), "check", *([] if dry else ["--fix"]), ".")),
        Check("our own lints", (sys.executable, "-m", "workshop.lints")),
        Check("wheels for a board", (sys.executable, "-m", "workshop.wheels")),
        Check("imports", (str(here / "lint-imports"), "--no-cache")),
        Check("types", (str(here / "mypy"), *packages)),
        Check("types of the tests", (str(here / "mypy"), "tests")),
    )


def run(root: Path, wanted: Sequence[Check]) -> list[str]:
    """The names of those that failed."""
    failed = []
    for check in wanted:
        done = subprocess.run(
            check.command, cwd=root, capture_output=True, text=True, check=False, env=_environment()
        )
        print(f"{'ok    ' if done.returncode == 0 else 'FAILED'}  {check.name}", flush=True)
        if done.returncode:
            failed.append(check.name)
            print((done.stdout + done.stderr).rstrip(), flush=True)
    return failed


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONWARNINGS": "default"}


def main() -> int:
    parser = argparse.ArgumentParser(prog="tools/check", description="Format, lint, type-check.")
    parser.add_argument("--root", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--dry", action="store_true", help="change nothing (as in CI)")
    wanted = parser.parse_args()
    failed = run(wanted.root, checks(dry=wanted.dry))
    if failed:
        hint = "" if not wanted.dry else "; `tools/check` without --dry mends what can be mended"
        print(f"\ncheck failed: {', '.join(failed)}{hint}")
        return 1
    print("\nall checks passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
