"""The whole graph, and the ways in: roles by their parts, and an operator's office."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

from dishka import (
    STRICT_VALIDATION,
    AsyncContainer,
    Provider,
    make_async_container,
)

from teddy_cloud.container.bundles import Office
from teddy_cloud.container.buses import Buses
from teddy_cloud.container.connections import Connections
from teddy_cloud.container.foundation import Foundation
from teddy_cloud.container.processes import Processes
from teddy_cloud.container.rooms import Rooms
from teddy_cloud.settings import Settings

T = TypeVar("T")
Replacement = Provider  # with `override=True`: takes the place of a part, such as to see a check fail


class Parts:
    """Gives out parts: builds those that are asked for, with what they need, and no others."""

    def __init__(self, container: AsyncContainer) -> None:
        self._container = container

    async def get(self, kind: type[T]) -> T:
        return await self._container.get(kind)


@asynccontextmanager
async def open_parts(settings: Settings, *replacements: Replacement) -> AsyncIterator[Parts]:
    """What is built in the block is taken apart at its end, in reverse order."""
    container = _container(settings, *replacements)
    try:
        yield Parts(container)
    finally:
        await container.close()


@asynccontextmanager
async def open_office(settings: Settings) -> AsyncIterator[Office]:
    container = _container(settings)
    try:
        yield await container.get(Office)
    finally:
        await container.close()


def _container(settings: Settings, *replacements: Replacement) -> AsyncContainer:
    return make_async_container(
        Foundation(),
        Connections(),
        Rooms(),
        Buses(),
        Processes(),
        *replacements,
        context={Settings: settings},
        validation_settings=STRICT_VALIDATION,
    )
