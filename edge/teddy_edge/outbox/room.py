"""Who gives way when room runs out, and the room that is kept free for safety.

On a full card, and at the outbox's own limit, this is the order:

1. what the cloud has stored already, bulk first, safety last, as soon as the card gets tight;
2. bulk that waits, oldest first, which leaves a gap with range and count;
3. telemetry that waits, likewise;
4. telemetry and bulk that arrive are refused;
5. the talk that arrives is refused by a full card, and waits in the journal's memory; by the limit never;
6. safety takes the reserve, and whatever room that makes is for safety alone.

What waits of the talk and of safety never gives way.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from teddy_edge.outbox.entry import Mark
from teddy_edge.outbox.gaps import Gap
from teddy_shared.envelope import Lane

LIMIT: Final = 200_000_000  # bytes that the outbox may hold
RESERVE: Final = 4 * 1024 * 1024  # bytes: a log of its own and some thousand alerts
LOG: Final = 4 * 1024 * 1024 + 128 * 1024  # bytes that the log grows to before it begins anew
PIECE: Final = 256 * 1024  # bytes of zeros at once, so that an event does not wait long behind them
STEP: Final = 64  # events that give way at once
SPARE: Final = 4 * RESERVE  # bytes that must be free on the card before a reserve is made

YIELDING: Final = (Lane.BULK, Lane.TELEMETRY)
"""Whose waiting events may give way."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """What gives way next."""

    lane: Lane
    first: int
    last: int
    stored: bool  # the cloud has it; otherwise a gap is left


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is not recorded for now."""

    since: Lane  # this lane, and what is less urgent
    reason: str


CRAMMED: Final = Refusal(Lane.TELEMETRY, "its limit is reached by what may not give way")
LAST_ROOM: Final = Refusal(Lane.INTERACTION, "the last room on the card is for alerts")


def next_to_leave(
    marks: Mapping[Lane, Mark], gaps: Sequence[Sequence[Gap]], *, step: int = STEP
) -> Leaving | None:
    """None where all that is left is what never gives way."""
    for lane in reversed(Lane):
        if leaving := stored_part(lane, marks[lane], marks[lane].acked, step=step):
            return leaving
    for lane in YIELDING:
        mark = marks[lane]
        first = 1 + max([mark.acked, *(gap.last for gap in gaps[lane])])
        if first <= mark.last:
            return Leaving(lane, first, min(mark.last, first + step - 1), stored=False)
    return None


def stored_part(lane: Lane, mark: Mark, through: int, *, step: int = STEP) -> Leaving | None:
    """Of what the cloud has and is still here, up to a number; oldest first."""
    last = min(through, mark.acked, mark.gone + step)
    return Leaving(lane, mark.gone + 1, last, stored=True) if last > mark.gone else None


def reserve_beside(database: Path) -> Reserve:
    return Reserve(database.with_name(f"{database.name}.reserve"))


def is_tight(folder: Path, *, spare: int = SPARE) -> bool:
    """Whether the card has little room left: what is stored goes while there is room to let it go. Blocks."""
    try:
        there = os.statvfs(folder)
    except OSError:
        return True
    return there.f_bavail * there.f_frsize < spare


class Reserve:
    """A file beside the database that is given up for safety. Blocks."""

    def __init__(self, path: Path, *, size: int = RESERVE, spare: int = SPARE) -> None:
        self._path = path
        self._size = size
        self._spare = spare
        self.kept = False

    def look(self) -> None:
        """Whether it is there, whole."""
        try:
            found = self._path.stat()
            self.kept = found.st_size == self._size and found.st_blocks * 512 >= self._size
        except OSError:
            self.kept = False

    def make(self) -> bool:
        """Whether it was made: not while the card has little room besides."""
        if is_tight(self._path.parent, spare=self._size + self._spare):
            return False
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, self._size)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError:
            return False
        self.look()
        return self.kept

    def give_up(self) -> bool:
        """Whether there was something to give up."""
        try:
            self._path.unlink()
        except OSError:
            return False
        self.kept = False
        return True


def lengthen(log: Path, *, size: int = LOG, piece: int = PIECE) -> bool:
    """One piece more of zeros behind what the log of a database holds; whether there is more to do.

    They end a log as well as its end did. A write into a file that need not grow is durable in half the
    time, and a log begins small at every start. Raises OSError.
    """
    descriptor = os.open(log, os.O_RDWR | os.O_CLOEXEC)
    try:
        end = os.fstat(descriptor).st_size
        if end < size:
            os.pwrite(descriptor, bytes(min(piece, size - end)), end)
            os.fdatasync(descriptor)
    finally:
        os.close(descriptor)
    return end + piece < size
