"""`teddy hear`: recorded clips through the whole way of the bear, one line of result each."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np

from teddy_edge.app import Lifeline
from teddy_edge.audio.ring import Hop
from teddy_edge.audio.samples import EAR_RATE, HOP, Pcm
from teddy_edge.audio.speaker import FileSpeaker
from teddy_edge.audio.wav import WavWriter, read_clip
from teddy_edge.container.bear import open_bear
from teddy_edge.container.bundles import Talking
from teddy_edge.conversation.report import TurnReport
from teddy_edge.ear.thread import Noticed
from teddy_edge.errors import BadClip
from teddy_edge.settings import Settings, read
from teddy_shared import logs
from teddy_shared.cli import Command
from teddy_shared.errors import ConfigError

NOTHING: Final[dict[str, Any]] = {
    "heard": "",
    "confidence": 0.0,
    "verdict": "none",
    "skill": "none",
    "reply": "",
    "outcome": "silent",
    "stages_ms": {},
    "first_sound_ms": None,
    "from_last_sample_ms": None,
    "events": [],
    "in_read_model": None,
}
BREATH: Final = 32  # hops between two looks at the loop: models work in threads meanwhile


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("clips", nargs="+", type=Path, metavar="CLIP.wav", help="16 kHz, mono, 16 bits")
    parser.add_argument("--json", action="store_true", help="one JSON object a turn, with the clip's name")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write each answer as DIR/CLIP.answer.wav")
    parser.add_argument("--age", type=int, help="the child's age in years (3 to 10); 5 unless told")
    parser.add_argument("--settings", type=Path, action="append", default=[], help="a TOML file")


def run(arguments: argparse.Namespace) -> int:
    logs.configure(level="warning")
    if arguments.out is not None:
        try:
            arguments.out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"cannot write answers to {arguments.out}: {error.strerror}") from None
    with TemporaryDirectory(prefix="teddy-hear-") as folder:  # nothing of a trial stays behind
        overrides = {"data": Path(folder), "listening.age": arguments.age, "link.broker": ""}
        settings = read(files=tuple(arguments.settings), overrides=overrides)
        return asyncio.run(_hear_all(settings, arguments.clips, arguments.out, as_json=arguments.json))


async def _hear_all(settings: Settings, clips: list[Path], out: Path | None, *, as_json: bool) -> int:
    reports = Reports()
    bad = 0
    async with open_bear(settings, onlooker=reports) as bear:
        await bear.learn_meanings()  # behind the start in a home; here its loading would be in the figures
        for clip in clips:
            try:
                pcm = await asyncio.to_thread(read_clip, clip)
            except BadClip as error:
                bad += 1
                print(f"teddy hear: {error}", file=sys.stderr)
                if as_json:
                    print(json.dumps({"clip": str(clip), "error": str(error)}), flush=True)
                continue
            answer = None if out is None else out / f"{clip.stem}.answer.wav"
            async with bear.talk() as talking:
                await _hear(talking, pcm, answer)
            for turn in reports.taken() or [NOTHING]:
                _show({"clip": str(clip), **turn}, as_json=as_json)
    return 2 if bad else 0


async def _hear(talking: Talking, pcm: Pcm, answer: Path | None) -> None:
    """One clip, one talk. The ear is driven inline; after each utterance the turn is waited for."""
    index = 0
    async with _living(talking, answer):
        for hop in _hops(pcm, talking.endpointing.longest + EAR_RATE):
            for event in talking.ear.step(Hop(hop, index)):
                talking.inbox.post(Noticed(event, talking.clock.monotonic()))
                await talking.dialogue.settled()
            index += HOP
            if index // HOP % BREATH == 0:
                await asyncio.sleep(0)


@asynccontextmanager
async def _living(talking: Talking, answer: Path | None) -> AsyncIterator[None]:
    lifeline = Lifeline()
    talking.inbox.when_full(lifeline.failed("inbox"))
    writer = None if answer is None else await asyncio.to_thread(WavWriter, answer)
    speaker = FileSpeaker(
        mouth=talking.mouth,
        writer=writer,
        failed=lifeline.failed("mouth"),
        clock=talking.clock,
        real_time=False,
    )
    async with asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(talking.dialogue.run(), name="dialogue"),
            tasks.create_task(lifeline.watch(), name="lifeline"),
        ]
        speaker.start()
        try:
            yield
            await talking.dialogue.settled()
        finally:
            await asyncio.to_thread(speaker.stop)
            for task in running:
                task.cancel()


def _hops(pcm: Pcm, silence: int) -> Iterator[Pcm]:
    whole = np.concatenate([pcm, np.zeros(silence + -(len(pcm) + silence) % HOP, np.int16)])
    yield from whole.reshape(-1, HOP)


class Reports:
    """Keeps what turns looked like until it is shown."""

    def __init__(self) -> None:
        self._seen: list[dict[str, Any]] = []

    def saw(self, report: TurnReport) -> None:
        self._seen.append(report.as_json())

    def taken(self) -> list[dict[str, Any]]:
        seen, self._seen = self._seen, []
        return seen


def _show(turn: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(turn), flush=True)
        return
    if not turn["heard"] and not turn["reply"]:
        print(f"{turn['clip']}: nothing that sounds like speech", flush=True)
        return
    first = "-" if turn["first_sound_ms"] is None else f"{turn['first_sound_ms']:.0f} ms"
    print(f"{turn['clip']}")
    print(f"  child  {turn['heard'] or '(not understood)'}   (confidence {turn['confidence']:.2f})")
    print(f"  bear   {turn['reply']}")
    print(f"         {turn['verdict']}, {turn['skill']}, first sound after {first}", flush=True)


command = Command(
    help="let the bear hear recorded clips and show what it makes of them",
    description=(
        "Plays each clip to the bear's ear, without waiting for real time, and shows what was heard, what "
        "the guard decided, and what the bear answered. Each clip is a talk of its own; nothing is kept "
        "and nothing leaves this machine. in_read_model stays null: no cloud is asked."
    ),
    configure=configure,
    run=run,
)
