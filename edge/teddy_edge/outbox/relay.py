"""Events from the outbox to the cloud: woken by news, never by polling; ends by cancellation."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol

from teddy_edge.outbox.entry import Mark, Waiting
from teddy_edge.outbox.errors import OutboxAway, OutboxError
from teddy_edge.outbox.lanes import Lanes, Meaning
from teddy_shared.clock import Chance, Clock
from teddy_shared.codec import Batch, BatchHeader, WireEvent, encode_batch, encode_head
from teddy_shared.envelope import Lane, withheld
from teddy_shared.errors import LinkError
from teddy_shared.logs import log
from teddy_shared.messages import Ack
from teddy_shared.purposes import Consent, allows

DISK_REST: Final = 5.0  # seconds before a disk that did not answer is asked again

# Seconds until the cloud is asked again where it stands. A lane on which nothing happens would never learn
# that a store lost its tail, and an alert in it would be gone with its day of grace.
ASK_AGAIN: Final = 1800.0
ASK_REST: Final = 5.0  # seconds between two questions at least


@dataclass(frozen=True, slots=True)
class Opened:
    """The link has a new connection; what was in flight may be lost."""


Heard = Ack | Opened


class Link(Protocol):
    """The way to the cloud, as the relay sees it."""

    async def send(self, lane: Lane, batch: bytes) -> None:
        """Raises LinkError. Returning promises nothing: only an acknowledgement does."""

    async def greet(self) -> None:
        """Say hello, which the cloud answers with the mark of every lane. Raises LinkError."""

    def heard(self) -> AsyncIterator[Heard]: ...


class ConsentSource(Protocol):
    """What the family has granted."""

    def consents(self) -> AsyncIterator[Consent | None]:
        """The consent in force, then each change; None while no family has spoken yet."""


class Recorded(Protocol):
    """The outbox, as the relay sees it."""

    @property
    def epoch(self) -> str: ...

    def marks(self) -> Mapping[Lane, Mark]: ...

    async def pending(self, lane: Lane, after: int) -> Sequence[Waiting]: ...

    async def acknowledged(self, lane: Lane, mark: int, *, epoch: str) -> None: ...

    async def rewind(self, lane: Lane, mark: int, *, epoch: str) -> None: ...

    async def renew(self, reason: str) -> None: ...

    async def withhold(self, lane: Lane, numbers: Sequence[int], *, epoch: str) -> None: ...

    def tell(self, listener: Callable[[], None]) -> None: ...


async def relay(
    *,
    outbox: Recorded,
    link: Link,
    consent: ConsentSource,
    clock: Clock,
    chance: Chance,
    ask_again: float = ASK_AGAIN,
) -> None:
    """Run it as a task beside the link."""
    sender = _Relay(outbox=outbox, link=link, clock=clock, chance=chance, ask_again=ask_again)
    outbox.tell(sender.wake)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(sender.follow(consent), name="relay-consent")
        tasks.create_task(sender.listen(), name="relay-ears")
        tasks.create_task(sender.send_all(), name="relay-sender")


def allowed(waiting: Sequence[Waiting], consent: Consent | None) -> list[WireEvent]:
    """What of these may travel now, from the first on.

    A purpose that is not granted leaves a stand-in. While no consent is known the lane waits at the
    first event that needs one, since its numbers may have no gap.
    """
    events = []
    for entry in waiting:
        purpose = entry.head.purpose
        if consent is None and purpose.needs_consent:
            break
        if consent is None or allows(consent, purpose):
            events.append(entry.wire)
        else:
            events.append(WireEvent(encode_head(withheld(entry.head)), b"{}"))
    return events


class _Relay:
    def __init__(
        self, *, outbox: Recorded, link: Link, clock: Clock, chance: Chance, ask_again: float
    ) -> None:
        self._outbox = outbox
        self._link = link
        self._clock = clock
        self._chance = chance
        self._ask_again = ask_again
        self._asked_at = -ASK_REST
        self._ask_at = self._next_question()
        self._lanes = Lanes(chance=chance)
        self._epoch = outbox.epoch
        self._consent: Consent | None = None
        self._blocked: set[Lane] = set()  # lanes that wait for the first consent
        # Full, the oldest is dropped: acknowledgements are cumulative, and what is lost is sent again.
        self._inbox: deque[Heard] = deque(maxlen=64)
        self._news = asyncio.Event()

    def wake(self) -> None:
        self._news.set()

    async def follow(self, source: ConsentSource) -> None:
        async for consent in source.consents():
            self._consent = consent
            self._blocked.clear()
            self.wake()

    async def listen(self) -> None:
        async for heard in self._link.heard():
            self._inbox.append(heard)
            self.wake()

    async def send_all(self) -> None:
        while True:
            self._news.clear()
            try:
                while await self._step():
                    pass
            except OutboxError as error:
                log("relay").warning("the outbox does not answer", reason=str(error))
                await asyncio.sleep(DISK_REST)
                continue
            await self._rest()

    async def _step(self) -> bool:
        """Hear everything, then send one batch of the most urgent lane that may send."""
        while self._inbox:
            await self._hear(self._inbox.popleft())
        if self._epoch != self._outbox.epoch:
            self._epoch = self._outbox.epoch
            self._lanes.reopened()
            self._blocked.clear()
        now = self._clock.monotonic()
        if now >= self._ask_at:
            await self._ask()
        for lane, mark in self._outbox.marks().items():
            if mark.last > mark.acked and lane not in self._blocked and self._lanes.free(lane, now):
                await self._send(lane, mark.acked, now)
                return True
        return False

    async def _ask(self) -> None:
        """Where does the cloud stand, in the lanes too that have nothing to send?"""
        self._asked_at = self._clock.monotonic()
        self._ask_at = self._next_question()
        self._lanes.greeted_again()
        with suppress(LinkError):  # a new connection begins with a hello
            await self._link.greet()

    def _next_question(self) -> float:
        # Not all bears at the same time, though a broker's restart brought them together.
        return self._clock.monotonic() + self._chance.between(0.5, 1.0) * self._ask_again

    async def _send(self, lane: Lane, after: int, now: float) -> None:
        waiting = await self._outbox.pending(lane, after)
        events = allowed(waiting, self._consent)
        if not events:
            self._blocked.add(lane)
            return
        await self._withhold(lane, waiting, events)
        place, covers = waiting[0].head.place, waiting[0].covers
        first = place.seq - covers + 1
        header = BatchHeader(epoch=place.epoch, lane=lane, first=first, count=len(events), covers=covers)
        self._lanes.sent(lane, place.seq + len(events) - 1, now)
        with suppress(LinkError):  # as if it were lost on the way: due again later, or on `Opened`
            await self._link.send(lane, encode_batch(Batch(header, tuple(events))))

    async def _withhold(self, lane: Lane, waiting: Sequence[Waiting], events: Sequence[WireEvent]) -> None:
        """What travels as a stand-in goes from the bear before it does, so that no rewind brings it back."""
        held = [
            entry.head.place
            for entry, event in zip(waiting, events, strict=False)  # the lane may wait behind these
            if event is not entry.wire
        ]
        if held:
            numbers = [place.seq for place in held]
            try:
                await self._outbox.withhold(lane, numbers, epoch=held[0].epoch)
            except OutboxAway:  # on a full card they stay until their grace is over; the link goes on
                log("relay").warning("withheld events stay on the card for now", count=len(numbers))

    async def _hear(self, heard: Heard) -> None:
        if isinstance(heard, Opened):
            self._lanes.reopened()
            self._ask_at = self._next_question()
            return
        if heard.epoch != self._outbox.epoch:
            return
        mark = self._outbox.marks()[heard.lane]
        match self._lanes.hear(heard, mark, self._clock.monotonic()):
            case Meaning.PROGRESS:
                await self._outbox.acknowledged(heard.lane, heard.mark, epoch=heard.epoch)
            case Meaning.REWIND:
                log("relay").warning("rewind", lane=int(heard.lane), cloud=heard.mark, here=mark.acked)
                await self._outbox.rewind(heard.lane, heard.mark, epoch=heard.epoch)
                self._ask_at = min(self._ask_at, self._asked_at + ASK_REST)  # the other lanes lost theirs too
            case Meaning.ELSEWHERE:
                reason = f"lane {heard.lane} is at {heard.mark} in the cloud and at {mark.acked} here"
                log("relay").warning("new epoch", reason=reason)
                await self._outbox.renew(reason)
            case Meaning.NOTHING:
                pass

    async def _rest(self) -> None:
        now = self._clock.monotonic()
        due = self._lanes.next_due(now)
        until = self._ask_at if due is None else min(due, self._ask_at)
        with suppress(TimeoutError):
            async with asyncio.timeout(until - now):
                await self._news.wait()
