"""Whole talks with the real ear, models, guard, skills and voice, on a clock that never waits."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from dishka import Provider, Scope, provide

from teddy_edge.audio.samples import MOUTH_RATE
from teddy_edge.body.mute import MuteTurned
from teddy_edge.container.bear import open_bear
from teddy_edge.container.bundles import Bear, Models, Talking
from teddy_edge.conversation.states import State
from teddy_edge.ear.endpointing import Endpointing
from teddy_edge.ear.silero import Silero, open_silero
from teddy_edge.inference.governor import Governor
from teddy_edge.inference.models import ModelStore, default_cache
from teddy_edge.settings import Listening, Settings
from teddy_edge.settings import Models as ModelSettings
from teddy_edge.speech.hibari import HibariSynthesizer
from teddy_edge.speech.transcriber import Transcriber
from teddy_edge.speech.voice import Voice
from teddy_shared.ages import AgeBand
from teddy_shared.clock import Chance, Clock, SeededChance
from teddy_shared.envelope import Lane
from tests.fakes import ChargedGovernor
from tests.speaking import Speaking
from tests.virtual_bear import CHARGED, Reports, VirtualRoom, live_in
from tests.virtual_time import VirtualClock, run_virtual


class VirtualParts(Provider):
    """Time and chance that repeat themselves, and models that are already warm."""

    scope = Scope.APP

    def __init__(self, transcriber: Transcriber, synthesizer: HibariSynthesizer, net: Silero) -> None:
        super().__init__()
        self._loaded = (transcriber, synthesizer, net)

    @provide(override=True)
    def clock(self) -> Clock:
        return VirtualClock()

    @provide(override=True)
    def chance(self) -> Chance:
        return SeededChance(1)

    @provide(override=True)
    async def governor(self) -> AsyncIterator[Governor]:
        yield ChargedGovernor(CHARGED)

    @provide(override=True)
    async def models(self, governor: Governor) -> Models:
        transcriber, synthesizer, net = self._loaded
        return Models(
            recogniser=transcriber, voice=Voice(synthesizer=synthesizer, governor=governor), net=net
        )


class Home:
    """A bear that lives in a virtual room."""

    def __init__(self, *, bear: Bear, talking: Talking, room: VirtualRoom, reports: Reports) -> None:
        self.bear = bear
        self.talking = talking
        self.room = room
        self.reports = reports.seen

    async def answered(self, turns: int) -> None:
        await self.room.quiet_until(
            lambda: len(self.reports) >= turns and self.talking.states.now in (State.FOLLOW_UP, State.IDLE)
        )


@pytest.fixture(scope="session")
def net(models: ModelStore) -> Silero:
    return open_silero(models)


@pytest.fixture
def warm(transcriber: Transcriber, synthesizer: HibariSynthesizer, net: Silero) -> VirtualParts:
    return VirtualParts(transcriber, synthesizer, net)


@asynccontextmanager
async def home(
    warm: Provider,
    data: Path,
    *,
    patience: float = 0.1,
    waking: Literal["always", "name"] = "always",
    replacing: Sequence[Provider] = (),
) -> AsyncIterator[Home]:
    settings = Settings(
        data=data,
        listening=Listening(age=6, patience=patience, waking=waking),
        models=ModelSettings(cache=default_cache(os.environ), profile="small"),  # the guard needs its model
    )
    reports = Reports()
    async with open_bear(settings, warm, *replacing, onlooker=reports) as bear, bear.talk() as talking:
        room = VirtualRoom(ear=talking.ear, inbox=talking.inbox, mouth=talking.mouth, clock=talking.clock)
        async with live_in(room, talking.dialogue):
            await room.quiet(0.5)
            yield Home(bear=bear, talking=talking, room=room, reports=reports)


@pytest.mark.virtual_time
async def test_a_child_asks_and_is_answered_aloud_and_it_is_recorded(
    warm: VirtualParts, speaking: Speaking, tmp_path: Path
) -> None:
    async with home(warm, tmp_path) as at:
        await at.room.say(speaking.child("Tell me something about elephants."))
        await at.answered(1)

        (turn,) = at.reports
        assert "elephant" in turn.heard.lower()
        assert (turn.skill, turn.verdict, turn.outcome) == ("animals", "answer", "answered")
        assert "elephant" in turn.reply.lower()
        assert [each.envelope.type for each in turn.events] == ["turn.begun", "turn.ended"]
        assert all(each.envelope.generation == turn.generation for each in turn.events)
        assert at.room.played.any()


@pytest.mark.virtual_time
async def test_what_came_out_of_the_speaker_can_be_heard_back(
    warm: VirtualParts, speaking: Speaking, transcriber: Transcriber, tmp_path: Path
) -> None:
    async with home(warm, tmp_path) as at:
        await at.room.say(speaking.child("Hello Teddy."))
        await at.answered(1)
        played, reply = at.room.played, at.reports[0].reply

    ear = np.interp(np.arange(0, len(played), MOUTH_RATE / 16_000), np.arange(len(played)), played)
    heard = transcriber.transcribe(ear.astype(np.int16)[-25 * 16_000 :]).text.lower()
    words = {word.strip(".,!?'") for word in reply.lower().split()}
    assert len(words & {word.strip(".,!?'") for word in heard.split()}) >= 0.6 * len(words)


@pytest.mark.virtual_time
async def test_no_event_holds_a_word_that_the_child_said(
    warm: VirtualParts, speaking: Speaking, tmp_path: Path
) -> None:
    async with home(warm, tmp_path) as at:
        await at.room.say(speaking.child("My secret word is rhubarb pudding."))
        await at.answered(1)
        (turn,) = at.reports

    kept = "".join(each.event.model_dump_json() + each.envelope.model_dump_json() for each in turn.events)
    assert "rhubarb" in turn.heard.lower() or "pudding" in turn.heard.lower()
    assert "rhubarb" not in kept
    assert "pudding" not in kept


@pytest.mark.virtual_time
async def test_an_emergency_is_comforted_and_the_alert_lies_in_the_safety_lane_first(
    warm: VirtualParts, speaking: Speaking, tmp_path: Path
) -> None:
    async with home(warm, tmp_path) as at:
        await at.room.say(speaking.child("I swallowed a battery and my tummy hurts."))
        await at.answered(1)
        (turn,) = at.reports

    assert turn.verdict == "comfort_and_alert"
    alert = next(each for each in turn.events if each.envelope.type == "safety.alert_raised")
    assert (int(alert.envelope.place.lane), alert.envelope.purpose.value) == (0, "safety")
    assert "battery" not in alert.event.model_dump_json()
    kinds = [each.envelope.type for each in turn.events]
    assert kinds.index("safety.alert_raised") < kinds.index("turn.ended")


@pytest.mark.virtual_time
async def test_a_child_who_speaks_again_interrupts_the_bear_and_nothing_stale_is_heard(
    warm: VirtualParts, speaking: Speaking, tmp_path: Path
) -> None:
    async with home(warm, tmp_path, patience=0.0) as at:
        await at.room.say(speaking.child("Tell me something about elephants."))
        await at.room.quiet_until(lambda: at.talking.states.now is State.SPEAKING)
        await at.room.say(speaking.child("Stop."))
        await at.answered(2)

        first, second = at.reports
        assert first.outcome == "interrupted"
        assert second.generation > first.generation
        ended = [each.event for each in first.events if each.envelope.type == "turn.ended"]
        assert len(ended) == 1
        marks = {lane: mark.last for lane, mark in at.bear.outbox.marks().items()}
        assert marks[Lane.INTERACTION] == len(first.events) + len(second.events)


@pytest.mark.virtual_time
async def test_patience_is_obeyed_in_the_middle_of_a_talk(
    warm: VirtualParts, speaking: Speaking, tmp_path: Path
) -> None:
    pause = np.zeros(16_000, np.int16)
    halves = [speaking.child("Tell me something"), pause, speaking.child("about elephants.")]
    async with home(warm, tmp_path, patience=0.0) as at:
        at.talking.ear.listen_with(Endpointing(AgeBand.LITTLE, 0.8))
        await at.room.say(np.concatenate(halves))
        await at.answered(1)

        assert "elephant" in at.reports[0].heard.lower()
        assert len(at.reports) == 1


@pytest.mark.virtual_time
async def test_the_bear_is_back_at_rest_after_the_follow_up_window(
    warm: VirtualParts, speaking: Speaking, tmp_path: Path
) -> None:
    async with home(warm, tmp_path) as at:
        await at.room.say(speaking.child("Hello Teddy."))
        await at.answered(1)
        await asyncio.sleep(0)
        assert at.talking.states.now is State.FOLLOW_UP

        await at.room.quiet(9)

        assert at.talking.states.now is State.IDLE


@pytest.mark.virtual_time
async def test_ears_that_go_off_leave_an_answer_whole_and_show_until_they_are_on(
    warm: VirtualParts, speaking: Speaking, tmp_path: Path
) -> None:
    async with home(warm, tmp_path) as at:
        await at.room.say(speaking.child("Hello Teddy."))
        await at.room.quiet_until(lambda: at.talking.states.now is State.SPEAKING)
        at.talking.inbox.post(MuteTurned(on=True))
        await at.room.quiet_until(lambda: at.talking.states.now is not State.SPEAKING)
        off = at.talking.states.now
        at.talking.inbox.post(MuteTurned(on=False))
        await at.room.quiet(0.1)

        assert [each.outcome for each in at.reports] == ["answered"]
        assert (off, at.talking.states.now) == (State.MUTED, State.IDLE)


def test_the_same_talk_goes_the_same_way_every_time(
    warm: VirtualParts, speaking: Speaking, tmp_path: Path
) -> None:
    async def once(data: Path) -> list[tuple[str, str, str, float | None]]:
        async with home(warm, data) as at:
            await at.room.say(speaking.child("Tell me a joke, please."))
            await at.answered(1)
            return [(turn.turn, turn.heard, turn.reply, turn.first_sound_ms) for turn in at.reports]

    first = run_virtual(once(tmp_path / "one"))
    again = run_virtual(once(tmp_path / "two"))

    assert first == again


@pytest.mark.virtual_time
async def test_a_timer_rings_by_itself_when_its_time_is_up(
    warm: VirtualParts, speaking: Speaking, tmp_path: Path
) -> None:
    async with home(warm, tmp_path) as at:
        moves: list[State] = []
        at.talking.states.observe(moves.append)
        await at.room.say(speaking.child("Set a timer for one minute."))
        await at.answered(1)
        assert at.reports[0].skill == "timers"
        before = len(at.room.played)

        await at.room.quiet(50)
        assert State.RINGING not in moves
        await at.room.quiet(20)

        ringing = moves.index(State.RINGING)
        assert moves[ringing : ringing + 3] == [State.RINGING, State.SPEAKING, State.FOLLOW_UP]
        assert at.room.played[before:].any()
        assert len(at.reports) == 1  # nobody spoke, so nothing is told of a turn
