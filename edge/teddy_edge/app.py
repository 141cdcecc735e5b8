"""The life of the bear's process: parts up, threads and tasks running, parts down in reverse."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from traceback import extract_tb
from typing import Any, Final, Protocol

from teddy_edge.container.bundles import Bear, Talking
from teddy_edge.conversation.inbox import LimitsTurned
from teddy_edge.errors import PartDied
from teddy_edge.identity import SOFTWARE
from teddy_edge.limits.standing import Standing
from teddy_edge.link.broker import BrokerLink
from teddy_edge.outbox.entry import NO_TURN
from teddy_edge.outbox.relay import relay
from teddy_shared.errors import ConfigError, TeddyError
from teddy_shared.events import BearStarted, BearStopped, SafetyAlertRaised
from teddy_shared.logs import log

WINDING_DOWN: Final = 0.7  # of the loudness


class Threaded(Protocol):
    """A part with a thread of its own."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


class Lifeline:
    """Hears from any part that it has died; then the whole bear ends, and systemd starts a clean one.

    A part that died of what an operator can mend ends the bear with that. `dying` is called at once, from
    whatever thread saw it, since the loop may be what hangs.
    """

    def __init__(self, *, dying: Callable[[], object] = lambda: None) -> None:
        self._loop = asyncio.get_running_loop()
        self._broken: asyncio.Future[None] = self._loop.create_future()
        self._dying = dying
        self._dead: set[str] = set()

    def failed(self, name: str) -> Callable[[BaseException], None]:
        """What a part of this name calls when it dies, from any thread."""

        def report(error: BaseException) -> None:
            self._dying()
            if not isinstance(error, ConfigError):
                self._tell(name, error)
                error = PartDied(name)
            with suppress(RuntimeError):  # the loop is closed: the bear has ended already
                self._loop.call_soon_threadsafe(self._break, error)

        return report

    def ends(self) -> None:
        """The bear ends for another reason than one of its parts."""
        self._dying()

    async def watch(self) -> None:
        """Raises PartDied or ConfigError as soon as a part has died."""
        await self._broken

    def _tell(self, name: str, error: BaseException) -> None:
        """Once a part. The error's text may hold a child's words, so only its class and its place."""
        if name not in self._dead:
            self._dead.add(name)
            where = [f"{each.name}:{each.lineno}" for each in extract_tb(error.__traceback__)[-1:]]
            log("app").error("part died", part=name, error=type(error).__name__, at="".join(where))

    def _break(self, error: BaseException) -> None:
        if not self._broken.done():
            self._broken.set_exception(error)


@contextmanager
def deaths_told(lifeline: Lifeline) -> Iterator[None]:
    """While the block runs, a thread that dies of what nobody caught ends the bear, whoever started it."""
    before = threading.excepthook

    def told(death: threading.ExceptHookArgs) -> None:
        name = "thread" if death.thread is None else death.thread.name
        lifeline.failed(name)(death.exc_value or SystemExit())

    threading.excepthook = told
    try:
        yield
    finally:
        threading.excepthook = before


async def live(
    bear: Bear,
    talking: Talking,
    threads: Sequence[Threaded],
    lifeline: Lifeline,
    stop: asyncio.Event,
    *,
    beat: Callable[[], Coroutine[Any, Any, None]] | None = None,
    body: Callable[[], Coroutine[Any, Any, None]] | None = None,
) -> None:
    """Until `stop` is set or a part dies. Threads start in order and end in reverse, before the tasks.

    `beat` is the loop's sign of life, for a watchman among the threads; `body` does what the body needs.
    """
    await _record(bear, BearStarted(software=SOFTWARE, healed=bear.healed))
    if (alert := await bear.guard_alert()) is not None:
        await _record(bear, alert)
    talking.inbox.when_full(lifeline.failed("inbox"))
    try:
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(work, name=name)
                for name, work in (
                    ("dialogue", talking.dialogue.run()),
                    ("wishes", _obey(bear, talking)),
                    ("limits", _keep_limits(bear, talking)),
                    ("orders", bear.orders.run()),
                    ("sweeper", bear.state.keep_sweeping()),
                    ("self-hearing", talking.self_hearing.run()),
                    ("meanings", bear.learn_meanings()),
                    ("render-ahead", bear.render_ahead()),
                    ("lifeline", lifeline.watch()),
                )
            ]
            if bear.endpoint is not None:
                running.append(tasks.create_task(bear.endpoint.serve(), name="metrics"))
            if bear.link is not None:
                running.append(tasks.create_task(_sync(bear, bear.link), name="sync"))
            if beat is not None:
                running.append(tasks.create_task(beat(), name="heartbeat"))
            if body is not None:
                running.append(tasks.create_task(body(), name="body"))
            async with started(threads):
                await stop.wait()
            for task in running:
                task.cancel()
    except BaseException as error:
        lifeline.ends()  # what hangs now must not keep the bear from ending
        if isinstance(error, BaseExceptionGroup):
            died, others = error.split(PartDied)
            if died is not None and others is None:
                raise _first(died) from None
        raise
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
            talking.mouth.volume = _loudness(bear)
            bear.timekeeper.obey()
            await talking.patience.wish(document.age_band, document.patience)


async def _keep_limits(bear: Bear, talking: Talking) -> None:
    """Where the limits end or allow a talk, the talk and the mouth hear of it."""

    def turned(_: Standing) -> None:
        talking.inbox.post(LimitsTurned())
        if bear.wishes.document is not None:
            talking.mouth.volume = _loudness(bear)

    await bear.timekeeper.watch(turned)


def _loudness(bear: Bear) -> float:
    """As the family wishes, and softer when the time is nearly over."""
    ending = bear.timekeeper.standing is Standing.ENDING
    return bear.wishes.volume * (WINDING_DOWN if ending else 1.0)


async def _record(bear: Bear, event: BearStarted | BearStopped | SafetyAlertRaised) -> None:
    try:
        await bear.outbox.append(event, NO_TURN)
    except TeddyError as error:
        log("app").error("event not recorded", type=event.label.type, reason=str(error))


def _first(group: BaseExceptionGroup[PartDied]) -> PartDied:
    found: BaseException = group
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    assert isinstance(found, PartDied)
    return found


@asynccontextmanager
async def started(threads: Sequence[Threaded]) -> AsyncIterator[None]:
    """They start in order and end in reverse."""
    begun: list[Threaded] = []
    try:
        for thread in threads:
            thread.start()
            begun.append(thread)
        yield
    finally:
        for thread in reversed(begun):
            await asyncio.to_thread(thread.stop)
