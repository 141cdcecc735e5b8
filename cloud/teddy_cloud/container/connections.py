"""How each role meets the broker: under a name of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NewType

from dishka import (
    Provider,
    Scope,
    provide,
)

from teddy_cloud.broker import Broker
from teddy_cloud.dispatch import mail
from teddy_cloud.fleet.credentials import context_of, group_secret
from teddy_cloud.ingest import hellos, ingest
from teddy_cloud.ingest.post import BrokerPost
from teddy_cloud.settings import Role, Settings
from teddy_shared import topics
from teddy_shared.addresses import broker_address
from teddy_shared.clock import Chance, Clock
from teddy_shared.seal import KeyRing

# Each role has a connection of its own, so that it may run in a process of its own.
IngestPost = NewType("IngestPost", BrokerPost)
HelloPost = NewType("HelloPost", BrokerPost)
DispatchBroker = NewType("DispatchBroker", Broker)


class Connections(Provider):
    scope = Scope.APP

    @provide
    async def ingest_post(
        self, settings: Settings, keys: KeyRing, clock: Clock, chance: Chance
    ) -> IngestPost:
        secret = await asyncio.to_thread(group_secret, keys)
        subscriptions = [topics.hidden(each, secret) for each in ingest.SUBSCRIPTIONS]
        return IngestPost(await _post(settings, clock, chance, "batches", subscriptions))

    @provide
    async def hello_post(self, settings: Settings, clock: Clock, chance: Chance) -> HelloPost:
        return HelloPost(await _post(settings, clock, chance, "hellos", hellos.SUBSCRIPTIONS))

    @provide
    async def dispatch_broker(
        self, settings: Settings, keys: KeyRing, clock: Clock, chance: Chance
    ) -> DispatchBroker:
        secret = await asyncio.to_thread(group_secret, keys)
        subscriptions = [topics.hidden(each, secret) for each in mail.SUBSCRIPTIONS]
        return DispatchBroker(
            await _broker(settings, clock, chance, Role.DISPATCHER, subscriptions, retained=False)
        )


async def _post(
    settings: Settings, clock: Clock, chance: Chance, what: str, subscriptions: Sequence[str]
) -> BrokerPost:
    return BrokerPost(
        address=broker_address(settings.broker),
        identifier=f"teddy-cloud-{Role.INGEST}-{what}-{settings.worker}",
        subscriptions=subscriptions,
        clock=clock,
        chance=chance,
        tls=await asyncio.to_thread(context_of, settings, Role.INGEST, clock=clock, chance=chance),
    )


async def _broker(
    settings: Settings,
    clock: Clock,
    chance: Chance,
    role: Role,
    subscriptions: Sequence[str],
    *,
    retained: bool = True,
) -> Broker:
    return Broker(
        address=broker_address(settings.broker),
        identifier=f"teddy-cloud-{role}-{settings.worker}",
        subscriptions=subscriptions,
        retained=retained,
        chance=chance,
        tls=await asyncio.to_thread(context_of, settings, role, clock=clock, chance=chance),
    )
