"""`teddy bear`: the bear itself, as a process, until it is stopped; and what it remembers."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from teddy_edge.app import Lifeline, deaths_told, live
from teddy_edge.audio.microphone import ClipBegins, MicrophoneEvent
from teddy_edge.audio.mouth import Mouth
from teddy_edge.audio.ring import Ring
from teddy_edge.audio.speaker import Speaker
from teddy_edge.commands import memory
from teddy_edge.container.bear import open_bear
from teddy_edge.conversation.report import Nobody, TurnReport
from teddy_edge.embodying import embodied
from teddy_edge.health.ladder import climb, crashed_parts, reboot_by, runtime_of
from teddy_edge.health.patient import meet
from teddy_edge.health.signs import signs_of
from teddy_edge.health.starts import Starts, place_of, this_boot
from teddy_edge.health.supervisor import Supervisor, Unsupervised, supervisor_of
from teddy_edge.health.undertaker import Undertaker
from teddy_edge.health.watchman import Watchman
from teddy_edge.home import is_inhabited
from teddy_edge.inference.governor import Governor
from teddy_edge.inference.heap import keep_lean
from teddy_edge.refuge import stay_safe
from teddy_edge.settings import Settings, read_anyway
from teddy_edge.sounding import SoundPlan, plan_sound
from teddy_shared import logs
from teddy_shared.cli import Command, say_no_more
from teddy_shared.clock import Clock, SystemChance, SystemClock
from teddy_shared.errors import ConfigError


def configure(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    memory.add_to(verbs)
    run_ = verbs.add_parser("run", help="run the bear until it is stopped")
    run_.add_argument(
        "--settings", type=Path, action="append", default=[], help="a TOML file; may be repeated"
    )
    run_.add_argument("--data", type=Path, metavar="DIR", help="where outbox, state and keys lie")
    run_.add_argument(
        "--provision", type=Path, metavar="FILE", help="the bear's name and key, from the bench"
    )
    run_.add_argument("--broker", metavar="URL", help="mqtts://host; without it the bear keeps its events")
    run_.add_argument("--clips", type=Path, nargs="+", metavar="CLIP.wav", help="play these as the child")
    run_.add_argument(
        "--mic", metavar="NAME", help="the microphone by name or number; else the machine's own"
    )
    run_.add_argument(
        "--speaker", metavar="NAME", help="a card by name or number, a FILE.wav to write, or none to be mute"
    )
    run_.add_argument("--age", type=int, help="the child's age in years until the parents' settings arrive")
    run_.add_argument(
        "--metrics", type=int, metavar="PORT", help="serve metrics to this machine; 0 takes any free port"
    )
    run_.add_argument(
        "--json",
        action="store_true",
        help="print what happens as JSON lines, the words heard included; for the bench, not for a home",
    )


def run(arguments: argparse.Namespace) -> int:
    return memory.run(arguments) if arguments.verb == "memory" else _run_bear(arguments)


def _run_bear(arguments: argparse.Namespace) -> int:
    supervisor, undertaker = supervisor_of(os.environ), Undertaker(clock=SystemClock())
    settings, unsettled = read_anyway(
        files=tuple(arguments.settings),
        overrides={
            "data": arguments.data,
            "link.broker": arguments.broker,
            "link.provision": arguments.provision,
            "listening.age": arguments.age,
            "metrics.port": arguments.metrics,
            "sound.clips": tuple(arguments.clips) if arguments.clips else None,
            "sound.microphone": arguments.mic,
            "sound.speaker": arguments.speaker,
        },
    )
    logs.configure(form=settings.logs.form, level=settings.logs.level)
    keep_lean()
    # The card's thread must not wait 5 ms for each busy thread of Python: that tears holes in the sound.
    sys.setswitchinterval(0.001)
    try:
        return _live(settings, unsettled, supervisor, undertaker, as_json=arguments.json)
    finally:
        undertaker.closed()


def _live(
    settings: Settings,
    unsettled: str | None,
    supervisor: Supervisor,
    undertaker: Undertaker,
    *,
    as_json: bool,
) -> int:
    supervised = not isinstance(supervisor, Unsupervised)

    def talk(lives: Callable[[], object] = lambda: None) -> int:
        if unsettled is not None:
            raise ConfigError(unsettled)
        sound = plan_sound(settings.sound, waits=supervised)
        return asyncio.run(_run(settings, sound, supervisor, undertaker, lives, as_json=as_json))

    ladder = settings.health.ladder
    if ladder == "never" or (ladder == "supervised" and not supervised) or is_inhabited(settings.data):
        return talk()
    clock = SystemClock()
    runtime = runtime_of(os.environ)
    place, lasts = place_of(settings.data, runtime)
    starts = Starts(place, clock=clock, machine=this_boot())

    def rest() -> int:
        patient = meet(settings, unsettled=unsettled, clock=clock)
        staying = stay_safe(
            patient,
            crashed=crashed_parts(starts),
            make_speaker=partial(_speaker, plan_sound(settings.sound, waits=True), clock),
            supervisor=supervisor,
            clock=clock,
            dying=undertaker.call,
        )
        asyncio.run(staying)
        return 0

    return climb(
        starts, talk=lambda: talk(starts.lives), stay_safe=rest, reboot=reboot_by(runtime) if lasts else None
    )


def _speaker(
    sound: SoundPlan, clock: Clock, mouth: Mouth, failed: Callable[[BaseException], None]
) -> Speaker:
    return sound.speaker(mouth, clock=clock, chance=SystemChance(), failed=failed)


async def _run(
    settings: Settings,
    sound: SoundPlan,
    supervisor: Supervisor,
    undertaker: Undertaker,
    lives: Callable[[], object],
    *,
    as_json: bool,
) -> int:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    onlooker = Printing(unread=lambda: loop.call_soon_threadsafe(stop.set)) if as_json else Nobody()
    begins = onlooker.begins if isinstance(onlooker, Printing) else _ignore
    lifeline = Lifeline(dying=undertaker.call)
    async with (
        open_bear(settings, onlooker=onlooker) as bear,
        bear.talk() as talking,
        embodied(settings, bear, talking, lifeline) as body,
    ):
        if sound.hears_itself:
            await talking.self_hearing.attach()
        ring = Ring(muted=body.muted)
        body.mute.observe(lambda _: ring.forget())
        hearing = sound.threads(
            talking, ring=ring, lifeline=lifeline, chance=bear.chance, begins=begins, muted=body.muted
        )
        threads = [*body.threads, *hearing]
        watchman = Watchman(
            signs=signs_of(ring, talking.mouth, await bear.parts.get(Governor)),
            supervisor=supervisor,
            failed=lifeline.failed,
            clock=bear.clock,
            lives=lives,
        )
        if isinstance(onlooker, Printing):
            metrics = {} if bear.endpoint is None else {"metrics_port": bear.endpoint.port}
            onlooker.tell({"event": "ready", **metrics})
        with deaths_told(lifeline):
            await live(
                bear, talking, [*threads, watchman], lifeline, stop, beat=watchman.beat, body=body.live
            )
    return 0


class Printing:
    """Shows on standard output what happens, for whoever started the bear with --json.

    Calls `unread`, from any thread, when nobody reads it any more.
    """

    def __init__(self, *, unread: Callable[[], object]) -> None:
        self._unread = unread
        self._clip: str | None = None

    def tell(self, what: dict[str, Any]) -> None:
        try:
            print(json.dumps(what), flush=True)
        except BrokenPipeError:  # here, since the barriers of turn and microphone would take it for a bug
            say_no_more()
            self._unread()

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
