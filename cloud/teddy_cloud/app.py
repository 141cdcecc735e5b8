"""The running cloud: broker, projectors, ingest, dispatch and web, each inside those it needs."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from teddy_cloud.container import running_parts
from teddy_cloud.settings import Settings, prepared_data_folder
from teddy_cloud.web.app import make_app
from teddy_cloud.web.live import Live
from teddy_cloud.web.server import address_of, listen, serve
from teddy_shared.errors import TeddyError


def run(settings: Settings, *, ready: Callable[[str], None]) -> None:
    """Run until SIGTERM or SIGINT. Raises ConfigError for what the operator can mend."""
    asyncio.run(_until_a_signal(settings, ready))


async def run_until(settings: Settings, stop: asyncio.Event, *, ready: Callable[[str], None]) -> None:
    """Run until told to stop; `ready` gets the page's address as soon as it answers."""
    listener = listen(settings.web)
    try:
        await asyncio.to_thread(prepared_data_folder, settings)
        async with AsyncExitStack() as stack:
            parts = await stack.enter_async_context(running_parts(settings))
            # Those that come later use those that came before, so they stop first.
            await stack.enter_async_context(_running("broker", parts.broker.run()))
            for name, projector in parts.projectors.by_name.items():
                await stack.enter_async_context(_running(f"project-{name}", projector.run()))
            await stack.enter_async_context(_running("ingest", parts.ingest.run()))
            await stack.enter_async_context(_running("dispatch", parts.dispatch.run()))
            live = Live()
            app = make_app(parts.doors, live)
            await stack.enter_async_context(_running("web", serve(app, live, listener, settings.web)))
            ready(address_of(listener))
            await stop.wait()
    except BaseExceptionGroup as group:
        raise _foreseen(group) or group from None
    finally:
        listener.close()


async def _until_a_signal(settings: Settings, ready: Callable[[str], None]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await run_until(settings, stop, ready=ready)


@asynccontextmanager
async def _running(name: str, role: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """The role runs while the block does. If it fails, the block is cancelled and the failure raised."""
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(role, name=name)
        yield
        task.cancel()


def _foreseen(group: BaseExceptionGroup[BaseException]) -> TeddyError | None:
    """The one error that a person can act on, out of the groups that carried it here."""
    found = group.subgroup(TeddyError)
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]  # type: ignore[assignment]  # a leaf or another group
    return found
