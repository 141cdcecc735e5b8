"""A bear that neither hears nor speaks: its real card and its real link, without a model."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from dishka import Provider

from teddy_edge.container.foundation import Foundation
from teddy_edge.container.parts import open_parts
from teddy_edge.container.way import Way
from teddy_edge.link.broker import BrokerLink
from teddy_edge.link.orders import Orders
from teddy_edge.link.questions import Questions
from teddy_edge.link.wishes import Wishes
from teddy_edge.outbox.relay import relay
from teddy_edge.outbox.store import Outbox
from teddy_edge.settings import Link, Settings
from teddy_shared.clock import SystemChance, SystemClock
from teddy_shared.state.state import State
from tests.servers import Server


@dataclass(frozen=True, slots=True)
class QuietBear:
    outbox: Outbox
    state: State
    wishes: Wishes
    orders: Orders
    questions: Questions
    link: BrokerLink


@asynccontextmanager
async def quiet_bear(
    folder: Path, provision: Path, broker: Server, *replacements: Provider
) -> AsyncIterator[QuietBear]:
    """It is in touch with the cloud while the block runs."""
    settings = Settings(data=folder, link=Link(broker=broker.url, provision=provision))
    async with open_parts(Foundation(), Way(), *replacements, context={Settings: settings}) as parts:
        link = await parts.get(BrokerLink | None)  # type: ignore[arg-type]  # a union is a key too
        assert isinstance(link, BrokerLink)
        bear = QuietBear(
            outbox=await parts.get(Outbox),
            state=await parts.get(State),
            wishes=await parts.get(Wishes),
            orders=await parts.get(Orders),
            questions=await parts.get(Questions),
            link=link,
        )
        relaying = relay(
            outbox=bear.outbox, link=link, consent=bear.wishes, clock=SystemClock(), chance=SystemChance()
        )
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(bear.orders.run(), name="orders"),
                tasks.create_task(link.stay_connected(), name="link"),
                tasks.create_task(relaying, name="relay"),
            ]
            yield bear
            for task in running:
                task.cancel()
