"""The whole graph, and the ways in: a bear with sound, and one by keyboard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from dishka import Provider, Scope, provide

from teddy_edge.container.bundles import Bear, Models
from teddy_edge.container.foundation import Foundation
from teddy_edge.container.mind import Mind
from teddy_edge.container.parts import open_parts
from teddy_edge.container.senses import Senses
from teddy_edge.container.talk import Talk
from teddy_edge.container.telemetry import Telemetry
from teddy_edge.container.way import Way
from teddy_edge.conversation.report import Nobody, Onlooker
from teddy_edge.conversation.skills.chooser import Chooser
from teddy_edge.conversation.typed import TypedTalk
from teddy_edge.inference.governor import DEADLINES, Governor, ThreadGovernor
from teddy_edge.limits.timekeeper import Timekeeper
from teddy_edge.link.broker import BrokerLink
from teddy_edge.link.orders import Orders
from teddy_edge.link.wishes import Wishes
from teddy_edge.outbox.store import Outbox
from teddy_edge.safety.classifier import Classifier
from teddy_edge.safety.guard import Guard
from teddy_edge.settings import Settings
from teddy_edge.telemetry.endpoint import Endpoint
from teddy_shared.clock import Chance, Clock
from teddy_shared.state.sqlite import SqliteStore
from teddy_shared.state.state import State

AT_LEISURE: Final = (
    60.0  # seconds; at a keyboard nobody waits in silence, and a slow machine answers as a fast one
)


def bear_providers(mind: Mind | None = None) -> tuple[Provider, ...]:
    """The whole graph. A test replaces a part by a provider behind these, with `override=True`."""
    return (Foundation(), Way(), mind or Mind(), Telemetry(), Senses(), Talk())


class AtLeisure(Provider):
    """A governor that waits as long for a model as whoever sits at a keyboard."""

    @provide(scope=Scope.APP, override=True)
    async def governor(self) -> AsyncIterator[Governor]:
        governor = ThreadGovernor(deadlines=dict.fromkeys(DEADLINES, AT_LEISURE))
        yield governor
        await asyncio.to_thread(governor.close)


@asynccontextmanager
async def open_bear(settings: Settings, *replacements: Provider, onlooker: Onlooker) -> AsyncIterator[Bear]:
    """A bear with warm models, not yet listening. Raises ConfigError with what to mend."""
    context = {Settings: settings, Onlooker: onlooker}
    warm = (Outbox, Wishes, Models, Guard, Chooser)
    async with open_parts(*bear_providers(), *replacements, context=context, warm=warm) as parts:
        yield Bear(
            outbox=await parts.get(Outbox),
            wishes=await parts.get(Wishes),
            orders=await parts.get(Orders),
            timekeeper=await parts.get(Timekeeper),
            link=await parts.get(BrokerLink | None),  # type: ignore[arg-type]  # a union is a key too
            endpoint=await parts.get(Endpoint | None),  # type: ignore[arg-type]
            state=await parts.get(State),
            store=await parts.get(SqliteStore),
            clock=await parts.get(Clock),  # type: ignore[type-abstract]  # the key of a port
            chance=await parts.get(Chance),  # type: ignore[type-abstract]
            parts=parts,
        )


@asynccontextmanager
async def open_classifier(settings: Settings) -> AsyncIterator[Classifier]:
    """The guard's own judge and its model alone, to judge by without a bear."""
    context = {Settings: settings, Onlooker: Nobody()}
    async with open_parts(*bear_providers(), AtLeisure(), context=context) as parts:
        yield await parts.get(Classifier)


@asynccontextmanager
async def open_words(settings: Settings) -> AsyncIterator[TypedTalk]:
    """The bear without sound: of the models only the one that knows what sentences mean."""
    context = {Settings: settings, Onlooker: Nobody()}
    providers = (*bear_providers(Mind(patience=AT_LEISURE, deadline=AT_LEISURE)), AtLeisure())
    async with open_parts(*providers, context=context) as parts, parts.session() as session:
        yield await session.get(TypedTalk)
