"""Orders from the operator's hand: given, waited for, listed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, Literal

from teddy_cloud.bus.callers import Caller
from teddy_cloud.commands.moving_in import SOMEBODY
from teddy_cloud.container.bundles import Office
from teddy_cloud.container.cloud import open_office
from teddy_cloud.projections.bears import STATE, Bears, state_of
from teddy_cloud.projections.conversations import FARTHEST
from teddy_cloud.projections.orders import OrderState, Standing, orders_of
from teddy_cloud.settings import Settings
from teddy_shared.clock import Clock
from teddy_shared.commands import Command, EraseChild, ReportHealth
from teddy_shared.envelope import NAME, BearId
from teddy_shared.errors import ConfigError

LOOK: Final = 1.0  # seconds; a notice is quicker, but can be missed
LONGEST: Final = 30 * 24 * 3600.0  # seconds until an order expires, at most


@dataclass(frozen=True, slots=True)
class Wanted:
    bear: str
    what: Literal["report", "erase"]
    profile: str | None  # None: whom the bear talks with
    expires_in: float  # seconds
    wait: float  # seconds


@dataclass(frozen=True, slots=True)
class Report:
    """How a bear is."""

    software: str | None
    waiting: int  # events that it had not brought up
    healed: tuple[str, ...]  # its parts that were mended

    @property
    def sentence(self) -> str:
        mended = f", mended: {', '.join(self.healed)}" if self.healed else ""
        return f"software {self.software or 'unknown'}, {self.waiting} events wait{mended}"


@dataclass(frozen=True, slots=True)
class Told:
    """An order and where it stands."""

    id: str
    type: str
    standing: Standing
    issued_wall_ms: int | None
    expires_wall_ms: int | None
    ended_wall_ms: int | None
    reason: str
    report: Report | None = None  # of a bear that was asked, and has answered

    def facts(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if (name, value) != ("report", None)}

    @property
    def sentence(self) -> str:
        issued = "?" if self.issued_wall_ms is None else _time(self.issued_wall_ms)
        ended = "" if self.ended_wall_ms is None else f" at {_time(self.ended_wall_ms)} by its own clock"
        because = f" ({self.reason})" if self.reason else ""
        report = "" if self.report is None else f"\n{self.report.sentence}"
        return f"{issued}  {self.id}  {self.type}: {self.standing}{ended}{because}{report}"


async def list_orders(settings: Settings, bear: str) -> Sequence[Told]:
    """Newest first."""
    async with open_office(settings) as office:
        await _owned(office, bear)
        states = await orders_of(office.models, BearId(bear))
        return [_told(each, office.clock) for each in states]


async def send_order(settings: Settings, wanted: Wanted, caller: Caller = SOMEBODY) -> Told:
    """Give it, and wait as long as wanted for its end. Raises ConfigError where no family owns the bear."""
    if not 1 <= wanted.expires_in <= LONGEST:
        raise ConfigError("an order needs some time until it expires: --expires takes 1 second to 30 days")
    if not 0 <= wanted.wait < float("inf"):
        raise ConfigError("--wait takes a number of seconds")
    async with open_office(settings) as office:
        profile = await _owned(office, wanted.bear)
        command: Command = ReportHealth()
        if wanted.what == "erase":
            if not NAME.fullmatch(wanted.profile or profile):
                raise ConfigError(f"{wanted.profile} is no child's profile; see `teddy cloud family`")
            command = EraseChild(profile=wanted.profile or profile)
        bear = BearId(wanted.bear)
        order = await office.orders.issue(bear, command, expires_in=wanted.expires_in, who=caller.who)
        state = OrderState(
            id=order.id,
            type=order.type,
            issued_wall_ms=order.issued_wall_ms,
            expires_wall_ms=order.expires_wall_ms,
        )
        with suppress(TimeoutError):
            async with asyncio.timeout(wanted.wait), office.models.notices(bear) as notices:
                while state.ending is None:
                    found = await orders_of(office.models, bear)
                    state = next((each for each in found if each.id == order.id), state)
                    if state.ending is None:
                        await notices.changed(LOOK)
        told = _told(state, office.clock)
        if wanted.what == "report" and told.standing == "done":
            told = replace(told, report=await _report(office, bear))
        return told


async def _report(office: Office, bear: BearId) -> Report:
    state = state_of(await office.models.page(Bears.name, bear, STATE))
    return Report(state.software, sum(state.waiting.values()), state.healed)


async def _owned(office: Office, bear: str) -> str:
    """The profile of the child whom the bear talks with."""
    found = await office.records.bear(BearId(bear)) if NAME.fullmatch(bear) else None
    if found is None:
        raise ConfigError(f"no family owns a bear called {bear}")
    return found.profile.id


def _told(state: OrderState, clock: Clock) -> Told:
    return Told(
        id=state.id,
        type=state.type,
        standing=state.standing(int(clock.wall() * 1000)),
        issued_wall_ms=state.issued_wall_ms,
        expires_wall_ms=state.expires_wall_ms,
        ended_wall_ms=state.ended_wall_ms,
        reason=state.reason,
    )


def _time(wall_ms: int) -> str:
    return datetime.fromtimestamp(min(max(0, wall_ms), FARTHEST) / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
