"""One life of the process on its rung of the ladder, noted from its beginning to its end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from teddy_edge.errors import PartDied
from teddy_edge.health.history import End, Rung
from teddy_edge.health.starts import Starts
from teddy_shared.errors import ConfigError
from teddy_shared.logs import log

Reboot = Callable[[], None]
"""Asks for a reboot of the machine and returns at once."""


def climb(
    starts: Starts, *, talk: Callable[[], int], stay_safe: Callable[[], int], reboot: Reboot | None
) -> int:
    """The exit code. Above safe mode comes the release before this one, once there are two of them."""
    rung = starts.next_rung(can_reboot=reboot is not None)
    starts.began(rung)
    if rung is not Rung.TALK:
        log("health").error("the bear keeps crashing", now=rung.value, crashed=crashed_parts(starts))
    try:
        match rung:
            case Rung.TALK:
                code = talk()
            case Rung.SAFE_MODE:
                code = stay_safe()
            case Rung.REBOOT:
                assert reboot is not None, "the rung is offered only where there is a way to it"
                code = _ask(reboot)
    except KeyboardInterrupt:
        starts.ended(End.STOPPED)
        raise
    except BaseException as error:
        starts.ended(End.CRASHED, part_of(error))
        raise
    starts.ended(End.STOPPED)
    return code


def crashed_parts(starts: Starts) -> list[str]:
    """The last one first."""
    return [each.part for each in reversed(starts.history) if each.end is End.CRASHED and each.part]


def part_of(error: BaseException) -> str:
    """That died; nothing where it is not known."""
    if isinstance(error, BaseExceptionGroup):
        return next((part for each in error.exceptions if (part := part_of(each))), "")
    return error.part if isinstance(error, PartDied) else ""


RUNTIME: Final = "RUNTIME_DIRECTORY"
ASKED: Final = "reboot"  # firmware_configs/units/teddy-reboot.path waits for a file of this name


def runtime_of(environment: Mapping[str, str]) -> Path | None:
    """The folder that systemd made for this service, in memory; none elsewhere."""
    folder = environment.get(RUNTIME, "").split(":")[0]
    return Path(folder) if folder else None


def reboot_by(runtime: Path | None) -> Reboot | None:
    """By a file that systemd waits for; the bear itself may not reboot anything."""
    return None if runtime is None else (runtime / ASKED).touch


def _ask(reboot: Reboot) -> int:
    try:
        reboot()
    except OSError as error:
        raise ConfigError(f"no reboot can be asked for ({error.strerror})") from None
    return 0
