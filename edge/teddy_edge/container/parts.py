"""The graph of parts: checked whole before anything is built, ended in reverse."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from dishka import AsyncContainer, Provider, Scope, ValidationSettings, make_async_container
from dishka.exception_base import DishkaError

from teddy_edge.errors import ContainerError

T = TypeVar("T")

STRICT = ValidationSettings(implicit_override=True)


class Parts:
    """The parts of a running process, for the roof alone: no part is ever handed this."""

    def __init__(self, container: AsyncContainer) -> None:
        self._container = container

    async def get(self, part: type[T]) -> T:
        return await self._container.get(part)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Parts]:
        """The parts of one talk; they end with the block."""
        async with self._container(scope=Scope.SESSION) as session:
            yield Parts(session)


@asynccontextmanager
async def open_parts(
    *providers: Provider, context: Mapping[Any, Any] | None = None, warm: Iterable[type] = ()
) -> AsyncIterator[Parts]:
    """Check the graph, start the parts in `warm` with all they need, and stop them in reverse order.

    Raises ContainerError, with the path drawn, for cycles, missing parts and captive scopes, before
    anything is built. A start that fails stops what had started.
    """
    try:
        container = make_async_container(*providers, context=dict(context or {}), validation_settings=STRICT)
    except DishkaError as error:
        raise ContainerError(f"the parts do not fit together: {error}") from None
    try:
        for part in warm:
            await container.get(part)
        yield Parts(container)
    finally:
        await container.close()
