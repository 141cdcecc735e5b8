"""A bear without ears and voice: what it keeps and how it syncs are real, its child is made up."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dishka import Provider, Scope, from_context, provide

from teddy_edge.container.foundation import Foundation
from teddy_edge.container.parts import open_parts
from teddy_edge.container.way import Way
from teddy_edge.identity import Identity
from teddy_edge.link.broker import BrokerLink
from teddy_edge.link.orders import Orders
from teddy_edge.link.wishes import Wishes
from teddy_edge.outbox.entry import Context, Mark
from teddy_edge.outbox.relay import relay
from teddy_edge.outbox.store import Outbox
from teddy_edge.settings import Settings, read
from teddy_shared import logs
from teddy_shared.clock import Chance, Clock, SystemChance
from teddy_shared.commands import EraseChild
from teddy_shared.envelope import Lane, ProfileId
from teddy_shared.errors import TeddyError
from teddy_shared.events import Event, SafetyAlertRaised, TurnBegun, TurnEnded
from teddy_shared.seal import Seal
from teddy_shared.state.state import State
from workshop.chaos.truth import Oath, under_oath

DEED: Final = 0.2  # seconds that doing what an order says takes at most
ASK_AGAIN: Final = 10.0  # seconds; a bear in a child's room asks twice an hour
ALERTS: Final = 12  # one turn in so many raises one


@dataclass(frozen=True)
class Life:
    """What a bear needs to know to live once."""

    bear: str
    folder: Path
    broker: str
    turns_a_second: float
    forgetful: bool = False  # whether it lets go at once of what is acknowledged

    @property
    def oath(self) -> Path:
        return self.folder / "oath"

    @property
    def quiet(self) -> Path:
        """While this file is there the child is silent."""
        return self.folder / "quiet"


class Hasty(SystemChance):
    """Waits a quarter of what jitter allows, so that a run is about faults and not about backing off."""

    def between(self, low: float, high: float) -> float:
        return super().between(low, low + (high - low) / 4)


def live(life: Life) -> None:
    """For a process of its own, which is expected to be killed."""
    log_to(life.folder / "log")
    asyncio.run(_live(life))


def log_to(file: Path) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(descriptor, sys.stderr.fileno())
    logs.configure(form="json", level="info")


async def _live(life: Life) -> None:
    settings = read(
        overrides={
            "data": life.folder / "data",
            "link.broker": life.broker,
            "link.provision": life.folder / "bear.toml",
        }
    )
    with under_oath(life.oath) as oath:
        await _between_birth_and_death(life, settings, oath)


async def _between_birth_and_death(life: Life, settings: Settings, oath: Oath) -> None:
    """The bear's own graph of parts, without senses and mind."""
    graph = (Foundation(), Way(), _Impatience(), _Sworn())
    context = {Settings: settings, Oath: oath}
    async with open_parts(*graph, context=context) as parts, asyncio.TaskGroup() as tasks:
        outbox, wishes = await parts.get(Outbox), await parts.get(Wishes)
        link = await parts.get(BrokerLink | None)  # type: ignore[arg-type]  # a union is a key too
        assert link is not None, "a life names its broker"
        clock, chance = await parts.get(Clock), await parts.get(Chance)  # type: ignore[type-abstract]
        tasks.create_task(link.stay_connected(), name="link")
        relaying = relay(
            outbox=Forgetful(outbox) if life.forgetful else outbox,
            link=link,
            consent=wishes,
            clock=clock,
            chance=chance,
            ask_again=ASK_AGAIN,
        )
        tasks.create_task(relaying, name="relay")
        tasks.create_task((await parts.get(Orders)).run(), name="orders")
        tasks.create_task(_talk(life, outbox, wishes, oath), name="talk")


class Forgetful:
    """An outbox without its day of grace, which would heal what an untrue acknowledgement does."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self.pending = outbox.pending
        self.acknowledged = outbox.acknowledged
        self.rewind = outbox.rewind
        self.renew = outbox.renew
        self.withhold = outbox.withhold
        self.tell = outbox.tell

    @property
    def epoch(self) -> str:
        return self._outbox.epoch

    def marks(self) -> Mapping[Lane, Mark]:
        """Nothing that is acknowledged is here any more."""
        return {lane: mark._replace(gone=mark.acked) for lane, mark in self._outbox.marks().items()}


class _Impatience(Provider):
    @provide(scope=Scope.APP, override=True)
    def chance(self) -> Chance:
        return Hasty()


class _Sworn(Provider):
    """The bear's own way with orders; what they do is to be sworn to, by the name that they carry."""

    oath = from_context(Oath, scope=Scope.APP)

    @provide(scope=Scope.APP, override=True)
    def orders(
        self,
        identity: Identity,
        seal: Seal,
        state: State,
        outbox: Outbox,
        clock: Clock,
        chance: Chance,
        oath: Oath,
    ) -> Orders:
        async def swear(command: EraseChild) -> None:
            oath.began(command.profile)
            await asyncio.sleep(chance.between(0.0, DEED))

        return Orders(
            bear=identity.bear,
            seal=seal,
            state=state,
            journal=outbox,
            obeyed=lambda: 0,
            handlers={EraseChild: swear},
            clock=clock,
            chance=chance,
        )


async def _talk(life: Life, outbox: Outbox, wishes: Wishes, oath: Oath) -> None:
    """Turn after turn, each with its beginning and its end, now and then with an alert."""
    number = 0
    while True:
        await asyncio.sleep(1 / life.turns_a_second)
        if life.quiet.exists() or wishes.profile is None:  # a turn that names no child is not stored
            continue
        number += 1
        turn = f"{life.bear}.{outbox.boot[:8]}.{number}"
        context = Context(turn=turn, profile=ProfileId(wishes.profile))
        for event in _events(number):
            name = f"{turn}/{event.label.type}"
            oath.trying(name)
            try:
                await outbox.append(event, context)
            except TeddyError:
                continue
            oath.recorded(name)


def _events(number: int) -> list[Event]:
    events: list[Event] = [TurnBegun(speech_ms=900)]
    if number % ALERTS == 0:
        events.append(SafetyAlertRaised(category="lost_alone", advice="call"))
    events.append(
        TurnEnded(
            topic="bees",
            skill="animals",
            verdict="answer",
            outcome="answered",
            speech_ms=900,
            reply_ms=2_000,
            stages_ms={"hearing": 100.0},
        )
    )
    return events
