"""The watchdog over a real socket: fed while every part moves, and a bear that stands still ends."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from teddy_edge.app import Lifeline, deaths_told
from teddy_edge.audio.mouth import Mouth, Spoken
from teddy_edge.audio.ring import Ring
from teddy_edge.audio.samples import HOP
from teddy_edge.errors import PartDied
from teddy_edge.health.signs import Working, signs_of
from teddy_edge.health.supervisor import Supervisor, Systemd, Unsupervised, supervisor_of
from teddy_edge.health.undertaker import Undertaker
from teddy_edge.health.vitals import Sign
from teddy_edge.health.watchman import StoodStill, Watchman
from teddy_edge.inference.governor import ThreadGovernor, Work
from teddy_shared.clock import SystemClock
from tests.supervising import Watching, watching


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[Watching]:
    with watching(tmp_path) as found:
        yield found


class Bear:
    """The parts that a watchman looks at, moved by hand."""

    def __init__(self) -> None:
        self.ring = Ring()
        self.mouth = Mouth(clock=SystemClock(), post=lambda _: None)
        self.models = ThreadGovernor()
        self.deaths: list[tuple[str, BaseException]] = []

    def failed(self, part: str) -> Callable[[BaseException], None]:
        return lambda error: self.deaths.append((part, error))

    def watchman(self, supervisor: Supervisor, *, hurried: float = 0.04) -> Watchman:
        """One for which every time is shorter by this factor."""
        signs = [
            Sign(each.part, each.moves, each.within * hurried, each.due)
            for each in signs_of(self.ring, self.mouth, self.models)
        ]
        return Watchman(
            signs=signs, supervisor=supervisor, failed=self.failed, clock=SystemClock(), every=0.02
        )

    def hop(self) -> None:
        self.ring.write(np.zeros(HOP, np.int16))
        self.ring.read(timeout=0)


async def dead(bear: Bear) -> str:
    """The part that was named."""
    async with asyncio.timeout(5):
        while not bear.deaths:  # noqa: ASYNC110  # a thread names it
            await asyncio.sleep(0.01)
    assert isinstance(bear.deaths[0][1], StoodStill)
    return bear.deaths[0][0]


@pytest.mark.parametrize("abstract", [False, True])
def test_what_is_told_arrives_at_the_socket_that_systemd_names(tmp_path: Path, abstract: bool) -> None:
    with watching(tmp_path, abstract=abstract) as systemd:
        supervisor = supervisor_of(systemd.environment(patience=10))
        supervisor.ready()
        supervisor.feed()
        supervisor.status("listening")
        supervisor.stopping()

        told = systemd.until(lambda told: len(told) == 4)

    assert told == ["READY=1", "WATCHDOG=1", "STATUS=listening", "STOPPING=1"]
    assert supervisor.patience == 10


@pytest.mark.parametrize(
    ("environment", "patience"),
    [
        ({"NOTIFY_SOCKET": "/run/x"}, None),
        ({"NOTIFY_SOCKET": "/run/x", "WATCHDOG_USEC": "20000000"}, 20.0),
        ({"NOTIFY_SOCKET": "/run/x", "WATCHDOG_USEC": "20000000", "WATCHDOG_PID": "7"}, 20.0),
        ({"NOTIFY_SOCKET": "/run/x", "WATCHDOG_USEC": "20000000", "WATCHDOG_PID": "8"}, None),
        ({"NOTIFY_SOCKET": "/run/x", "WATCHDOG_USEC": "soon"}, None),
        ({"NOTIFY_SOCKET": "/run/x", "WATCHDOG_USEC": "0"}, None),
    ],
)
def test_the_watchdogs_patience_is_what_systemd_says_for_this_process(
    environment: Mapping[str, str], patience: float | None
) -> None:
    supervisor = supervisor_of(environment, pid=7)

    assert isinstance(supervisor, Systemd)
    assert supervisor.patience == patience


@pytest.mark.parametrize("environment", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "vsock:2:1234"}])
def test_without_a_socket_nobody_watches(environment: Mapping[str, str]) -> None:
    assert isinstance(supervisor_of(environment), Unsupervised)


def test_a_supervisor_that_is_gone_does_not_hold_up_the_bear(tmp_path: Path) -> None:
    supervisor_of({"NOTIFY_SOCKET": str(tmp_path / "nobody")}).feed()


async def test_while_everything_moves_the_watchdog_is_fed_in_time(systemd: Watching) -> None:
    bear = Bear()
    watchman = bear.watchman(supervisor_of(systemd.environment(patience=0.3)))
    async with asyncio.TaskGroup() as tasks:
        beating = tasks.create_task(watchman.beat(), name="beat")
        watchman.start()
        for _ in range(60):
            bear.hop()
            await asyncio.sleep(0.01)
        await asyncio.to_thread(watchman.stop)
        beating.cancel()

    told = await asyncio.to_thread(systemd.until, lambda told: "STOPPING=1" in told)
    assert told[0] == "READY=1"
    assert told[-1] == "STOPPING=1"
    assert systemd.fed() >= 5
    assert not bear.deaths


async def test_when_samples_stop_the_watchdog_is_fed_no_more_and_the_microphone_is_named(
    systemd: Watching,
) -> None:
    bear = Bear()
    watchman = bear.watchman(supervisor_of(systemd.environment(patience=10)))
    watchman.start()

    assert await dead(bear) == "microphone"
    await asyncio.to_thread(systemd.until, lambda told: any("microphone" in line for line in told))
    fed = systemd.fed()
    await asyncio.sleep(0.1)
    await asyncio.to_thread(watchman.stop)
    await asyncio.to_thread(systemd.until, lambda told: "STOPPING=1" in told)
    assert systemd.fed() == fed


async def test_an_ear_that_reads_no_more_is_named(systemd: Watching) -> None:
    bear = Bear()
    watchman = bear.watchman(supervisor_of(systemd.environment()))
    watchman.start()
    while not bear.deaths:
        bear.ring.write(np.zeros(HOP, np.int16))
        await asyncio.sleep(0.01)
    await asyncio.to_thread(watchman.stop)

    assert bear.deaths[0][0] == "ear"


@pytest.mark.parametrize("speaks", [True, False])
async def test_a_play_cursor_must_move_only_while_the_bear_speaks(systemd: Watching, speaks: bool) -> None:
    bear = Bear()
    if speaks:
        bear.mouth.say(Spoken(np.ones(100, np.int16), 0, 0))
    watchman = bear.watchman(supervisor_of(systemd.environment()))
    watchman.start()
    for _ in range(60):
        bear.hop()
        await asyncio.sleep(0.01)
    await asyncio.to_thread(watchman.stop)

    assert [part for part, _ in bear.deaths] == (["mouth"] if speaks else [])


async def test_a_model_that_hangs_is_named_and_one_that_works_on_is_not(systemd: Watching) -> None:
    bear, hangs = Bear(), threading.Event()
    assert isinstance(bear.models, Working)
    watchman = bear.watchman(supervisor_of(systemd.environment()))
    watchman.start()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(bear.models.run(Work.HEARING, hangs.wait), name="hearing")
        while not bear.deaths:
            bear.hop()
            await bear.models.run(Work.VOICE, time.sleep, 0.01)
        await asyncio.to_thread(watchman.stop)
        hangs.set()
    await asyncio.to_thread(bear.models.close)

    assert bear.deaths[0][0] == "model for hearing"


async def test_a_loop_that_hangs_is_named(systemd: Watching) -> None:
    bear = Bear()
    watchman = Watchman(
        signs=(), supervisor=Unsupervised(), failed=bear.failed, clock=HurriedClock(), every=0.02
    )
    watchman.start()  # and nobody beats

    assert await dead(bear) == "loop"
    await asyncio.to_thread(watchman.stop)


class HurriedClock(SystemClock):
    """Ten times as fast."""

    def monotonic(self) -> float:
        return 10 * super().monotonic()


def test_a_process_that_cannot_close_is_ended_with_the_code_for_a_dead_part(
    capsys: pytest.CaptureFixture[str],
) -> None:
    codes: list[int] = []
    hangs = threading.Event()
    left = threading.Event()

    def leave(code: int) -> None:
        codes.append(code)
        left.set()

    model = threading.Thread(target=hangs.wait, name="hearing_0")
    model.start()
    undertaker = Undertaker(clock=SystemClock(), leave=leave, grace=0.1)
    undertaker.call()
    undertaker.call()
    undertaker.closed()  # all but the thread

    assert left.wait(5)
    hangs.set()
    model.join()
    assert codes == [PartDied.exit_code] == [3]
    assert "hearing_0" in "".join(capsys.readouterr())


def test_a_process_that_closes_in_order_is_left_alone() -> None:
    codes: list[int] = []
    before = threading.active_count()
    undertaker = Undertaker(clock=SystemClock(), leave=codes.append, grace=5)
    undertaker.call()
    undertaker.closed()

    while threading.active_count() > before:
        time.sleep(0.01)
    assert codes == []


async def test_the_death_of_any_thread_ends_the_bear_and_its_words_are_not_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    dying: list[Any] = []
    lifeline = Lifeline(dying=lambda: dying.append(os.getpid()))

    def die() -> None:
        raise ValueError("rhubarb")

    with deaths_told(lifeline):
        thread = threading.Thread(target=die, name="sweeper")
        thread.start()
        with pytest.raises(PartDied, match="sweeper") as died:
            await lifeline.watch()
        await asyncio.to_thread(thread.join)

    assert died.value.exit_code == 3
    assert dying
    told = "".join(capsys.readouterr())
    assert "ValueError" in told
    assert "rhubarb" not in told
