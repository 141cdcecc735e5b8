"""Parts that go together, as the roof and the talk take them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from teddy_edge.audio.mouth import Mouth
from teddy_edge.container.parts import Parts
from teddy_edge.conversation.dialogue import Dialogue
from teddy_edge.conversation.guard_alarm import GuardAlarm
from teddy_edge.conversation.hearing_ahead import Recogniser
from teddy_edge.conversation.inbox import Inbox
from teddy_edge.conversation.patience import Patience
from teddy_edge.conversation.skills.by_meaning import ByMeaning
from teddy_edge.conversation.skills.openers import load_openers
from teddy_edge.conversation.states import States
from teddy_edge.conversation.turn import Speech
from teddy_edge.ear.ear import Ear, SpeechNet, WordSpotter
from teddy_edge.ear.endpointing import Endpointing
from teddy_edge.echo.echo import Echo
from teddy_edge.echo.self_hearing import SelfHearing
from teddy_edge.health.spoken import load_spoken
from teddy_edge.inference.governor import Governor
from teddy_edge.limits.timekeeper import Timekeeper
from teddy_edge.link.broker import BrokerLink
from teddy_edge.link.orders import Orders
from teddy_edge.link.wishes import Wishes
from teddy_edge.outbox.store import Outbox
from teddy_edge.safety.guard import Guard, safe_lines
from teddy_edge.safety.scripts import Scripts
from teddy_edge.speech.shelf import Shelf, render_ahead
from teddy_edge.telemetry.endpoint import Endpoint
from teddy_shared.clock import Chance, Clock
from teddy_shared.events import Healed, SafetyAlertRaised
from teddy_shared.state.sqlite import SqliteStore
from teddy_shared.state.state import State


@dataclass(frozen=True, slots=True)
class Models:
    """Everything that is loaded from model files, warm."""

    recogniser: Recogniser
    voice: Speech
    net: SpeechNet
    shelf: Shelf | None = None  # of lines that are rendered ahead
    spotter: WordSpotter | None = None  # of the bear's name and "stop"


@dataclass(frozen=True, slots=True)
class Talking:
    """One talk: what drives it from outside."""

    ear: Ear
    inbox: Inbox
    mouth: Mouth
    dialogue: Dialogue
    states: States
    endpointing: Endpointing
    echo: Echo
    self_hearing: SelfHearing
    patience: Patience
    clock: Clock


@dataclass(frozen=True, slots=True)
class Bear:
    """What the roof needs of a running bear."""

    outbox: Outbox
    wishes: Wishes
    orders: Orders
    timekeeper: Timekeeper
    link: BrokerLink | None  # none where no broker is named: the bear talks, and keeps its events
    endpoint: Endpoint | None  # none where no port for metrics is set
    state: State
    store: SqliteStore
    clock: Clock
    chance: Chance
    parts: Parts

    @property
    def healed(self) -> tuple[Healed, ...]:
        return healed_of(self.store, self.outbox)

    async def guard_alert(self) -> SafetyAlertRaised | None:
        """What the family is told of a guard that does not work; None where it does, or they know already."""
        guard, alarm = await self.parts.get(Guard), await self.parts.get(GuardAlarm)
        return None if await guard.works() else alarm.alert()

    async def render_ahead(self) -> None:
        """Common lines onto the shelf, and how the others begin; a task for the time behind the start.

        Ends by itself.
        """
        models, governor = await self.parts.get(Models), await self.parts.get(Governor)  # type: ignore[type-abstract]
        scripts = await self.parts.get(Scripts)
        if models.shelf is not None:
            unwell = await asyncio.to_thread(load_spoken)
            lines = [safe.text for safe in safe_lines()] + [line for _, line in scripts.every_line()]
            lines += unwell.every_line()  # a bear in safe mode may have no voice to say them with
            openers = await asyncio.to_thread(load_openers)
            await render_ahead(models.shelf, governor, lines=lines, openers=openers)

    async def learn_meanings(self) -> None:
        """The sentence model, also behind the start. Ends by itself; without it the rules go on alone."""
        await (await self.parts.get(ByMeaning)).get_ready()

    @asynccontextmanager
    async def talk(self) -> AsyncIterator[Talking]:
        """A talk with a memory of its own, which ends with the block."""
        async with self.parts.session() as session:
            yield await session.get(Talking)


def healed_of(store: SqliteStore, outbox: Outbox) -> tuple[Healed, ...]:
    """What was set aside or mended, by the part that it befell."""
    parts = {"state": store.healed, "outbox": outbox.healed}
    return tuple(Healed(part=part, reason=line) for part, lines in parts.items() for line in lines)
