"""The bear's starts, kept in a file of fixed size, so that a full card or a power cut does not lose them."""

from __future__ import annotations

import json
import os
import zlib
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from teddy_edge.health.history import End, Now, Rung, Start, next_rung
from teddy_shared.clock import Clock
from teddy_shared.logs import log

NAME: Final = "starts"
SLOT: Final = 4096  # bytes; two of them are written in turn, so that one is whole at any moment
KEPT: Final = 16  # starts, of at most 200 bytes each
NAMED: Final = 24  # letters of a part's name
BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


class Starts:
    """Blocks for as long as a page takes to reach the card. A card that takes nothing is logged, no error.

    `clock` counts from the machine's boot, as Linux' monotonic clock does.
    """

    def __init__(self, file: Path, *, clock: Clock, machine: str) -> None:
        self._file = file
        self._clock = clock
        self._machine = machine
        self._number, self._history = read_starts(file)

    @property
    def history(self) -> tuple[Start, ...]:
        return self._history

    @property
    def now(self) -> Now:
        return Now(self._machine, self._clock.monotonic())

    def next_rung(self, *, can_reboot: bool) -> Rung:
        return next_rung(self._history, self.now, can_reboot=can_reboot)

    def began(self, rung: Rung) -> None:
        now = self.now
        self._history = (*self._history, Start(now.machine, now.uptime, now.uptime, rung))[-KEPT:]
        self._write()

    def lives(self) -> None:
        """The process that began is still there."""
        self._change(None, "")

    def ended(self, end: End, part: str = "") -> None:
        self._change(end, part)

    def _change(self, end: End | None, part: str) -> None:
        *before, last = self._history
        self._history = (*before, replace(last, seen=self.now.uptime, end=end, part=part[:NAMED]))
        self._write()

    def _write(self) -> None:
        self._number += 1
        body = json.dumps({"number": self._number, "starts": [asdict(each) for each in self._history]})
        data = f"{zlib.crc32(body.encode()):08x}{body}".encode()
        try:
            _put(self._file, data.ljust(SLOT, b"\n"), (self._number % 2) * SLOT)
        except OSError as error:
            log("health").warning("this start cannot be noted", reason=error.strerror)


def read_starts(file: Path) -> tuple[int, tuple[Start, ...]]:
    """The number of the last writing, and what it held; nothing where nothing whole is there."""
    try:
        data = file.read_bytes()
    except OSError:
        return 0, ()
    found = [_parsed(data[at : at + SLOT]) for at in (0, SLOT)]
    return max(found, key=lambda each: each[0])


def place_of(data: Path, runtime: Path | None) -> tuple[Path, bool]:
    """Where the starts are kept, and whether they outlive a reboot there.

    In the bear's folder; where nothing can be written there, in the one that systemd made in memory.
    """
    try:
        data.mkdir(parents=True, exist_ok=True)
        writable = os.access(data, os.W_OK) and not os.statvfs(data).f_flag & os.ST_RDONLY
    except OSError:
        writable = False
    return (data / NAME, True) if writable or runtime is None else (runtime / NAME, False)


def this_boot(file: Path = BOOT_ID) -> str:
    """Which boot of the machine this is."""
    return file.read_text().strip()


def _parsed(slot: bytes) -> tuple[int, tuple[Start, ...]]:
    body = slot[8:].rstrip(b"\n")
    if slot[:8] != f"{zlib.crc32(body):08x}".encode():
        return 0, ()
    held: dict[str, Any] = json.loads(body)
    return int(held["number"]), tuple(_start(each) for each in held["starts"])


def _start(held: dict[str, Any]) -> Start:
    end = None if held["end"] is None else End(held["end"])
    return Start(
        str(held["machine"]),
        float(held["began"]),
        float(held["seen"]),
        Rung(held["rung"]),
        end,
        str(held["part"]),
    )


def _put(file: Path, data: bytes, at: int) -> None:
    """In place: where the file stands already, no new room is needed."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if os.fstat(descriptor).st_size < 2 * SLOT:
            os.pwrite(descriptor, b"\n" * 2 * SLOT, 0)
        if os.pwrite(descriptor, data, at) < len(data):
            raise OSError(28, "No space left on device")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
