"""Time is counted on the card, cheaply, and holds over restarts of the bear."""

from __future__ import annotations

import asyncio
from datetime import UTC, time

import pytest

from teddy_edge.limits.standing import Standing
from teddy_edge.limits.timekeeper import GAP, KEPT_EVERY, LOOK, STAYS, Timekeeper, zone_of
from teddy_shared.clock import SeededChance
from teddy_shared.envelope import BearId, ProfileId
from teddy_shared.errors import StateError
from teddy_shared.limits import UNLIMITED, Limits, QuietHours
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing
from teddy_shared.state.memory import MemoryStore
from teddy_shared.state.state import STATE_KEY, State
from teddy_shared.state.store import Slot, Stamp
from tests.virtual_time import VirtualClock

pytestmark = pytest.mark.virtual_time

HOURS = 6 * 3600
TEN_A_DAY = Limits(daily_minutes=10, wind_down_minutes=2)


class Card(MemoryStore):
    writes = 0
    full = False

    async def put(
        self, slot: Slot, value: bytes, *, stamp: Stamp, expires: float | None, expected: int | None
    ) -> int:
        if self.full:
            raise StateError("the card is full")
        self.writes += 1
        assert b"today" not in value  # it is sealed
        return await super().put(slot, value, stamp=stamp, expires=expires, expected=expected)


class Home:
    """A family that wishes, and a card; bears come and go."""

    def __init__(self, limits: Limits) -> None:
        keys = MemoryKeyRing(chance=SeededChance(1))
        keys.create(STATE_KEY)
        self.limits = limits
        self.card = Card()
        self.clock = VirtualClock()
        self.state = State(
            store=self.card, seal=ChaChaSeal(keys=keys, chance=SeededChance(2)), clock=self.clock
        )

    async def bear(self) -> Timekeeper:
        timekeeper = Timekeeper(bear=BearId("bear-1"), family=self, state=self.state, clock=self.clock)
        await timekeeper.recall()
        return timekeeper

    async def talk(self, bear: Timekeeper, minutes: int) -> None:
        """In turns of half a minute, with half a minute to think between them."""
        for _ in range(minutes):
            began = self.clock.monotonic()
            await asyncio.sleep(GAP)
            await bear.talked(began, self.clock.monotonic())
            await asyncio.sleep(GAP - 0.1)


async def test_a_bear_that_was_restarted_goes_on_counting() -> None:
    home = Home(TEN_A_DAY)
    bear = await home.bear()
    await home.talk(bear, 6)

    bear = await home.bear()
    seen = [bear.standing]
    await home.talk(bear, 4)
    seen.append(bear.standing)
    await home.talk(bear, 2)
    seen.append(bear.standing)

    assert seen == [Standing.OPEN, Standing.ENDING, Standing.SPENT]
    assert (await home.bear()).standing is Standing.SPENT


async def test_one_write_a_turn_and_a_few_an_hour_when_nobody_talks() -> None:
    home = Home(TEN_A_DAY)
    bear = await home.bear()
    home.card.writes = 0
    await home.talk(bear, 5)
    turns = home.card.writes

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(HOURS):
            await bear.watch(lambda _: None)

    assert turns == 5
    assert home.card.writes - turns <= HOURS / KEPT_EVERY + 1


async def test_where_nothing_is_limited_nothing_is_written_while_nobody_talks() -> None:
    home = Home(UNLIMITED)
    bear = await home.bear()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(HOURS):
            await bear.watch(lambda _: None)

    assert (home.card.writes, bear.standing) == (0, Standing.OPEN)


async def test_what_was_talked_before_the_family_set_a_limit_counts() -> None:
    home = Home(UNLIMITED)
    bear = await home.bear()
    await home.talk(bear, 11)

    home.limits = TEN_A_DAY

    assert bear.standing is Standing.SPENT


async def test_the_talk_hears_of_a_limit_soon_and_of_a_new_wish_at_once() -> None:
    home = Home(Limits(quiet_hours=(QuietHours(begins=time(8, 1), ends=time(8, 3)),), wind_down_minutes=0))
    bear = await home.bear()
    told: list[tuple[float, Standing]] = []
    watching = asyncio.create_task(bear.watch(lambda each: told.append((home.clock.monotonic(), each))))
    await asyncio.sleep(100)

    home.limits = UNLIMITED
    bear.obey()
    await asyncio.sleep(1)
    watching.cancel()
    await asyncio.wait([watching])

    assert [each for _, each in told] == [Standing.OPEN, Standing.QUIET, Standing.OPEN]
    assert 60 <= told[1][0] <= 60 + LOOK
    assert told[2][0] == 100


async def test_who_needed_help_is_stayed_with_for_a_while_and_that_costs_no_time() -> None:
    home = Home(TEN_A_DAY)
    bear = await home.bear()
    await home.talk(bear, 11)
    bear.stay()
    stayed = bear.standing
    await home.talk(bear, 2)
    await asyncio.sleep(STAYS)

    assert (stayed, bear.standing) == (Standing.OPEN, Standing.SPENT)


async def test_on_a_full_card_the_limits_hold_until_the_bear_ends() -> None:
    home = Home(TEN_A_DAY)
    bear = await home.bear()
    home.card.full = True

    await home.talk(bear, 11)

    assert bear.standing is Standing.SPENT


async def test_what_was_used_is_forgotten_with_the_child() -> None:
    home = Home(TEN_A_DAY)
    bear = await home.bear()
    await home.talk(bear, 11)

    await bear.forget_child(ProfileId("child-1"))

    assert bear.standing is Standing.OPEN
    assert (await home.bear()).standing is Standing.OPEN


def test_a_zone_that_nobody_knows_counts_as_utc() -> None:
    assert zone_of("Mars/Olympus_Mons") is UTC
    assert str(zone_of("Europe/Berlin")) == "Europe/Berlin"
