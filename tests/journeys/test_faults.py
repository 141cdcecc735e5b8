"""Faults in real bears under a supervisor: each is healed within twenty seconds, or said aloud."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from dishka import Provider, Scope, provide

from teddy_edge.audio.samples import EAR_RATE
from teddy_edge.errors import PartDied
from teddy_edge.health.history import MOST
from teddy_edge.health.starts import NAME, read_starts
from teddy_edge.inference.models import ModelStore
from teddy_shared.clock import Clock
from tests.journeys.test_talk_in_virtual_time import VirtualParts, home, net, warm  # noqa: F401  # fixtures
from tests.journeys.test_whole_way import clips
from tests.sound_server import sound_server
from tests.speaking import Speaking
from tests.supervising import SECONDS, nanny
from tests.virtual_time import VirtualClock

HEALED: Final = 20.0  # seconds
YEAR: Final = 365 * 86400.0


def until(true: Callable[[], bool], *, seconds: float = SECONDS) -> None:
    """Blocks. The bear is another process, so that looking is all that can be done."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "nothing of the kind happened"
        time.sleep(0.02)


def sounds(file: Path) -> bool:
    """Whether something audible was written."""
    if not file.exists():
        return False
    data = file.read_bytes()[44:]
    pcm = np.frombuffer(data[: len(data) // 2 * 2], "<i2")
    return bool(np.abs(pcm.astype(int)).max(initial=0) > 500)


def test_a_bear_that_is_killed_three_times_says_aloud_that_it_is_not_well(
    models: ModelStore, tmp_path: Path
) -> None:
    said = tmp_path / "said.wav"
    where: list[str | Path] = ["--data", tmp_path / "bear", "--clips", *clips(1), "--speaker", said]
    with nanny("bear", "run", *where, folder=tmp_path) as (bear, systemd):
        for kills in range(1, MOST + 1):
            until(lambda kills=kills: len(read_starts(tmp_path / "bear" / NAME)[1]) == kills)  # type: ignore[misc]
            bear.process.kill()
            bear.again()
        systemd.until(lambda told: "STATUS=safe mode" in told)
        until(lambda: sounds(said))
        systemd.until(lambda told: "WATCHDOG=1" in told)  # in safe mode it is well, and left alone

    assert bear.codes == [-signal.SIGKILL] * MOST + [0]


@pytest.mark.slow
def test_a_bear_whose_sound_server_freezes_starts_anew_and_hears_again(
    models: ModelStore, tmp_path: Path
) -> None:
    """Slow, since a frozen server must be told from one that is late."""
    folder = tmp_path / "room"
    folder.mkdir()
    with (
        sound_server(folder) as room,
        nanny("bear", "run", "--data", tmp_path / "bear", folder=tmp_path, environment=room.environment) as (
            bear,
            systemd,
        ),
    ):
        systemd.until(lambda told: "WATCHDOG=1" in told)
        for pid in room.pids:
            os.kill(pid, signal.SIGSTOP)
        froze = time.monotonic()
        try:
            systemd.until(lambda told: any("stands still" in line for line in told), seconds=HEALED)
            bear.again(seconds=HEALED)
            assert time.monotonic() - froze < HEALED
        finally:
            for pid in room.pids:
                os.kill(pid, signal.SIGCONT)
        thawed = time.monotonic()
        systemd.until(lambda told: told.count("READY=1") == 2, seconds=HEALED)
        fed = systemd.fed()
        systemd.until(lambda told: told.count("WATCHDOG=1") > fed, seconds=HEALED)
        assert time.monotonic() - thawed < HEALED

    assert bear.codes[0] == PartDied.exit_code


class JumpingClock(VirtualClock):
    """Somebody sets the date."""

    ahead = 0.0  # seconds

    def wall(self) -> float:
        return super().wall() + self.ahead


class Jumps(Provider):
    def __init__(self) -> None:
        super().__init__()
        self.clock = JumpingClock()

    @provide(scope=Scope.APP, override=True)
    def jumping(self) -> Clock:
        return self.clock


@pytest.mark.virtual_time
@pytest.mark.parametrize("jump", [YEAR, -YEAR])
async def test_a_clock_that_jumps_a_year_in_the_middle_of_a_talk_is_not_noticed_by_the_child(
    warm: VirtualParts,  # noqa: F811
    speaking: Speaking,
    tmp_path: Path,
    jump: float,
) -> None:
    jumps = Jumps()
    async with home(warm, tmp_path, replacing=(jumps,)) as at:
        await at.room.say(speaking.child("Hello Teddy."))
        await at.answered(1)
        jumps.clock.ahead = jump
        began = at.talking.clock.monotonic()
        await at.room.say(speaking.child("Tell me something about elephants."))
        await at.answered(2)

        assert [turn.outcome for turn in at.reports] == ["answered", "answered"]
        assert at.talking.clock.monotonic() - began < HEALED + len(at.room.played) / EAR_RATE
        places = [each.envelope.place.seq for turn in at.reports for each in turn.events]
        assert places == sorted(places)
