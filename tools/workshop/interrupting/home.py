"""The bear that is interrupted: its real ear, dialogue, turns and mouth, on a clock that never waits."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dishka import Provider

from teddy_edge.container.bear import bear_providers
from teddy_edge.container.bundles import Talking
from teddy_edge.container.parts import open_parts
from teddy_edge.conversation.floor import Floor
from teddy_edge.conversation.generation import Generations
from teddy_edge.conversation.report import Onlooker
from teddy_edge.ear.silero import open_silero
from teddy_edge.inference.models import ModelStore
from teddy_edge.settings import Listening, Settings
from teddy_edge.speech.hibari import open_hibari
from teddy_shared.clock import SeededChance
from workshop.interrupting.child import Child, Remembering
from workshop.interrupting.fuzz import Ends, Fuzz, Tally
from workshop.interrupting.listening import Account, RememberingNet
from workshop.interrupting.marks import Marks
from workshop.interrupting.parts import Sinks, SlowState, StandIns
from workshop.virtual_time import VirtualClock, run_virtual

QUICK: Final = Listening(age=8, patience=0.0)  # the shortest wait: most interruptions an hour
SHOWN: Final = 500  # interruptions between two lines of progress


@dataclass(frozen=True, slots=True)
class Survived:
    tally: Tally
    stale_samples: int
    unknown_samples: int  # that nobody has rendered
    stale_writes: int  # of the memory
    stale_turns: int  # of the journal

    @property
    def stale(self) -> int:
        return self.stale_samples + self.unknown_samples + self.stale_writes + self.stale_turns


@dataclass(frozen=True, slots=True)
class Props:
    """What costs time to make, for one run after the other."""

    child: Child
    heard: Remembering
    net: RememberingNet
    marks: Marks


def props(models: ModelStore) -> Props:
    child = Child(open_hibari(models).render)
    return Props(child, Remembering(child), RememberingNet(open_silero(models)), Marks())


def interrupt(
    props: Props,
    *,
    interruptions: int,
    seed: int = 1,
    replacing: Sequence[Provider] = (),
    tell: Callable[[str], None] = lambda _: None,
) -> Survived:
    """On the virtual clock; the same seed goes the same way. Blocks."""
    with tempfile.TemporaryDirectory(prefix="teddy-interrupting-") as folder:
        return run_virtual(_live(props, Path(folder), interruptions, seed, replacing, tell))


async def _live(
    props: Props,
    data: Path,
    interruptions: int,
    seed: int,
    replacing: Sequence[Provider],
    tell: Callable[[str], None],
) -> Survived:
    ends = Ends()
    context = {Settings: Settings(data=data, listening=QUICK), Onlooker: ends}
    stand_ins = StandIns(heard=props.heard, net=props.net, marks=props.marks, seed=seed)
    providers = (*bear_providers(), stand_ins, Sinks(), *replacing)
    async with open_parts(*providers, context=context) as parts, parts.session() as session:
        talking, generations = await session.get(Talking), await session.get(Generations)
        account = Account(
            mouth=talking.mouth, generations=generations, marks=props.marks, clock=VirtualClock()
        )
        fuzz = Fuzz(
            talking=talking,
            floor=await session.get(Floor),
            generations=generations,
            account=account,
            ends=ends,
            child=props.child,
            chance=SeededChance(seed + 1),
        )
        async with asyncio.TaskGroup() as tasks:
            living = [
                tasks.create_task(talking.dialogue.run(), name="dialogue"),
                tasks.create_task(fuzz.microphone.listen(), name="microphone"),
                tasks.create_task(account.play(), name="speaker"),
            ]
            told = 0
            while fuzz.tally.interruptions < interruptions:
                await fuzz.interrupt()
                if fuzz.tally.interruptions >= told + SHOWN:
                    told = fuzz.tally.interruptions
                    tell(f"{told} interruptions")
            for task in living:
                task.cancel()
        stale = (await session.get(SlowState)).stale
        return Survived(fuzz.tally, account.stale, account.unknown, stale.memory, stale.journal)
