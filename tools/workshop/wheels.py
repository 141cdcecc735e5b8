"""Whether a bear can be set up from the locks by wheels alone: which wheel each requirement has on a board.

`python -m workshop.wheels --write PYLOCK` (from tools/lock) notes them; `python -m workshop.wheels` compares
the note with the locks, on any machine and without a network.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from packaging.markers import Environment, Marker, default_environment
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import parse_wheel_filename

LOCKS: Final = ("build", "runtime", "nodeps")  # what tools/lock makes for a bear
NOTE: Final = "tools/locks/wheels.txt"
HEAD: Final = (
    "# The wheels of the locks on a board, made by tools/lock. tools/check compares them with the hashes.\n"
)

Python = tuple[int, int]
BOARDS: Final[tuple[Python, ...]] = ((3, 11), (3, 13))  # Raspberry Pi OS 12 and 13
GLIBC: Final = 36  # 2.36, of the older of the two


@dataclass(frozen=True, slots=True)
class Pinned:
    """A requirement as it stands in a lock."""

    name: str
    version: str
    marker: str
    hashes: frozenset[str]

    def wanted_on(self, python: Python) -> bool:
        return self.wanted_in(environment_of(python))

    def wanted_in(self, environment: dict[str, str]) -> bool:
        """Whether the lock's condition holds there; the environment as `environment_of` gives it."""
        return not self.marker or Marker(self.marker).evaluate(environment)


@dataclass(frozen=True, slots=True)
class Wheel:
    file: str
    sha256: str

    def fits(self, pinned: Pinned, python: Python) -> bool:
        name, version, _, tags = parse_wheel_filename(self.file)
        return (name, str(version)) == (pinned.name, pinned.version) and not tags.isdisjoint(tags_of(python))


def environment_of(python: Python) -> dict[str, str]:
    """What markers see on a board."""
    on_board: Environment = default_environment()
    version = ".".join(map(str, python))
    return {
        **{key: str(value) for key, value in on_board.items()},
        "implementation_name": "cpython",
        "os_name": "posix",
        "platform_machine": "aarch64",
        "platform_python_implementation": "CPython",
        "platform_system": "Linux",
        "python_full_version": f"{version}.0",
        "python_version": version,
        "sys_platform": "linux",
    }


def tags_of(python: Python) -> frozenset[Tag]:
    platforms = [f"manylinux_2_{minor}_aarch64" for minor in range(GLIBC, 16, -1)]
    platforms += ["manylinux2014_aarch64", "linux_aarch64"]
    interpreter = f"cp{python[0]}{python[1]}"
    return frozenset(
        [*cpython_tags(python, platforms=platforms), *compatible_tags(python, interpreter, platforms)]
    )


def read_lock(text: str) -> Iterator[Pinned]:
    """The requirements of a lock with hashes."""
    for block in re.split(r"\n(?=\S)", text):
        found = re.match(r"([A-Za-z0-9._-]+)==(\S+)(?: *; *(.*?))? *\\?\n", block + "\n")
        if found:
            name = re.sub(r"[-_.]+", "-", found[1]).lower()
            hashes = frozenset(re.findall(r"--hash=sha256:([0-9a-f]{64})", block))
            yield Pinned(name, found[2], found[3] or "", hashes)


def read_note(text: str) -> list[Wheel]:
    return [Wheel(*line.split()) for line in text.splitlines() if line and not line.startswith("#")]


def problems(pinned: Iterable[Pinned], wheels: Sequence[Wheel]) -> Iterator[str]:
    """What a board could not install, one line each."""
    for each in pinned:
        for python in BOARDS:
            fitting = [wheel for wheel in wheels if wheel.fits(each, python)]
            on = f"{each.name}=={each.version} on aarch64 with CPython {python[0]}.{python[1]}"
            if each.wanted_on(python) and not fitting:
                yield f"no wheel of {on} is noted in {NOTE}: run tools/lock, or choose another release"
            elif each.wanted_on(python) and not any(wheel.sha256 in each.hashes for wheel in fitting):
                yield f"the wheel of {on} is not the one that is locked: run tools/lock"


def chosen(pinned: Iterable[Pinned], offered: Sequence[Wheel]) -> list[Wheel]:
    """Of what an index offers: what a board can use and the locks allow."""
    return sorted(
        {
            wheel
            for each in pinned
            for wheel in offered
            if wheel.sha256 in each.hashes and any(wheel.fits(each, python) for python in BOARDS)
        },
        key=lambda wheel: wheel.file.lower(),
    )


def offered_in(pylock: dict[str, Any]) -> Iterator[Wheel]:
    """Every wheel of a lock in the form of PEP 751; only the names of files, no addresses."""
    for package in pylock["packages"]:
        for wheel in package.get("wheels", []):
            file = wheel.get("name") or (wheel.get("url") or wheel["path"]).rsplit("/", 1)[-1]
            yield Wheel(file.replace("%2B", "+"), wheel["hashes"]["sha256"])


def main() -> int:
    parser = argparse.ArgumentParser(description="Can a board be set up from the locks by wheels alone?")
    parser.add_argument("--write", type=Path, metavar="PYLOCK", help="note the wheels that this lock offers")
    wanted = parser.parse_args()
    pinned = [each for lock in LOCKS for each in read_lock(Path(f"tools/locks/{lock}.txt").read_text())]
    note = Path(NOTE)
    if wanted.write:
        offered = list(offered_in(tomllib.loads(wanted.write.read_text())))
        lines = "".join(f"{wheel.file} {wheel.sha256}\n" for wheel in chosen(pinned, offered))
        note.write_text(HEAD + lines)
    found = list(problems(pinned, read_note(note.read_text())))
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
