"""The bear's link: one connection that is lost, and dialled again, for ever."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from teddy_edge.link.trouble import Trouble, adds_nothing, deaf, left_of, muted, unsteady
from teddy_edge.link.wire import Lost, Number, Wire, dialled
from teddy_edge.outbox.relay import Heard, Opened
from teddy_shared import topics
from teddy_shared.backoff import delays
from teddy_shared.clock import Chance, Clock
from teddy_shared.envelope import BearId, Lane
from teddy_shared.errors import LinkError, MalformedEvent
from teddy_shared.logs import log
from teddy_shared.messages import Ack, Offline, Online, from_bytes, to_bytes

STEADY: Final = 10.0  # seconds after which a connection counts as good, and the backoff begins anew
UNSTEADY: Final = 3  # connections in a row that did not become good: then that is the trouble
GOODBYE: Final = 2.0  # seconds that an orderly stop may take
HEARD: Final = (topics.ack, topics.settings, topics.command, topics.answer)  # each of this bear alone


class BrokerLink:
    """Fits the relay's Link. Nothing happens until `stay_connected` runs as a task."""

    def __init__(
        self,
        *,
        bear: BearId,
        host: str,
        port: int,
        hello: Callable[[], Online],  # where the bear stands, asked at every connection
        on_settings: Callable[[bytes], Awaitable[None]],
        on_order: Callable[[bytes], Awaitable[None]],
        on_answer: Callable[[bytes], Awaitable[None]],
        clock: Clock,
        chance: Chance,
        tls: ssl.SSLContext | None = None,  # what the broker is shown, and believed by
        on_trouble: Callable[[Trouble | None], Awaitable[None]] | None = None,  # told of every change
        keepalive: int = 20,  # seconds of silence after which a dead connection is noticed
        answer: float = 5.0,  # seconds for the broker to answer
    ) -> None:
        self._bear = bear
        self._number = Number(bear, host, port, tls, keepalive, answer)
        self._hello = hello
        self._on_settings = on_settings
        self._on_order = on_order
        self._on_answer = on_answer
        self._clock = clock
        self._chance = chance
        self._on_trouble = on_trouble
        self._trouble: Trouble | None = None
        self._brief = 0  # connections in a row that did not become good
        self._told = False  # whether anybody was told yet how it is
        self._wire: Wire | None = None
        self._since = 0.0  # monotonic, when the connection came about
        # Full, the oldest is dropped: acknowledgements are cumulative, and what is lost is sent again.
        self._heard: deque[Heard] = deque(maxlen=64)
        self._news = asyncio.Event()

    @property
    def connected(self) -> bool:
        return self._wire is not None

    @property
    def trouble(self) -> Trouble | None:
        """Why the bear is not connected, or not heard; None where all is well or nothing was tried yet."""
        return self._trouble

    async def stay_connected(self) -> None:
        """Ends by cancellation, with a goodbye. Losing the network is normal."""
        waits = delays(self._chance)
        while True:
            began = self._clock.monotonic()
            await self._converse()
            if self._clock.monotonic() - began > STEADY:
                waits = delays(self._chance)
                self._brief = 0
            await asyncio.sleep(next(waits))

    async def send(self, lane: Lane, batch: bytes) -> None:
        """Raises LinkError when the broker is away or goes away before it has the batch."""
        await self._say(topics.up(self._bear, lane), batch)

    async def greet(self) -> None:
        """Say hello once more, so that the cloud tells where it stands. Raises LinkError, as `send`."""
        await self._say(topics.status(self._bear), to_bytes(self._hello()), retain=True)

    async def ask(self, question: bytes) -> None:
        """Raises LinkError, as `send`."""
        await self._say(topics.ask(self._bear), question)

    async def heard(self) -> AsyncIterator[Heard]:
        """What the relay needs to know, oldest first. For one listener."""
        while True:
            while self._heard:
                yield self._heard.popleft()
            self._news.clear()
            await self._news.wait()

    async def _say(self, topic: str, data: bytes, *, retain: bool = False) -> None:
        wire = self._wire
        if wire is None:
            raise LinkError("no connection to the broker")
        await wire.publish(topic, data, retain=retain)
        await self._went_through(wire)

    async def _converse(self) -> None:
        """One connection, from dialling to its loss."""
        try:
            await self._speak()
        except Lost as lost:
            log("link").info("the broker is away", reason=str(lost))
            trouble = lost.trouble
            if trouble is None:
                self._brief += 1
                trouble = unsteady(str(self._number)) if self._brief >= UNSTEADY else None
            if trouble is not None:
                await self._note(trouble)

    async def _speak(self) -> None:
        status = topics.status(self._bear)
        boot = self._hello().boot
        async with dialled(self._number, will=(status, to_bytes(Offline(boot=boot, orderly=False)))) as wire:
            try:
                async with asyncio.timeout(self._number.answer):
                    granted = await wire.subscribe([each(self._bear) for each in HEARD])
                    await wire.retain(status, to_bytes(self._hello()))
                self._wire, self._since = wire, self._clock.monotonic()
                log("link").info("connected", host=self._number.host, port=self._number.port)
                self._tell(Opened())
                if not granted:
                    await self._note(deaf(str(self._number)))
                await self._went_through(wire)
                async for topic, data in wire.messages():
                    await self._take(topic, data)
                    await self._went_through(wire)
            except asyncio.CancelledError:
                await wire.farewell(status, to_bytes(Offline(boot=boot, orderly=True)), seconds=GOODBYE)
                raise
            finally:
                self._wire = None

    async def _went_through(self, wire: Wire) -> None:
        """What of the trouble so far is left, now that something went through?"""
        steady = self._clock.monotonic() - self._since > STEADY
        await self._note(muted(str(self._number)) if wire.muted else left_of(self._trouble, steady=steady))

    async def _note(self, trouble: Trouble | None) -> None:
        """Tells of a change, and of nothing else: this may end on the card."""
        if self._told and (trouble == self._trouble or adds_nothing(trouble, self._trouble)):
            return
        self._told, self._trouble = True, trouble
        if self._on_trouble is not None:
            await self._on_trouble(trouble)

    async def _take(self, topic: str, data: bytes) -> None:
        try:
            match topics.parse(topic).what:
                case "ack":
                    self._tell(from_bytes(Ack, data))
                case "settings" if data:  # nothing at all is how a retained document is cleared
                    await self._on_settings(data)
                case "cmd":
                    await self._on_order(data)
                case "res":
                    await self._on_answer(data)
        except MalformedEvent as error:
            log("link").warning("message ignored", size=len(data), reason=str(error))

    def _tell(self, heard: Heard) -> None:
        self._heard.append(heard)
        self._news.set()
