"""A bear at its limits, with real ears and voice: kind, then quiet, and there for who needs help."""

from __future__ import annotations

import asyncio
from datetime import time
from pathlib import Path

import pytest

from teddy_edge.body.looks import Look
from teddy_edge.conversation.inbox import LimitsTurned
from teddy_edge.conversation.showing import SHOWN
from teddy_edge.conversation.skills.skill import Heard, Recent
from teddy_edge.conversation.skills.timing import Timing
from teddy_edge.conversation.states import State
from teddy_edge.identity import Identity
from teddy_edge.limits.standing import Standing
from teddy_edge.limits.timekeeper import STAYS
from teddy_edge.link.wishes import DOCUMENT, LINK
from teddy_shared.ages import AgeBand
from teddy_shared.clock import SeededChance
from teddy_shared.envelope import Lane
from teddy_shared.limits import Limits, QuietHours
from teddy_shared.messages import SettingsDocument
from tests.journeys.test_talk_in_virtual_time import Home, VirtualParts, home, net, warm  # noqa: F401  # fixtures
from tests.speaking import Speaking

pytestmark = pytest.mark.virtual_time

ALWAYS_QUIET = Limits(
    quiet_hours=(QuietHours(begins=time(0), ends=time(12)), QuietHours(begins=time(12), ends=time(0)))
)
A_MINUTE_A_DAY = Limits(daily_minutes=1, wind_down_minutes=0)


async def wish(at: Home, limits: Limits) -> None:
    """As if it had come from the cloud a while ago."""
    identity = await at.bear.parts.get(Identity)
    document = SettingsDocument(version=1, limits=limits)
    await at.bear.state.write(DOCUMENT, identity.bear, document, LINK)
    await at.bear.wishes.recall()
    await at.bear.timekeeper.look()
    at.talking.inbox.post(LimitsTurned())
    await at.room.quiet(0.2)


async def say(at: Home, speaking: Speaking, words: str) -> None:
    turns = len(at.reports)
    await at.room.say(speaking.child(words))
    await at.room.quiet_until(lambda: len(at.reports) > turns and at.talking.dialogue.at_rest)


async def test_in_quiet_hours_a_talk_waits_and_a_cry_for_help_does_not(
    warm: VirtualParts,  # noqa: F811
    speaking: Speaking,
    tmp_path: Path,
) -> None:
    async with home(warm, tmp_path) as at:
        await wish(at, ALWAYS_QUIET)
        states = [at.talking.states.now]
        for words in ("Tell me something about elephants.", "Tell me a joke, please."):
            await say(at, speaking, words)
            states.append(at.talking.states.now)
        await say(at, speaking, "I swallowed a battery and my tummy hurts.")
        states.append(at.talking.states.now)
        await asyncio.sleep(STAYS)
        at.talking.inbox.post(LimitsTurned())
        await at.room.quiet(0.2)
        states.append(at.talking.states.now)

        kind, silent, helped = at.reports
        assert (kind.skill, kind.verdict, silent.skill, silent.reply) == ("limits", "answer", "limits", "")
        assert kind.reply
        assert [each.envelope.type for each in silent.events] == ["turn.begun", "turn.ended"]
        assert helped.verdict == "comfort_and_alert"
        assert at.bear.outbox.marks()[Lane.SAFETY].last == 1
        quiet = State.QUIET_HOURS
        assert states == [quiet, quiet, quiet, State.FOLLOW_UP, quiet]
        assert SHOWN[quiet] is Look.QUIET_HOURS


@pytest.mark.parametrize(("limits", "rings"), [(ALWAYS_QUIET, False), (A_MINUTE_A_DAY, True)])
async def test_a_timer_rings_when_the_days_time_is_up_and_wakes_nobody_in_quiet_hours(
    warm: VirtualParts,  # noqa: F811
    limits: Limits,
    rings: bool,
    tmp_path: Path,
) -> None:
    async with home(warm, tmp_path) as at:
        seen: list[State] = []
        at.talking.states.observe(seen.append)
        wished = Heard("Set a timer for twenty seconds.", 1.0, AgeBand.MIDDLE)
        (await at.bear.parts.get(Timing)).answer(wished, Recent(), SeededChance(1))
        await at.bear.timekeeper.talked(-60.0, at.talking.clock.monotonic())
        await wish(at, limits)
        resting = at.talking.states.now
        await at.room.quiet(25.0)

        assert resting is State.QUIET_HOURS
        assert (State.RINGING in seen) is rings


async def test_the_days_time_is_counted_and_used_up_also_after_a_restart(
    warm: VirtualParts,  # noqa: F811
    speaking: Speaking,
    tmp_path: Path,
) -> None:
    async with home(warm, tmp_path) as at:
        await wish(at, A_MINUTE_A_DAY)
        await say(at, speaking, "Tell me something about elephants.")
        after_a_turn, now = at.bear.timekeeper.standing, at.talking.clock.monotonic()
        await at.bear.timekeeper.talked(now, now + 55)  # eleven turns more
        spent = at.bear.timekeeper.standing
    async with home(warm, tmp_path) as at:
        await say(at, speaking, "Tell me something about elephants.")

        assert (after_a_turn, spent) == (Standing.OPEN, Standing.SPENT)
        assert (at.reports[0].skill, at.talking.states.now) == ("limits", State.QUIET_HOURS)
