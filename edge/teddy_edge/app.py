"""The life of the bear's process: parts up, threads and tasks running, parts down in reverse."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

from teddy_edge.container.bundles import Bear, Talking
from teddy_edge.ear.endpointing import Endpointing
from teddy_edge.errors import PartDied
from teddy_edge.identity import SOFTWARE
from teddy_edge.link.broker import BrokerLink
from teddy_edge.outbox.entry import NO_TURN
from teddy_edge.outbox.relay import relay
from teddy_shared.errors import ConfigError, TeddyError
from teddy_shared.events import BearStarted, BearStopped
from teddy_shared.logs import log


class Threaded(Protocol):
    """A part with a thread of its own."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


class Lifeline:
    """Hears from any part that it has died; then the whole bear ends, and systemd starts a clean one.

    A part that died of what an operator can mend ends the bear with that.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._broken: asyncio.Future[None] = self._loop.create_future()

    def failed(self, name: str) -> Callable[[BaseException], None]:
        """What a part of this name calls when it dies, from any thread."""

        def report(error: BaseException) -> None:
            if not isinstance(error, ConfigError):
                log("app").error("part died", part=name, error=type(error).__name__)
                error = PartDied(name)
            self._loop.call_soon_threadsafe(self._break, error)

        return report

    async def watch(self) -> None:
        """Raises PartDied or ConfigError as soon as a part has died."""
        await self._broken

    def _break(self, error: BaseException) -> None:
        if not self._broken.done():
            self._broken.set_exception(error)


async def live(
    bear: Bear, talking: Talking, threads: Sequence[Threaded], lifeline: Lifeline, stop: asyncio.Event
) -> None:
    """Until `stop` is set or a part dies. Threads start in order and end in reverse, before the tasks."""
    await _record(bear, BearStarted(software=SOFTWARE, healed=bear.healed))
    talking.inbox.when_full(lifeline.failed("inbox"))
    try:
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(work, name=name)
                for name, work in (
                    ("dialogue", talking.dialogue.run()),
                    ("wishes", _obey(bear, talking)),
                    ("orders", bear.orders.run()),
                    ("sweeper", bear.state.keep_sweeping()),
                    ("meanings", bear.learn_meanings()),
                    ("render-ahead", bear.render_ahead()),
                    ("lifeline", lifeline.watch()),
                )
            ]
            if bear.endpoint is not None:
                running.append(tasks.create_task(bear.endpoint.serve(), name="metrics"))
            if bear.link is not None:
                running.append(tasks.create_task(_sync(bear, bear.link), name="sync"))
            async with _started(threads):
                await stop.wait()
            for task in running:
                task.cancel()
    except* PartDied as died:
        raise died.exceptions[0] from None
    await _record(bear, BearStopped())  # last, behind the end of a turn that was under way


async def _sync(bear: Bear, link: BrokerLink) -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(link.stay_connected(), name="link")
        relaying = relay(
            outbox=bear.outbox, link=link, consent=bear.wishes, clock=bear.clock, chance=bear.chance
        )
        tasks.create_task(relaying, name="relay")


async def _obey(bear: Bear, talking: Talking) -> None:
    """What the family wishes reaches the ear and the mouth, also in the middle of a talk."""
    async for document in bear.wishes.documents():
        if document is not None:
            talking.mouth.volume = document.volume
            talking.ear.listen_with(Endpointing(document.age_band, document.patience))


async def _record(bear: Bear, event: BearStarted | BearStopped) -> None:
    try:
        await bear.outbox.append(event, NO_TURN)
    except TeddyError as error:
        log("app").error("event not recorded", type=event.label.type, reason=str(error))


@asynccontextmanager
async def _started(threads: Sequence[Threaded]) -> AsyncIterator[None]:
    begun: list[Threaded] = []
    try:
        for thread in threads:
            thread.start()
            begun.append(thread)
        yield
    finally:
        for thread in reversed(begun):
            await asyncio.to_thread(thread.stop)
