"""Ears that a squeeze turned off stay off over a new start."""

from __future__ import annotations

import asyncio

from teddy_edge.body.mute import By, Mute
from teddy_edge.body.remembering import EARS_OFF, Remembering
from teddy_shared.clock import SystemChance
from teddy_shared.envelope import BearId
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing
from teddy_shared.state.memory import MemoryStore
from teddy_shared.state.state import State
from tests.soundcard_fakes import HandClock

BEAR = BearId("bear-1")


async def test_what_the_paw_turned_is_so_after_a_new_start_and_what_the_switch_turned_is_the_switchs() -> (
    None
):
    state = State(store=MemoryStore(), seal=seal(), clock=HandClock())
    seen = []
    for by, on in ((By.SWITCH, True), (By.PAW, True), (By.PAW, False)):
        before = Mute()
        keeping = asyncio.create_task(Remembering(bear=BEAR, state=state, mute=before).keep(), name="keep")
        await asyncio.sleep(0)
        before.turn(By.PAW, on=not on) if by is By.PAW else None
        before.turn(by, on=on)
        for _ in range(100):
            await asyncio.sleep(0)
        keeping.cancel()
        await asyncio.wait([keeping])
        after = Mute()
        await Remembering(bear=BEAR, state=state, mute=after).recall()
        seen.append(after.by)

    assert seen == [frozenset(), {By.PAW}, frozenset()]
    assert not EARS_OFF.sealed


def seal() -> ChaChaSeal:
    return ChaChaSeal(keys=MemoryKeyRing(chance=SystemChance()), chance=SystemChance())
