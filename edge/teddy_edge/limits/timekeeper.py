"""Counts how long a child talks, keeps that on the card, and knows whether the bear may talk right now."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, tzinfo
from typing import Final, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import TypeAdapter

from teddy_edge.limits.reckoning import Moment, Reckoning
from teddy_edge.limits.standing import Standing, standing_of
from teddy_edge.limits.used import Used
from teddy_shared.clock import Clock
from teddy_shared.envelope import BearId, ProfileId
from teddy_shared.errors import TeddyError
from teddy_shared.limits import UNLIMITED, Limits
from teddy_shared.logs import log
from teddy_shared.state.keys import Key, Role
from teddy_shared.state.scopes import Scope
from teddy_shared.state.state import State

LOOK: Final = 15.0  # seconds between two looks at the clock
KEPT_EVERY: Final = 900.0  # seconds; what time it is lies on the card at least so often, while it matters
STAYS: Final = 600.0  # seconds for which a child who needed help is not sent to bed
GAP: Final = 30.0  # seconds of silence between two turns that still count as talk: a child thinks

ROLE: Final = Role("limits")

USED: Final = Key(
    name="limits.used",
    scope=Scope.APPLICATION,
    shape=TypeAdapter(Used),
    readers=frozenset({ROLE}),
    writers=frozenset({ROLE}),
    sealed=True,  # when somebody talks tells when they are at home
)


class Family(Protocol):
    """What the family allows at this moment."""

    @property
    def limits(self) -> Limits: ...


class Timekeeper:
    """Call `recall` before the bear listens; `watch` is a task for as long as it lives."""

    def __init__(self, *, bear: BearId, family: Family, state: State, clock: Clock) -> None:
        self._bear = bear
        self._family = family
        self._state = state
        self._clock = clock
        now = clock.monotonic()
        self._reckoning = Reckoning.begin(now, clock.wall(), synchronised=False, known=0.0)
        self._used = Used()
        self._kept = Used()  # as it lies on the card
        self._zone: tzinfo = UTC
        self._zone_name = "UTC"
        self._stays_until = now
        self._news = asyncio.Event()  # there is something to look at
        self._talked_until: float | None = None
        self._writing = asyncio.Lock()

    @property
    def standing(self) -> Standing:
        """At this moment; microseconds."""
        limits, now = self._family.limits, self._clock.monotonic()
        if limits == UNLIMITED or now < self._stays_until:
            return Standing.OPEN
        moment = self._reckoning.tell(now)
        return standing_of(limits, self._used_at(moment), moment, self._zone)

    def stay(self) -> None:
        """A child needs help: for a while nothing keeps the bear from talking."""
        self._stays_until = self._clock.monotonic() + STAYS
        self._news.set()

    async def recall(self) -> None:
        """What was used before this process began, and what time it is."""
        try:
            held = await self._state.read(USED, self._bear, ROLE)
        except TeddyError as error:
            log("limits").warning("what was used does not open; it counts from now on", reason=str(error))
            held = None
        if held is not None:
            self._used = self._kept = held.value
        # Off the loop: whether the clock was set is written in a file.
        sure = await asyncio.to_thread(self._clock.synchronised)
        self._reckoning = Reckoning.begin(
            self._clock.monotonic(), self._clock.wall(), synchronised=sure, known=self._used.known
        )
        await self.look()

    async def talked(self, began: float, ended: float) -> None:
        """A turn, in seconds on the monotonic clock: from the child's first word to the bear's last."""
        if ended < self._stays_until:
            return
        last = self._talked_until
        if last is not None and began - last < GAP:
            began = last
        self._talked_until = ended
        moment = self._reckoning.tell(ended)
        self._used = self._used_at(moment).talked(max(0.0, ended - began), moment)
        await self._keep()

    async def watch(self, turned: Callable[[Standing], object]) -> None:
        """Tells how it stands, at first and whenever that changes. Ends by cancellation."""
        told: Standing | None = None
        while True:
            self._news.clear()
            await self.look()
            if (standing := self.standing) is not told:
                log("limits").info("limits", standing=standing.value)
                told = standing
                turned(standing)
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK):
                    await self._news.wait()

    def obey(self) -> None:
        """The family wishes something else."""
        self._news.set()

    async def look(self) -> None:
        """At the clock, and at the zone that the family lives in."""
        if self._family.limits.time_zone != self._zone_name:
            self._zone_name = self._family.limits.time_zone
            self._zone = await asyncio.to_thread(zone_of, self._zone_name)
        sure = await asyncio.to_thread(self._clock.synchronised)
        now = self._clock.monotonic()
        self._reckoning, stepped = self._reckoning.look(now, self._clock.wall(), synchronised=sure)
        if stepped:
            log("limits").warning("the clock was moved; the day's time stays as it is")
        self._used = self._used_at(self._reckoning.tell(now), stepped=stepped)
        late = self._used.known - self._kept.known
        if self._family.limits != UNLIMITED and (stepped or not 0 <= late < KEPT_EVERY):
            await self._keep()

    async def forget_child(self, _: ProfileId) -> None:
        """Whoever talks now. Raises StateError; again does no harm."""
        async with self._writing:
            self._used = self._kept = Used()
            await self._state.forget(USED, self._bear, ROLE)

    def _used_at(self, moment: Moment, *, stepped: bool = False) -> Used:
        rest = 60.0 * self._family.limits.break_minutes
        return self._used.on(moment, self._zone, rest=rest, stepped=stepped)

    async def _keep(self) -> None:
        """Where the card does not take it, it is logged, and the next turn tries again."""
        async with self._writing:
            used = self._used
            try:
                await self._state.write(USED, self._bear, used, ROLE)
            except TeddyError as error:
                log("limits").error("what was used is not kept", reason=str(error))
                return
            self._kept = used


def zone_of(name: str) -> tzinfo:
    """Reads a file. A zone that this machine does not know counts as UTC, and is told."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        log("limits").error("unknown time zone; quiet hours go by UTC", zone=name)
        return UTC
