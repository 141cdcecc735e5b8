"""The bear waits for the child it talks with, and what it learned of one is that child's alone."""

from __future__ import annotations

import numpy as np
import pytest

from teddy_edge.audio.samples import EAR_RATE
from teddy_edge.conversation.habits import HABIT, Habits
from teddy_edge.conversation.patience import CUT_OFF_WITHIN, Patience
from teddy_edge.ear.endpointing import Endpointing, WordsSoFar
from teddy_edge.ear.habit import Habit
from teddy_edge.ear.segmenter import SpeechResumed, Utterance, UtteranceEnded
from teddy_shared.ages import AgeBand
from teddy_shared.clock import SeededChance
from teddy_shared.envelope import ProfileId
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing
from teddy_shared.state.memory import MemoryStore
from teddy_shared.state.state import STATE_KEY, State
from teddy_shared.state.store import Slot
from tests.virtual_time import VirtualClock

pytestmark = pytest.mark.virtual_time

MIA, TOM = ProfileId("mia"), ProfileId("tom")
FINISHED, OPEN = WordsSoFar.FINISHED, WordsSoFar.OPEN


class Ear:
    def __init__(self) -> None:
        self.endpointing = Endpointing()

    def listen_with(self, endpointing: Endpointing) -> None:
        self.endpointing = endpointing


class Family:
    age_band = AgeBand.MIDDLE

    def __init__(self, profile: ProfileId | None) -> None:
        self.profile = profile


class Home:
    """Talks come and go; what is kept stays."""

    def __init__(self) -> None:
        keys = MemoryKeyRing(chance=SeededChance(1))
        keys.create(STATE_KEY)
        self.store = MemoryStore()
        seal = ChaChaSeal(keys=keys, chance=SeededChance(2))
        self.state = State(store=self.store, seal=seal, clock=VirtualClock())
        self.habits = Habits(state=self.state)

    async def talk(self, profile: ProfileId | None) -> tuple[Ear, Patience]:
        ear = Ear()
        patience = Patience(ear=ear, habits=self.habits, child=Family(profile))
        await patience.wish(AgeBand.MIDDLE, 0.3)
        return ear, patience


async def test_the_gaps_between_words_say_nothing_about_how_a_child_hesitates() -> None:
    ear, patience = await Home().talk(MIA)

    for _ in range(40):
        patience.learn(paused(0.15))

    assert ear.endpointing.habit == Habit()


def paused(seconds: float, words: WordsSoFar = OPEN) -> SpeechResumed:
    return SpeechResumed(0, round(seconds * EAR_RATE), words)


def ended(start: int, end: int, decided: int, words: WordsSoFar = FINISHED) -> UtteranceEnded:
    return UtteranceEnded(Utterance(np.zeros(0, np.int16), start, start, end, decided), words)


async def test_what_was_learned_is_there_in_the_next_talk() -> None:
    home = Home()
    _, patience = await home.talk(MIA)
    patience.learn(paused(0.8))
    patience.learn(paused(1.2, FINISHED))
    await patience.keep()

    ear, _ = await home.talk(MIA)

    assert ear.endpointing.habit == Habit(within=(0.8,), behind=(1.2,))


async def test_one_child_s_habit_is_not_another_s() -> None:
    home = Home()
    ear, patience = await home.talk(MIA)
    patience.learn(paused(0.8))
    await patience.keep()
    learned = ear.endpointing.habit

    others = [(await home.talk(profile))[0].endpointing.habit for profile in (TOM, None)]

    assert learned != Habit()
    assert others == [Habit(), Habit()]


async def test_of_a_child_that_nobody_named_nothing_is_kept() -> None:
    home = Home()
    ear, patience = await home.talk(None)
    patience.learn(paused(0.8))
    await patience.keep()

    assert ear.endpointing.habit.within == (0.8,)
    assert await home.state.audit() == []


async def test_it_lies_sealed() -> None:
    home = Home()
    _, patience = await home.talk(MIA)
    patience.learn(paused(0.83))
    await patience.keep()

    row = await home.store.get(Slot(HABIT.scope, MIA, HABIT.name), now=0.0)

    assert row is not None
    assert b"0.83" not in row.value


async def test_a_child_is_forgotten_in_the_ear_and_on_the_card_for_good() -> None:
    home = Home()
    ear, patience = await home.talk(MIA)
    patience.learn(paused(0.8))
    await patience.keep()

    await patience.forget_child(MIA)
    await home.habits.forget_child(MIA)
    patience.learn(paused(0.9))
    await patience.keep()  # of a turn that was under way

    assert ear.endpointing.habit.within == (0.9,)
    assert await home.habits.recall(MIA) == Habit()


async def test_an_end_that_was_one_and_one_that_was_none() -> None:
    home = Home()
    ear, patience = await home.talk(MIA)

    patience.learn(ended(0, 16_000, 28_000))
    patience.learn(ended(28_000 + CUT_OFF_WITHIN // 2, 60_000, 72_000))
    patience.learn(ended(72_000 + 2 * CUT_OFF_WITHIN, 160_000, 172_000))

    assert ear.endpointing.habit.behind == (1.25, 0.0, 0.0)


async def test_what_parents_wish_leaves_what_was_learned() -> None:
    home = Home()
    ear, patience = await home.talk(MIA)
    patience.learn(paused(0.8))
    await patience.keep()

    await patience.wish(AgeBand.BIG, 0.9)

    assert ear.endpointing == Endpointing(AgeBand.BIG, 0.9, Habit(within=(0.8,)))
