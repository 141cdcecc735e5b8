"""`python -m workshop.turns.remembering`: a bear in a process of its own tells how much memory it holds.

It takes twenty turns, one of them as long as a turn may be, and hears and speaks for real, but without
waiting for real time.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Final, Literal

import numpy as np

from teddy_edge.app import Lifeline
from teddy_edge.audio.ring import Hop
from teddy_edge.audio.samples import EAR_RATE, HOP, Pcm
from teddy_edge.audio.speaker import FileSpeaker
from teddy_edge.audio.wav import read_clip
from teddy_edge.container.bear import open_bear
from teddy_edge.container.bundles import Bear, Talking
from teddy_edge.ear.segmenter import LONGEST
from teddy_edge.ear.thread import Noticed
from teddy_edge.inference.heap import keep_lean
from teddy_edge.settings import Settings, read
from teddy_shared import logs
from teddy_shared.errors import TeddyError
from workshop.recordings import shipped
from workshop.turns.taking import Reports

TURNS: Final = 20
BREATH: Final = 32  # hops between two looks at the loop


@dataclass(frozen=True, slots=True)
class Memory:
    """Of one bear, in megabytes."""

    turns: int
    ready: float  # before the first turn
    after: float  # behind the last
    peak: float


class BearFailed(TeddyError):
    """The process with the bear ended without an answer; its own lines stand above."""


def remembered(profile: Literal["full", "small"] = "full") -> Memory:
    """Run a bear in a process of its own, with this one's environment. Raises BearFailed."""
    command = [sys.executable, "-m", __name__, profile]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise BearFailed(f"the bear ended with {done.returncode} while its memory was measured")
    return Memory(**json.loads(done.stdout))


def main() -> None:
    logs.configure(level="error")
    keep_lean()
    with tempfile.TemporaryDirectory(prefix="teddy-bench-") as folder:
        settings = read(overrides={"data": Path(folder), "link.broker": "", "models.profile": sys.argv[1]})
        print(json.dumps(asdict(asyncio.run(_live(settings)))))


async def _live(settings: Settings) -> Memory:
    reports = Reports()
    async with open_bear(settings, onlooker=reports) as bear:
        ready = _megabytes("VmRSS")
        clips = await asyncio.to_thread(lambda: [read_clip(path) for path in shipped()])
        await _talk(bear, [_long(clips), *islice(cycle(clips), TURNS - 1)])
        return Memory(len(reports.seen), ready, _megabytes("VmRSS"), _megabytes("VmHWM"))


def _long(clips: list[Pcm]) -> Pcm:
    """As much speech as one turn takes, without a pause in it."""
    return np.concatenate([clip[EAR_RATE // 4 : -EAR_RATE // 4] for clip in clips])[: LONGEST - EAR_RATE]


async def _talk(bear: Bear, clips: list[Pcm]) -> None:
    lifeline = Lifeline()
    async with bear.talk() as talking, asyncio.TaskGroup() as tasks:
        speaker = FileSpeaker(
            mouth=talking.mouth,
            writer=None,
            failed=lifeline.failed("mouth"),
            clock=talking.clock,
            real_time=False,
        )
        running = [
            tasks.create_task(talking.dialogue.run(), name="dialogue"),
            tasks.create_task(lifeline.watch(), name="lifeline"),
        ]
        speaker.start()
        try:
            await _speak(talking, clips)
        finally:
            await asyncio.to_thread(speaker.stop)
            for task in running:
                task.cancel()


async def _speak(talking: Talking, clips: list[Pcm]) -> None:
    """Each clip and the silence that ends it; the answer is waited for."""
    quiet = np.zeros(talking.endpointing.longest + EAR_RATE, np.int16)
    whole = np.concatenate([part for clip in clips for part in (clip, quiet)])
    for index in range(0, len(whole) - HOP + 1, HOP):
        for event in talking.ear.step(Hop(whole[index : index + HOP], index)):
            talking.inbox.post(Noticed(event, talking.clock.monotonic()))
            await talking.dialogue.settled()
        if index // HOP % BREATH == 0:
            await asyncio.sleep(0)


def _megabytes(field: str) -> float:
    """A line of the kernel's account of this process. Its kB are 1024 bytes; our MB are a million."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise BearFailed(f"/proc/self/status has no {field}")


if __name__ == "__main__":
    main()
