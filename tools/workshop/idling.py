"""`python -m workshop.idling SECONDS`: what a bear costs while nobody speaks to it, as a share of one core.

A bear in a process of its own hears a room in real time through its own threads: three quarters a quiet
room's noise, a quarter television, half of that speech and half music. It knows its name where a head for
that is installed; where none is, nothing that it hears is meant for it.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from dishka import Provider, Scope, provide
from numpy.typing import NDArray

from teddy_edge.app import Lifeline, Threaded, live
from teddy_edge.audio.microphone import Clip, ClipMicrophone
from teddy_edge.audio.ring import Ring
from teddy_edge.audio.samples import EAR_RATE, Pcm
from teddy_edge.audio.speaker import FileSpeaker
from teddy_edge.audio.wav import read_clip
from teddy_edge.container.bear import open_bear
from teddy_edge.container.bundles import Bear, Models, Talking
from teddy_edge.conversation.report import Nobody
from teddy_edge.ear.attention import Attention, ByName
from teddy_edge.ear.thread import EarThread
from teddy_edge.inference.heap import keep_lean
from teddy_edge.settings import Settings, read
from teddy_shared import logs
from teddy_shared.errors import TeddyError
from workshop.hearing.sounds import music, white_noise
from workshop.recordings import shipped

ROOM: Final = 0.03  # of the loudness of a radio: 50 dB below full scale
TELEVISION: Final = 0.4  # of the same: it stands across the room
SETTLING: Final = 5.0  # seconds in which what is loaded behind the start is waited for
_LONGEST: Final = 600.0


@dataclass(frozen=True, slots=True)
class Idled:
    seconds: float
    core_share: float  # percent of one core
    knows_its_name: bool


class NeverIdled(TeddyError):
    """The process with the bear ended without an answer; its own lines stand above."""


class _ByItsName(Provider):
    """Whatever the settings say: in this room nobody speaks to the bear."""

    scope = Scope.SESSION
    attention = provide(ByName, provides=Attention, override=True)


def idled(seconds: float) -> Idled:
    """In a process of its own, with this one's environment, in real time. Raises NeverIdled."""
    command = [sys.executable, "-m", __name__, str(seconds)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, timeout=seconds + _LONGEST)
    if done.returncode:
        raise NeverIdled(f"the bear ended with {done.returncode} while it idled")
    return Idled(**json.loads(done.stdout))


def scene(seconds: float) -> Pcm:
    """int16 [n]: noise, speech, noise, music, over and over in sixteen pieces."""
    size = round(seconds / 16 * EAR_RATE)
    talk = np.concatenate([read_clip(path) for path in shipped()])
    band = music(seconds / 8)
    noise = white_noise(seconds * 3 / 4 + 1)
    pieces: list[NDArray[np.floating[Any]]] = []
    for each in range(16):
        if each % 4 == 3:
            told, at = (talk, each // 8) if each % 8 == 3 else (band, each // 8)
            pieces.append(np.take(told, range(at * size, (at + 1) * size), mode="wrap") * TELEVISION)
        else:
            pieces.append(np.take(noise, range(each * size, (each + 1) * size), mode="wrap") * ROOM)
    return np.concatenate(pieces).astype(np.int16)


def main() -> None:
    logs.configure(level="error")
    keep_lean()
    sys.setswitchinterval(0.001)  # as a bear's own command does
    seconds = float(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="teddy-idle-") as folder:
        settings = read(overrides={"data": Path(folder), "link.broker": ""})
        print(json.dumps(asdict(asyncio.run(_idle(settings, scene(seconds))))))


async def _idle(settings: Settings, sound: Pcm) -> Idled:
    async with open_bear(settings, _ByItsName(), onlooker=Nobody()) as bear, bear.talk() as talking:
        await bear.render_ahead()  # what a bear does behind its start is no part of its idling
        await bear.learn_meanings()
        models = await bear.parts.get(Models)
        share = await _share(bear, talking, sound)
    return Idled(len(sound) / EAR_RATE, share, models.spotter is not None)


async def _share(bear: Bear, talking: Talking, sound: Pcm) -> float:
    """Processor time against real time, while the sound passes."""
    lifeline, stop, ring, played = Lifeline(), asyncio.Event(), Ring(), asyncio.Event()
    loop = asyncio.get_running_loop()
    clips = [Clip("settling", sound[: round(SETTLING * EAR_RATE)]), Clip("room", sound)]
    began: list[tuple[float, float]] = []

    def heard(_: object) -> None:
        began.append((time.process_time(), time.monotonic()))
        if len(began) > len(clips):
            loop.call_soon_threadsafe(played.set)

    threads: list[Threaded] = [
        FileSpeaker(mouth=talking.mouth, writer=None, failed=lifeline.failed("mouth"), clock=bear.clock),
        EarThread(
            ring=ring,
            ear=talking.ear,
            echo=talking.echo,
            post=talking.inbox.post,
            failed=lifeline.failed("ear"),
            clock=bear.clock,
        ),
        ClipMicrophone(
            ring=ring,
            clips=clips,
            at_rest=lambda: True,
            wait=lambda: 0,
            post=heard,
            failed=lifeline.failed("microphone"),
            clock=bear.clock,
        ),
    ]
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(live(bear, talking, threads, lifeline, stop), name="life")
        await played.wait()
        stop.set()
    (_, (cpu, wall), (cpu_then, wall_then)) = began
    return 100 * (cpu_then - cpu) / (wall_then - wall)


if __name__ == "__main__":
    main()
