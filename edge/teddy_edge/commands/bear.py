"""`teddy bear run`: the bear itself, as a process, until it is stopped."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from teddy_edge.app import Lifeline, Threaded, live
from teddy_edge.audio.microphone import Clip, ClipBegins, ClipMicrophone, MicrophoneEvent
from teddy_edge.audio.ring import Ring
from teddy_edge.audio.speaker import FileSpeaker
from teddy_edge.audio.wav import WavWriter, read_clip
from teddy_edge.container import Talking, open_bear
from teddy_edge.conversation.report import Nobody, Onlooker, TurnReport
from teddy_edge.ear.thread import EarThread
from teddy_edge.settings import Settings, Sound, read
from teddy_shared import logs
from teddy_shared.cli import Command
from teddy_shared.errors import ConfigError


def configure(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    run_ = verbs.add_parser("run", help="run the bear until it is stopped")
    run_.add_argument(
        "--settings", type=Path, action="append", default=[], help="a TOML file; may be repeated"
    )
    run_.add_argument("--data", type=Path, metavar="DIR", help="where outbox, state and keys lie")
    run_.add_argument(
        "--provision", type=Path, metavar="FILE", help="the bear's name and key, from the bench"
    )
    run_.add_argument(
        "--broker", metavar="URL", help="mqtt://host:port; without it the bear keeps its events"
    )
    run_.add_argument("--clips", type=Path, nargs="+", metavar="CLIP.wav", help="play these as the child")
    run_.add_argument(
        "--speaker", type=Path, metavar="FILE.wav", help="write what the bear says; `none` plays into nothing"
    )
    run_.add_argument("--age", type=int, help="the child's age in years until the parents' settings arrive")
    run_.add_argument(
        "--json",
        action="store_true",
        help="print what happens as JSON lines, the words heard included; for the bench, not for a home",
    )


def run(arguments: argparse.Namespace) -> int:
    speaker = None if arguments.speaker in (None, Path("none")) else arguments.speaker
    settings = read(
        files=tuple(arguments.settings),
        overrides={
            "data": arguments.data,
            "link.broker": arguments.broker,
            "link.provision": arguments.provision,
            "listening.age": arguments.age,
            "sound.clips": tuple(arguments.clips) if arguments.clips else None,
            "sound.speaker": speaker,
        },
    )
    logs.configure(form=settings.logs.form, level=settings.logs.level)
    if not settings.sound.clips:
        raise ConfigError("there is no microphone yet: name recordings with --clips CLIP.wav…")
    clips = [Clip(str(path), read_clip(path)) for path in settings.sound.clips]
    return asyncio.run(_run(settings, clips, Printing() if arguments.json else Nobody()))


async def _run(settings: Settings, clips: Sequence[Clip], onlooker: Onlooker) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with open_bear(settings, onlooker=onlooker) as bear, bear.talk() as talking:
        lifeline = Lifeline()
        threads = _threads(talking, settings.sound, clips, onlooker, lifeline)
        if isinstance(onlooker, Printing):
            onlooker.tell({"event": "ready"})
        await live(bear, talking, threads, lifeline, stop)
    return 0


def _threads(
    talking: Talking, sound: Sound, clips: Sequence[Clip], onlooker: Onlooker, lifeline: Lifeline
) -> list[Threaded]:
    """In the order in which they start."""
    ring, clock = Ring(), talking.clock
    writer = None if sound.speaker is None else WavWriter(sound.speaker)
    return [
        FileSpeaker(mouth=talking.mouth, writer=writer, failed=lifeline.failed("mouth"), clock=clock),
        EarThread(
            ring=ring, ear=talking.ear, post=talking.inbox.post, failed=lifeline.failed("ear"), clock=clock
        ),
        ClipMicrophone(
            ring=ring,
            clips=clips,
            at_rest=lambda: talking.dialogue.at_rest and not talking.ear.busy,
            wait=lambda: talking.endpointing.wait,
            post=onlooker.begins if isinstance(onlooker, Printing) else _ignore,
            failed=lifeline.failed("microphone"),
            clock=clock,
        ),
    ]


class Printing:
    """Shows on standard output what happens, for whoever started the bear with --json."""

    def __init__(self) -> None:
        self._clip: str | None = None

    def tell(self, what: dict[str, Any]) -> None:
        print(json.dumps(what), flush=True)

    def begins(self, event: MicrophoneEvent) -> None:
        if isinstance(event, ClipBegins):
            self._clip = event.name
        else:
            self.tell({"event": "played"})

    def saw(self, report: TurnReport) -> None:
        self.tell({"event": "turn", "clip": self._clip, **report.as_json()})


def _ignore(_: MicrophoneEvent) -> None:
    """Nobody looks on."""


command = Command(
    help="run the bear",
    description="Hears, understands, answers, keeps every event, and syncs when there is a network.",
    configure=configure,
    run=run,
)
