"""Simulated days of a whole bear: talks, television, long hours of nothing, and a reading each hour."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from dishka import Provider, Scope, decorate, provide

from teddy_edge.app import Lifeline, live
from teddy_edge.audio.samples import Pcm
from teddy_edge.container.bear import open_bear
from teddy_edge.container.bundles import Models, Talking
from teddy_edge.conversation.report import TurnReport
from teddy_edge.inference.heap import keep_lean
from teddy_edge.inference.models import ModelStore
from teddy_edge.settings import Settings
from teddy_edge.speech.hibari import open_hibari
from teddy_shared.clock import Chance, Clock, SeededChance
from workshop.soaking.room import Room
from workshop.soaking.sentences import SENTENCES, children, television
from workshop.virtual_time import VirtualClock, run_virtual

HOUR: Final = 3600.0  # seconds


@dataclass(frozen=True, slots=True)
class Life:
    """How days are spent."""

    days: float = 1.0
    hours_a_day: int = 24  # of which the bear sleeps a third; fewer make a day quicker to simulate
    talks_an_hour: int = 3  # while nobody sleeps
    turns_a_talk: int = 4
    television: float = 20.0  # seconds of an hour that pass through the ear; the rest of it is skipped
    ahead: bool = True  # whether the bear renders lines ahead, which takes a minute where none are kept yet
    warm_turns: int = 30  # before the first reading: the allocator finds its size in them

    @property
    def turns(self) -> int:
        """That are begun by somebody who speaks to the bear."""
        hours = round(self.days * self.hours_a_day)
        return self.warm_turns + hours * self.talks_an_hour * self.turns_a_talk


@dataclass(frozen=True, slots=True)
class Reading:
    """The process, at the end of an hour."""

    day: float  # since the start
    rss: float  # MB that it holds
    turns: int  # that have ended so far


@dataclass(frozen=True, slots=True)
class Lived:
    readings: tuple[Reading, ...]
    outcomes: dict[str, int]  # of the turns
    unanswered: int  # sentences that no turn came of


def soak(settings: Settings, life: Life = Life(), *, tell: bool = True) -> Lived:  # it is frozen
    """Live through it on a clock that does not wait; the models really run. Blocks."""
    keep_lean()  # as a bear does
    return run_virtual(_lived(settings, life, tell=tell))


def memory_of(status: Path = Path("/proc/self/status"), field: str = "VmRSS") -> float:
    """MB that this process holds now."""
    for line in status.read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"{status} has no {field}")


class _VirtualParts(Provider):
    """Time that is simulated, and chance that repeats itself."""

    scope = Scope.APP

    @provide(override=True)
    def clock(self) -> Clock:
        return VirtualClock()

    @provide(override=True)
    def chance(self) -> Chance:
        return SeededChance(1)


class _NothingAhead(Provider):
    scope = Scope.APP

    @decorate
    def models(self, models: Models) -> Models:
        return replace(models, shelf=None)


class _Counting:
    """An onlooker that counts, and keeps nothing that would grow."""

    def __init__(self) -> None:
        self.turns = 0
        self.outcomes: dict[str, int] = {}

    def saw(self, report: TurnReport) -> None:
        self.turns += 1
        self.outcomes[report.outcome] = self.outcomes.get(report.outcome, 0) + 1


async def _lived(settings: Settings, life: Life, *, tell: bool) -> Lived:
    seen, stop = _Counting(), asyncio.Event()
    parts = (_VirtualParts(),) if life.ahead else (_VirtualParts(), _NothingAhead())
    said = await asyncio.to_thread(_said, settings, SENTENCES[: life.turns])
    async with (
        open_bear(settings, *parts, onlooker=seen) as bear,
        bear.talk() as talking,
        asyncio.TaskGroup() as tasks,
    ):
        tasks.create_task(live(bear, talking, (), Lifeline(), stop), name="life")
        day = _Days(talking, said, seen, life, tell=tell)
        readings = await day.pass_by()
        stop.set()
    return Lived(tuple(readings), seen.outcomes, day.unanswered)


def _said(settings: Settings, sentences: Sequence[str]) -> list[Pcm]:
    """By a voice that is dropped before the bear begins."""
    return children(open_hibari(ModelStore(settings.models.cache)), sentences)


class _Days:
    def __init__(
        self, talking: Talking, said: Sequence[Pcm], seen: _Counting, life: Life, *, tell: bool
    ) -> None:
        self._room = Room(talking)
        self._said = said
        self._murmur = television(said, life.television)
        self._seen = seen
        self._life = life
        self._tell = tell
        self._number = 0  # of the sentence
        self.unanswered = 0

    async def pass_by(self) -> list[Reading]:
        """A reading an hour."""
        readings = []
        for _ in range(self._life.warm_turns):
            await self._turn()
        for hour in range(round(self._life.days * self._life.hours_a_day)):
            await self._hour(hour)
            gc.collect()  # else what waits for the collector would look like growth
            reading = Reading(
                (hour + 1) / self._life.hours_a_day, await asyncio.to_thread(memory_of), self._seen.turns
            )
            readings.append(reading)
            if self._tell:
                print(
                    f"hour {hour + 1}: {reading.rss:.1f} MB, {reading.turns} turns",
                    file=sys.stderr,
                    flush=True,
                )
        return readings

    async def _hour(self, hour: int) -> None:
        asleep = hour % self._life.hours_a_day < self._life.hours_a_day // 3
        talks = 0 if asleep else self._life.talks_an_hour
        for _ in range(talks):
            for _ in range(self._life.turns_a_talk):
                await self._turn()
            await asyncio.sleep(HOUR / (talks + 1))  # nothing, and no sample of it
        if not asleep:
            await self._room.hear(self._murmur)
            await self._room.quiet(10.0)
        await asyncio.sleep(HOUR / (talks + 1))

    async def _turn(self) -> None:
        wanted = self._seen.turns + 1
        await self._room.hear(self._said[self._number % len(self._said)])
        self._number += 1
        if not await self._room.answered(lambda: self._seen.turns, wanted):
            self.unanswered += 1
