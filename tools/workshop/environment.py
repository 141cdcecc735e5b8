"""Makes the virtual environment hold exactly what the locks say, and does nothing when it already does.

Runs on the bare Python of the machine, so it needs nothing but the standard library.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LOCKED: Final = ("--require-hashes", "--only-binary", ":all:")


class SetupFailed(Exception):
    """Setting up stopped; the message says why and what to do."""


@dataclass(frozen=True)
class Step:
    """One run of pip."""

    says: str
    locks: tuple[str, ...]
    options: tuple[str, ...]


RUNTIME: Final = (
    Step("what Teddy runs on (about 400 MB)", ("build", "runtime"), LOCKED),
    Step("packages without their dependencies", ("nodeps",), (*LOCKED, "--no-deps")),
)
DEV: Final = (
    *RUNTIME,
    # forbiddenfruit has no wheel; it is one file of Python and builds with the locked setuptools.
    Step("the checking tools", ("dev",), (*LOCKED, "--no-binary", "forbiddenfruit", "--no-build-isolation")),
)
LEVELS: Final = {"runtime": RUNTIME, "dev": DEV}


def prepare(root: Path, venv: Path, level: str) -> bool:
    """Bring the environment up to date; False if it already was. Raises SetupFailed."""
    if _current(root, venv, level):
        return False
    with _alone(root):
        if _current(root, venv, level):  # another tool did it while we waited
            return True
        _make(venv)
        for step in LEVELS[level]:
            _install(root, venv, step)
        _say("installing Teddy itself")
        _pip(venv, ["--no-deps", "--no-build-isolation", "--no-index", "--editable", str(root)], 1)
        for name, steps in LEVELS.items():
            if set(steps) <= set(LEVELS[level]):
                _stamp(venv, name).write_text(fingerprint(root, name))
        _say("set up")
    return True


def fingerprint(root: Path, level: str) -> str:
    """Changes when anything that decides the environment's content does."""
    files = [f"tools/locks/{lock}.txt" for step in LEVELS[level] for lock in step.locks]
    total = hashlib.sha256(str(root).encode())  # the editable install points there
    for file in [*files, "pyproject.toml", "tools/workshop/environment.py"]:
        total.update((root / file).read_bytes())
    return total.hexdigest()


def remedy(output: str) -> str:
    """What a person can do about pip's failure."""
    for signs, advice in _REMEDIES:
        if any(sign in output for sign in signs):
            return advice
    return "the lines above are pip's own; run the tool again to go on from here"


_REMEDIES: Final = (
    (("No space left",), "the disk is full: Teddy needs about 1 GB; make room and run the tool again"),
    (
        ("DO NOT MATCH THE HASHES",),
        "a downloaded file is not the one that was locked, which a broken download causes; run the tool "
        "again, and if it stays so, do not install it: somebody changed a released file",
    ),
    (
        ("NewConnectionError", "name resolution", "Connection", "timed out", "Max retries", "ProxyError"),
        "the package index cannot be reached: check the network (and pip's own configuration: "
        "`pip config list`), then run the tool again",
    ),
    (
        ("No matching distribution", "Could not find a version"),
        f"there is no ready package for {platform.machine()} with Python {platform.python_version()} in the "
        "index that pip is configured for; supported are x86_64 and aarch64 with Python 3.11 to 3.13",
    ),
)


def _current(root: Path, venv: Path, level: str) -> bool:
    stamp = _stamp(venv, level)
    try:
        same = stamp.read_text() == fingerprint(root, level)
    except OSError:
        return False
    return same and _runs([venv / "bin/python", "-c", ""]) and (venv / "bin/teddy").exists()


def _stamp(venv: Path, level: str) -> Path:
    return venv / f"teddy-{level}.stamp"


@contextlib.contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Two tools at once must not install into the same folder."""
    (root / "var").mkdir(exist_ok=True)
    with (root / "var/setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("another tool is setting up; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(venv: Path) -> None:
    if _runs([venv / "bin/python", "-m", "pip", "--version"]):
        return
    if not _runs([sys.executable, "-c", "import venv, ensurepip"]):
        raise SetupFailed("Python's venv is not installed: sudo apt install python3-venv")
    _say(f"making a virtual environment in {venv}")
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", venv], capture_output=True, text=True, check=False
    )
    if made.returncode:
        raise SetupFailed(f"no virtual environment could be made in {venv}: {made.stdout}{made.stderr}")


def _install(root: Path, venv: Path, step: Step) -> None:
    _say(f"installing {step.says}")
    files = [root / f"tools/locks/{lock}.txt" for lock in step.locks]
    pinned = {line.split("==")[0] for file in files for line in file.read_text().splitlines() if "==" in line}
    requirements = [part for file in files for part in ("-r", str(file))]
    _pip(venv, [*step.options, *requirements], len(pinned))


def _pip(venv: Path, arguments: Sequence[str], packages: int) -> None:
    environment = {
        **os.environ,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
        "PYTHONUNBUFFERED": "1",
    }
    running = subprocess.Popen(
        [venv / "bin/python", "-m", "pip", "install", "--progress-bar", "off", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
    )
    assert running.stdout is not None
    output: list[str] = []
    try:
        for line in _progress(running.stdout, packages):
            output.append(line)
    except BaseException:
        running.terminate()
        raise
    finally:
        running.stdout.close()
        code = running.wait()
    if code:
        told = "".join(line for line in output if not line.startswith(("Collecting", "Requirement", "  ")))
        raise SetupFailed(f"{told[-1500:].strip()}\n\n{remedy(''.join(output))}")


def _progress(lines: Iterator[str] | Sequence[str] | object, packages: int) -> Iterator[str]:
    """The same lines; meanwhile tells how far pip is."""
    live = sys.stderr.isatty()
    seen: set[str] = set()
    assert isinstance(lines, Iterator)
    for line in lines:
        found = re.match(r"(?:Collecting|Requirement already satisfied:) ([\w.-]+)", line)
        if found and found[1] not in seen:
            seen.add(found[1])
            if live:
                print(f"\r  {len(seen)} of {packages}: {found[1]:<40}", end="", file=sys.stderr, flush=True)
            elif len(seen) % 15 == 0:
                _say(f"  {len(seen)} of {packages}")
        elif packages > 1 and line.startswith("Installing collected"):
            print("\r" if live else "", end="", file=sys.stderr)
            _say("  downloaded; unpacking")
        yield line
    if live and seen:
        print(f"\r{'':<60}\r", end="", file=sys.stderr, flush=True)


def _runs(command: Sequence[str | Path]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _say(text: str) -> None:
    print(f"setup: {text}", file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description="Set up the environment that Teddy's tools run in.")
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--venv", type=Path, required=True)
    parser.add_argument("level", choices=LEVELS)
    wanted = parser.parse_args()
    try:
        prepare(wanted.root, wanted.venv, wanted.level)
    except SetupFailed as failure:
        print(f"\nsetup failed: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nsetup: interrupted; run the tool again to go on from here", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
