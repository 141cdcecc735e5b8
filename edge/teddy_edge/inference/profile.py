"""What a board's memory has room for: which models are loaded, and how much of them works at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

Wanted = Literal["auto", "full", "small"]

ROOMY: Final = 700e6  # bytes that a board with 1 GB has, and one with 512 MB has not


@dataclass(frozen=True, slots=True)
class Profile:
    name: str
    understands_meaning: bool  # wishes in other words; the guard has the sentence model on every board
    words_at_once: int  # in one run of the voice; a sentence of more is spoken in pieces
    says: str  # for a doctor


FULL: Final = Profile(name="full", understands_meaning=True, words_at_once=40, says="all models")
SMALL: Final = Profile(
    name="small",
    understands_meaning=False,
    words_at_once=12,
    says="wishes by rules alone, and the voice in short pieces",
)
_PROFILES: Final = {"full": FULL, "small": SMALL}


def choose(wanted: Wanted, total: int | None) -> Profile:
    """What somebody set, else what fits the memory of the whole board; all where that is not known."""
    if wanted != "auto":
        return _PROFILES[wanted]
    return FULL if total is None or total >= ROOMY else SMALL


def total_memory(meminfo: Path = Path("/proc/meminfo")) -> int | None:
    """Bytes that the kernel has to give; None where it does not say. Reads a file in memory."""
    try:
        lines = meminfo.read_text().splitlines()
    except OSError:
        return None
    sizes = (line.split() for line in lines if line.startswith("MemTotal:"))
    return next((int(size[1]) * 1024 for size in sizes), None)
