"""A bear that only records and sends: outbox, relay, link and wishes as its own container builds them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from teddy_edge.container.bear import bear_providers
from teddy_edge.container.parts import open_parts
from teddy_edge.conversation.report import Nobody, Onlooker
from teddy_edge.link.broker import BrokerLink
from teddy_edge.link.wishes import Wishes
from teddy_edge.outbox.relay import relay
from teddy_edge.outbox.store import Outbox
from teddy_edge.settings import Link, Settings
from teddy_shared.clock import Chance, Clock
from teddy_shared.envelope import ProfileId
from teddy_shared.errors import LinkError
from workshop.syncing.house import House

SETTLED: Final = 15.0  # seconds until the bear is connected and knows what its family has granted


@dataclass(frozen=True, slots=True)
class SendingBear:
    outbox: Outbox
    child: ProfileId | None  # whom it talks with


@asynccontextmanager
async def sending_bear(house: House) -> AsyncIterator[SendingBear]:
    """What is appended to its outbox goes up while the block runs. Raises LinkError."""
    wanted = Link(broker=house.broker, provision=house.provision)
    settings = Settings(data=house.folder / "bear", link=wanted)
    context = {Settings: settings, Onlooker: Nobody()}
    async with open_parts(*bear_providers(), context=context) as parts:
        outbox, wishes = await parts.get(Outbox), await parts.get(Wishes)
        clock = await parts.get(Clock)  # type: ignore[type-abstract]  # the key of a port
        chance = await parts.get(Chance)  # type: ignore[type-abstract]
        found: BrokerLink | None = await parts.get(BrokerLink | None)  # type: ignore[arg-type]
        assert found is not None, "a broker is named"
        async with asyncio.TaskGroup() as tasks:
            relaying = relay(outbox=outbox, link=found, consent=wishes, clock=clock, chance=chance)
            running = [
                tasks.create_task(found.stay_connected(), name="link"),
                tasks.create_task(relaying, name="relay"),
            ]
            await _settled(wishes)
            child = None if wishes.profile is None else ProfileId(wishes.profile)
            yield SendingBear(outbox, child)
            for task in running:
                task.cancel()


async def _settled(wishes: Wishes) -> None:
    try:
        async with asyncio.timeout(SETTLED):
            async for document in wishes.documents():
                if document is not None:
                    return
    except TimeoutError:
        raise LinkError("the bear got no settings from the cloud") from None
