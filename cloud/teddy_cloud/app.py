"""The running cloud: each of its roles with the parts and the tasks that it needs, and no others."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from teddy_cloud.container.bundles import DispatchRoom, IngestRoom, ProcessesRoom
from teddy_cloud.container.cloud import Parts, Replacement, open_parts
from teddy_cloud.eventstore.archive.keeping import Keeper
from teddy_cloud.projections.projector import Projector
from teddy_cloud.settings import Role, Settings, prepared_data_folder
from teddy_cloud.web.app import make_app
from teddy_cloud.web.doors import Doors
from teddy_cloud.web.live import Live
from teddy_cloud.web.server import address_of, listen, serve
from teddy_shared.errors import TeddyError

YOUNG: Final = 10_000  # objects made until the collector looks at the young ones; Python's own is 700


@dataclass(frozen=True, slots=True)
class Job:
    """One task of a role. It ends by being cancelled, and in no other way."""

    name: str
    run: Callable[[], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Stage:
    """What a role finds when it comes."""

    settings: Settings
    parts: Parts
    listener: socket.socket | None  # taken for the web, where this process has that role


@dataclass(frozen=True, slots=True)
class Ready:
    """What to tell when everything runs."""

    roles: Sequence[Role]
    page: str | None  # the address of the parents' page, where this process answers it


# --- the roles: a task joins one by being added to its list --------------------------------------------


async def _projector(stage: Stage) -> list[Job]:
    projector = await stage.parts.get(Projector)
    return [Job("projector", projector.run)]


async def _ingest(stage: Stage) -> list[Job]:
    room = await stage.parts.get(IngestRoom)
    return [
        Job("ingest-post", room.post.run),
        Job("ingest-hello-post", room.hellos.run),
        Job("ingest", room.ingest.run),
    ]


async def _dispatcher(stage: Stage) -> list[Job]:
    room = await stage.parts.get(DispatchRoom)
    return [Job("dispatch-broker", room.broker.run), Job("dispatch", room.dispatch.run)]


async def _processes(stage: Stage) -> list[Job]:
    room, keeper = await stage.parts.get(ProcessesRoom), await stage.parts.get(Keeper)
    return [
        Job("state-sweep", room.state.keep_sweeping),
        Job("keep-house", keeper.keep_house),
        Job("sagas", room.sagas.run),
        *(Job(f"handle-{each.name}", each.run) for each in room.handlers),
    ]


async def _web(stage: Stage) -> list[Job]:
    doors, live, listener = await stage.parts.get(Doors), Live(), stage.listener
    assert listener is not None, "the web's port is taken before anything starts"
    app, web = make_app(doors, live), stage.settings.web
    watch = Job("watch", doors.watch.run)
    return [watch, Job("web", lambda: serve(app, live, listener, web))]


# In the order in which they start. Those that come later use those that came before, so they stop first.
_ROLES: Final[Mapping[Role, Callable[[Stage], Awaitable[list[Job]]]]] = {
    Role.PROJECTOR: _projector,
    Role.INGEST: _ingest,
    Role.DISPATCHER: _dispatcher,
    Role.PROCESSES: _processes,
    Role.WEB: _web,
}


def run(settings: Settings, *, ready: Callable[[Ready], None]) -> None:
    """Run until SIGTERM or SIGINT. Raises ConfigError for what the operator can mend."""
    asyncio.run(_until_a_signal(settings, ready))


async def run_until(
    settings: Settings,
    stop: asyncio.Event,
    *,
    ready: Callable[[Ready], None],
    replacements: Sequence[Replacement] = (),
) -> None:
    """Run the roles of this process until told to stop. A task of any of them that fails ends all."""
    roles = [role for role in _ROLES if role in settings.roles]
    listener = listen(settings.web) if Role.WEB in roles else None
    try:
        await asyncio.to_thread(prepared_data_folder, settings)
        async with AsyncExitStack() as stack:
            parts = await stack.enter_async_context(open_parts(settings, *replacements))
            stage = Stage(settings, parts, listener)
            # All parts are built before the first task runs.
            for jobs in [await _ROLES[role](stage) for role in roles]:
                for job in jobs:
                    await stack.enter_async_context(running(job))
            ready(Ready(roles, address_of(listener) if listener else None))
            await stop.wait()
    except BaseExceptionGroup as group:
        raise _foreseen(group) or group from None
    finally:
        if listener is not None:
            listener.close()


async def _until_a_signal(settings: Settings, ready: Callable[[Ready], None]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    def settled(up: Ready) -> None:
        # What was made to start with stays: a collector that looks at it again and again takes a tenth of
        # the time in which events are taken in.
        gc.collect()
        gc.freeze()
        gc.set_threshold(YOUNG)
        ready(up)

    await run_until(settings, stop, ready=settled)


@asynccontextmanager
async def running(job: Job) -> AsyncIterator[None]:
    """The job runs while the block does. If it fails, the block is cancelled and the failure raised."""
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(_for_ever(job), name=job.name)
        yield
        task.cancel()


async def _for_ever(job: Job) -> None:
    await job.run()
    raise RuntimeError(f"{job.name} ended by itself")  # else a process would live on without its work


def _foreseen(group: BaseExceptionGroup[BaseException]) -> TeddyError | None:
    """The one error that a person can act on, out of the groups that carried it here."""
    found = group.subgroup(TeddyError)
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]  # type: ignore[assignment]  # a leaf or another group
    return found
