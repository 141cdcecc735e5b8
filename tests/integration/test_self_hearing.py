"""A bear measures at its start how it hears itself, keeps it, and a doctor reads it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from teddy_edge.audio.mouth import Mouth, Spoken
from teddy_edge.audio.resample import Resampler, to_pcm
from teddy_edge.audio.ring import Hop
from teddy_edge.audio.samples import EAR_RATE, HOP, MOUTH_HOP, MOUTH_RATE, Pcm
from teddy_edge.echo.echo import Echo, Measured
from teddy_edge.echo.notes import EchoNotes
from teddy_edge.echo.self_hearing import NOTES, SelfHearing
from teddy_edge.health.checks import CHECKS
from teddy_edge.health.examination import examine
from teddy_edge.health.finding import Condition, Finding
from teddy_edge.health.patient import meet
from teddy_edge.identity import UNPROVISIONED
from teddy_edge.settings import read
from teddy_shared.clock import SystemChance, SystemClock
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing
from teddy_shared.state.memory import MemoryStore
from teddy_shared.state.sqlite import open_sqlite_store
from teddy_shared.state.state import State
from teddy_shared.state.store import Store
from tests.virtual_time import VirtualClock

BEAR = UNPROVISIONED
DELAY = 1_600  # samples


class Untouched:
    """A canceller that is of no use."""

    def process(self, heard: Pcm, reference: Pcm, delay: int) -> Pcm:
        return heard


@dataclass
class Room:
    """Plays what the mouth gives and lets the ear hear it, in virtual time."""

    mouth: Mouth
    echo: Echo
    loudness: float = 0.5
    index: int = 0
    drowned: bool = False  # the newest hop

    async def sound(self) -> None:
        to_ear = Resampler(from_rate=MOUTH_RATE, to_rate=EAR_RATE)
        played: Pcm = np.zeros(8_000, np.int16)
        noise = np.random.default_rng(1)
        while True:
            reference = to_pcm(to_ear.feed(self.mouth.pull(MOUTH_HOP).astype(np.float32)))
            played = np.concatenate((played, reference))[-8_000:]
            heard = self.loudness * played[-DELAY - HOP : -DELAY]
            pcm = np.rint(heard + 10 * noise.standard_normal(HOP)).astype(np.int16)
            hop = self.echo.clean(Hop(pcm, self.index, reference if reference.any() else None))
            self.drowned = isinstance(hop, Hop) and hop.drowned
            self.index += HOP
            await asyncio.sleep(0.01)


def state_over(store: Store) -> State:
    chance = SystemChance()
    seal = ChaChaSeal(keys=MemoryKeyRing(chance=chance), chance=chance)
    return State(store=store, seal=seal, clock=SystemClock())


@asynccontextmanager
async def bear(notes: EchoNotes, *, loudness: float = 0.5) -> AsyncIterator[Room]:
    echo = Echo(opening=Untouched)
    mouth = Mouth(clock=VirtualClock(), post=lambda _: None)
    itself = SelfHearing(echo=echo, mouth=mouth, notes=notes)
    await itself.attach()
    room = Room(mouth, echo, loudness)
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(room.sound()), tasks.create_task(itself.run())]
        yield room
        for task in running:
            task.cancel()


@pytest.mark.virtual_time
async def test_a_chirp_at_the_start_tells_the_delay_which_is_kept() -> None:
    notes = EchoNotes(bear=BEAR, state=state_over(MemoryStore()), clock=VirtualClock())
    async with bear(notes) as room:
        await asyncio.sleep(NOTES)
        measured = room.echo.measured

    kept = await notes.recall()

    assert measured.delay is not None
    assert abs(measured.delay - DELAY) < EAR_RATE // 60
    assert kept == measured


@pytest.mark.virtual_time
async def test_a_chirp_that_nobody_hears_leaves_what_was_known() -> None:
    notes = EchoNotes(bear=BEAR, state=state_over(MemoryStore()), clock=VirtualClock())
    await notes.note(Measured(delay=2_000, enhancement=30.0, good=True))
    async with bear(notes, loudness=0.0) as room:
        await asyncio.sleep(NOTES)

        assert room.echo.measured.delay == 2_000
    kept = await notes.recall()
    assert kept is not None
    assert kept.delay == 2_000


@pytest.mark.virtual_time
async def test_whoever_speaks_goes_before_a_chirp() -> None:
    notes = EchoNotes(bear=BEAR, state=state_over(MemoryStore()), clock=VirtualClock())
    async with bear(notes) as room:
        room.mouth.begin(1)
        room.mouth.say(Spoken(np.full(5 * MOUTH_RATE, 1000, np.int16), 1, 0))
        await asyncio.sleep(NOTES)

        assert room.mouth.heard == 5 * MOUTH_RATE


@pytest.mark.virtual_time
async def test_a_reply_that_comes_in_place_of_a_chirp_drowns_the_room_soon() -> None:
    notes = EchoNotes(bear=BEAR, state=state_over(MemoryStore()), clock=VirtualClock())
    async with bear(notes) as room:
        room.echo.expect_chirp()
        room.mouth.begin(1)
        room.mouth.say(Spoken(np.full(4 * MOUTH_RATE, 1000, np.int16), 1, 0))
        await asyncio.sleep(3)

        assert room.drowned


@pytest.mark.parametrize(
    ("measured", "condition", "says"),
    [
        (None, Condition.NOTE, "it has not heard itself yet"),
        (Measured(1_600, None, good=False), Condition.NOTE, "after 100 ms; it has not spoken enough"),
        (Measured(1_600, 31.0, good=True), Condition.WELL, "after 100 ms and is made 31 dB weaker"),
        (Measured(1_600, 4.0, good=False), Condition.NOTE, "made 4 dB weaker"),
    ],
    ids=["not yet", "chirped", "good", "poor"],
)
async def test_a_doctor_tells_how_the_bear_hears_itself(
    measured: Measured | None, condition: Condition, says: str, tmp_path: Path
) -> None:
    async with open_sqlite_store(tmp_path / "state.db") as store:
        if measured is not None:
            notes = EchoNotes(bear=BEAR, state=state_over(store), clock=SystemClock())
            await notes.note(measured)

    finding = await looked_at(tmp_path)

    assert (finding.condition, says in finding.what) == (condition, True), finding


async def test_a_doctor_who_comes_before_the_first_start_finds_no_fault(tmp_path: Path) -> None:
    assert (await looked_at(tmp_path)).condition is Condition.UNSEEN


async def looked_at(data: Path) -> Finding:
    settings = read(environment={}, overrides={"data": data})
    patient = await asyncio.to_thread(meet, settings, unsettled=None, clock=SystemClock())
    return (await examine(patient, {"echo": CHECKS["echo"]}))["echo"]
