"""The bear's tests on a board that is not there: Debian's own aarch64 Python and the locked wheels, in qemu.

Everything lies below var/board and nothing on the machine is changed: apt fetches packages into folders of
its own, where they are unpacked, and qemu is called by its path. Sound, other programs and the network are
not emulated, and time says nothing: a test takes many times as long as on the machine itself.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from teddy_shared.errors import ConfigError
from workshop.apart import LOCKS, PLACES, ROOT
from workshop.environment import remedy
from workshop.wheels import environment_of, read_lock, tags_of

PYTHON: Final = (3, 11)  # Raspberry Pi OS 12 has 3.11.2, which is what Debian 12 gives us
DEBIAN: Final = ("python3.11", "libportaudio2")
QEMU: Final = "qemu-user-static"
SOURCES: Final = frozenset({"forbiddenfruit"})  # one file of Python without a wheel
ROOMS: Final = (
    "audio", "body", "container", "conversation", "ear", "echo", "health", "inference", "link", "meaning",
    "outbox", "safety", "skills", "soundcard", "speech", "state", "telemetry", "turns", "waking",
)  # fmt: skip
CODE: Final = ("edge", "shared", "cloud", "tools", "tools/flash")


def main() -> int:
    arguments = _parser().parse_args()
    try:
        board = Board(PLACES / "board")
        board.prepare()
    except ConfigError as error:
        print(f"board-test: {error}", file=sys.stderr)
        return 2
    return board.run(["-m", "pytest", "-p", "no:cacheprovider", *(arguments.tests or bears_tests())])


def bears_tests() -> list[str]:
    """The unit tests of the bear's rooms, and its outbox under contract."""
    found = [
        str(each.relative_to(ROOT))
        for each in sorted((ROOT / "tests/unit").glob("test_*.py"))
        if each.name.split("_")[1].removesuffix(".py") in ROOMS
    ]
    return [*found, "tests/contract/test_outbox_contract.py"]


class Board:
    """A folder with what a board has, made once and made anew when a lock changes."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._root = place / "root"
        self._site = place / "site"
        self._qemu = place / "qemu/usr/bin/qemu-aarch64-static"

    def prepare(self) -> None:
        """Raises ConfigError with what to do."""
        stamp = self._place / "locked"
        wanted = "".join(sorted(_requirements(("runtime", "nodeps", "dev"))))
        if stamp.exists() and stamp.read_text() == wanted:
            return
        shutil.rmtree(self._place, ignore_errors=True)
        self._place.mkdir(parents=True)
        _say("fetching qemu and Debian's Python for aarch64 (80 MB)")
        self._from_debian(self._place / "qemu", [QEMU], ())
        self._from_debian(
            self._root, DEBIAN, ("-o", "APT::Architecture=arm64", "-o", "APT::Architectures=arm64")
        )
        _say("installing the locked wheels for aarch64 (750 MB)")
        self._wheels()
        stamp.write_text(wanted)

    def run(self, arguments: Sequence[str]) -> int:
        """The board's Python with these arguments, in the repository. Its lines go where ours go."""
        python = self._root / "usr/bin/python3.11"
        environment = {
            **os.environ,
            "PYTHONPATH": ":".join(str(each) for each in (*(ROOT / each for each in CODE), self._site)),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        command: list[str | Path] = [self._qemu, "-L", self._root, python, *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode

    def _from_debian(self, into: Path, packages: Sequence[str], options: Sequence[str]) -> None:
        """With all that they need, unpacked; apt believes that nothing is installed."""
        apt = self._place / f"apt-{into.name}"
        for folder in ("state/lists/partial", "cache/archives/partial"):
            (apt / folder).mkdir(parents=True)
        (apt / "status").touch()
        own = [
            "-q", "-y", "--no-install-recommends", *options,
            "-o", f"Dir::State={apt / 'state'}", "-o", f"Dir::State::status={apt / 'status'}",
            "-o", f"Dir::Cache={apt / 'cache'}", "-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User=",
        ]  # fmt: skip
        _run(["apt-get", *own, "update"])
        _run(["apt-get", *own, "install", "--download-only", *packages])
        into.mkdir()
        for package in sorted((apt / "cache/archives").glob("*.deb")):
            _run(["dpkg-deb", "--extract", package, into])

    def _wheels(self) -> None:
        wheels, sources = self._place / "wheels.txt", self._place / "sources.txt"
        wanted = list(_requirements(("runtime", "nodeps", "dev")))
        wheels.write_text("\n".join(each for each in wanted if _name(each) not in SOURCES))
        sources.write_text("\n".join(each for each in wanted if _name(each) in SOURCES))
        platforms = sorted({tag.platform for tag in tags_of(PYTHON) if tag.platform != "any"})
        pip: list[str | Path] = [
            sys.executable,
            "-m",
            "pip",
            "--disable-pip-version-check",
            "--quiet",
            "install",
        ]
        pip += ["--target", self._site, "--no-deps", "--upgrade"]
        for_board = [f"--platform={each}" for each in platforms]
        for_board += ["--implementation=cp", f"--python-version={'.'.join(map(str, PYTHON))}"]
        _run([*pip, *for_board, "--only-binary", ":all:", "--require-hashes", "-r", wheels])
        # Pure Python, so that the machine's own builds it.
        _run([*pip, "--no-build-isolation", "--require-hashes", "-r", sources])
        _run([*pip, "--no-build-isolation", ROOT])


def _requirements(locks: Sequence[str]) -> Iterator[str]:
    """What a board takes from the locks, each once, with its hashes and without its condition.

    pip would ask the machine's own Python about the conditions.
    """
    board = {**environment_of(PYTHON), "python_full_version": "3.11.2"}
    taken = set()
    for lock in locks:
        for each in read_lock((LOCKS / f"{lock}.txt").read_text()):
            if each.wanted_in(board) and each.name not in taken:
                taken.add(each.name)
                yield " ".join(
                    [f"{each.name}=={each.version}", *(f"--hash=sha256:{it}" for it in sorted(each.hashes))]
                )


def _name(requirement: str) -> str:
    return re.split("==", requirement, maxsplit=1)[0]


def _run(command: Sequence[str | Path]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise ConfigError(f"{command[0]} is not here: this works on Debian and its kin") from None
    if done.returncode:
        output = done.stdout + done.stderr
        raise ConfigError(f"{command[0]} failed: {output[-1500:].strip()}\n\n{remedy(output)}")


def _say(line: str) -> None:
    print(f"board-test: {line}", file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tools/board-test",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("tests", nargs="*", help="test files (all of the bear's without sound)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
