"""How the bear's starts went, and what the next one should be, up to safe mode. Pure.

Wall clocks have no say: a bear without a network does not know the date, and the date may jump. Within one
boot of the machine times are exact; across boots only the time that certainly passed is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

WINDOW: Final = 600.0  # seconds in which crashes belong together
MOST: Final = 3  # crashes in it, then a fourth start would fail too
PROBATION: Final = 3600.0  # seconds after a safe mode in which one crash is enough


class Rung(StrEnum):
    """What a start should do. The rung below them is the card's: audio/keeper.py opens it again."""

    TALK = "talk"  # a clean process heals most
    REBOOT = "reboot"  # a driver or a sound server may hang, which no process can mend
    SAFE_MODE = "safe mode"


class End(StrEnum):
    STOPPED = "stopped"  # as somebody wished
    CRASHED = "crashed"  # of a part that died, or a start that failed


@dataclass(frozen=True, slots=True)
class Start:
    """One life of the process."""

    machine: str  # the boot of the machine, by its id
    began: float  # seconds since the machine's boot
    seen: float  # when it was last known to live, or ended
    rung: Rung
    end: End | None = None  # none while it lives, and where nobody could write it down
    part: str = ""  # of which it crashed


@dataclass(frozen=True, slots=True)
class Now:
    machine: str
    uptime: float  # seconds since its boot


def next_rung(history: Sequence[Start], now: Now, *, can_reboot: bool) -> Rung:
    """For a process that starts now. `history` is in the order of the starts."""
    if _was_switched_off_and_on(history, now):
        return Rung.TALK  # a grown-up did what safe mode asks for
    crashes = recent_crashes(history, now)
    enough = 1 if _on_probation(history, now) else MOST
    if len(crashes) >= enough:
        return Rung.SAFE_MODE
    only_here = all(each.machine == now.machine for each in crashes)
    asked = any(each.rung is Rung.REBOOT and each.machine == now.machine for each in history)
    if can_reboot and len(crashes) == MOST - 1 and only_here and not asked:
        return Rung.REBOOT
    return Rung.TALK


def recent_crashes(history: Sequence[Start], now: Now) -> tuple[Start, ...]:
    """Those within the window."""
    return tuple(
        each for at, each in enumerate(history) if _crashed(each, now) and _since(history[at:], now) < WINDOW
    )


def _crashed(start: Start, now: Now) -> bool:
    """One that has no end was killed if the machine went on, and lost its power if it did not."""
    return start.end is End.CRASHED or (start.end is None and start.machine == now.machine)


def _since(history: Sequence[Start], now: Now) -> float:
    """Seconds that have certainly passed since the first of them was last seen."""
    start = history[0]
    if start.machine == now.machine:
        return max(0.0, now.uptime - start.seen)
    lived: dict[str, float] = {}
    for each in history:
        if each.machine != now.machine:
            lived[each.machine] = max(lived.get(each.machine, 0.0), each.seen)
    return sum(lived.values()) - start.seen + now.uptime


def _was_switched_off_and_on(history: Sequence[Start], now: Now) -> bool:
    return bool(history) and history[-1].rung is Rung.SAFE_MODE and history[-1].machine != now.machine


def _on_probation(history: Sequence[Start], now: Now) -> bool:
    return any(
        each.rung is Rung.SAFE_MODE and _since(history[at:], now) < PROBATION
        for at, each in enumerate(history)
    )
