"""Programs that the tests need from Debian: finds what is missing, installs it where it may."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

PROGRAMS: Final = {  # program: Debian's package
    "mosquitto": "mosquitto",
    "redis-server": "redis-server",
    "chromium": "chromium",
    "flite": "flite",
    "pulseaudio": "pulseaudio",
    "pactl": "pulseaudio-utils",
    "systemd-analyze": "systemd",
}
LIBRARIES: Final = {  # file below a library folder: Debian's package
    "libportaudio.so.2": "libportaudio2",
    "alsa-lib/libasound_module_pcm_pulse.so": "libasound2-plugins",
}
LIBRARY_FOLDERS: Final = ("/usr/lib", "/lib")
SERVICES: Final = ("mosquitto", "redis-server")  # these packages start a system service when installed
POLICY: Final = Path("/usr/sbin/policy-rc.d")
FORBID: Final = b"#!/bin/sh\n# Put here while Teddy's tests install packages: no service starts.\nexit 101\n"


class CannotInstall(Exception):
    """Packages are missing and we may not install them; the message says how to."""


def missing(programs: Iterable[str] = PROGRAMS, libraries: Iterable[str] = LIBRARIES) -> list[str]:
    """The packages whose program or library is not there."""
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin"
    absent = [PROGRAMS[program] for program in programs if shutil.which(program, path=path) is None]
    return absent + [LIBRARIES[library] for library in libraries if not _has_library(library)]


def _has_library(name: str) -> bool:
    """Debian keeps libraries in a folder an architecture, such as /usr/lib/aarch64-linux-gnu."""
    return any(
        next(Path(folder).glob(pattern), None) is not None
        for folder in LIBRARY_FOLDERS
        for pattern in (name, f"*/{name}")
    )


def install(packages: Sequence[str], *, run: Callable[[Sequence[str]], int], policy: Path = POLICY) -> None:
    """Install without leaving a service running. `run` runs a command as root. Raises CannotInstall."""
    _say(f"installing from Debian: {' '.join(packages)}")
    command = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"]
    ours = _forbid_services(run, policy)
    try:
        code = run([*command, "--no-install-recommends", "install", *packages])
        if code:  # the machine's lists may be old or empty
            run([*command, "update"])
            code = run([*command, "--no-install-recommends", "install", *packages])
    finally:
        if ours:
            run(["rm", "-f", str(policy)])
    if code:
        raise CannotInstall(f"apt-get failed; its lines above say why. By hand: {by_hand(packages)}")
    if Path("/run/systemd/system").exists():
        for service in set(packages) & set(SERVICES):  # nor should it start at the next boot
            run(["systemctl", "--quiet", "disable", service])


def by_hand(packages: Sequence[str]) -> str:
    return f"sudo apt install {' '.join(packages)}"


def as_root() -> Callable[[Sequence[str]], int] | None:
    """How to run a command as root without asking anybody; None where that cannot be."""
    prefix: list[str] = []
    if os.geteuid() != 0:
        if shutil.which("sudo") is None or _run(["sudo", "-n", "true"], quiet=True):
            return None
        prefix = ["sudo", "-n"]
    if shutil.which("apt-get") is None:
        return None
    return lambda command: _run([*prefix, *command])


def _forbid_services(run: Callable[[Sequence[str]], int], policy: Path) -> bool:
    """Whether we laid Debian's own bar before services; an existing one (a container's) stays."""
    if policy.exists():
        return False
    script = FORBID.decode()
    return run(["sh", "-c", 'printf "%s" "$1" > "$2" && chmod 755 "$2"', "sh", script, str(policy)]) == 0


def _run(command: Sequence[str], *, quiet: bool = False) -> int:
    output = subprocess.DEVNULL if quiet else None
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False
    ).returncode


def _say(text: str) -> None:
    print(f"setup: {text}", file=sys.stderr, flush=True)


def main() -> int:
    lacking = missing()
    if not lacking:
        return 0
    run = as_root()
    try:
        if run is None:
            raise CannotInstall(f"the tests need some programs of Debian's: {by_hand(lacking)}")
        install(lacking, run=run)
    except CannotInstall as error:
        print(f"\nsetup failed: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
