"""A bear that waits for its name, in a room where people also talk with each other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from dishka import Provider, Scope, provide

from teddy_edge.audio.samples import EAR_RATE, Pcm
from teddy_edge.body.paw import Squeeze, Squeezed
from teddy_edge.container.bundles import Models
from teddy_edge.conversation.dialogue import FOLLOW_UP, SURE
from teddy_edge.conversation.states import State
from teddy_edge.ear.silero import Silero, open_silero
from teddy_edge.ear.thread import Noticed
from teddy_edge.inference.governor import Governor
from teddy_edge.inference.models import ModelStore
from teddy_edge.speech.hibari import HibariSynthesizer
from teddy_edge.speech.transcriber import Hearing, Transcriber
from teddy_edge.speech.voice import Voice
from teddy_edge.waking.features import Features, open_features
from teddy_edge.waking.head import open_head
from teddy_edge.waking.spotter import Spotter, Watch, Woke
from tests.journeys.test_talk_in_virtual_time import Home, VirtualParts, home
from tests.speaking import Speaking
from tests.waking_fakes import learn_head

OTHERS = ("Put the book on the table.", "What does the cow say?", "My mother is a doctor.")


class Counting:
    """The recogniser, and how often it was asked."""

    def __init__(self, transcriber: Transcriber) -> None:
        self._transcriber = transcriber
        self.asked = 0

    def transcribe(self, pcm: Pcm) -> Hearing:
        self.asked += 1
        return self._transcriber.transcribe(pcm)


class WithName(Provider):
    """The models of `VirtualParts`, and a spotter of the name."""

    scope = Scope.APP

    def __init__(
        self, recogniser: Counting, synthesizer: HibariSynthesizer, net: Silero, spotter: Spotter
    ) -> None:
        super().__init__()
        self._loaded = (synthesizer, net, spotter)
        self.recogniser = recogniser

    @provide(override=True)
    async def models(self, governor: Governor) -> Models:
        synthesizer, net, spotter = self._loaded
        voice = Voice(synthesizer=synthesizer, governor=governor)
        return Models(recogniser=self.recogniser, voice=voice, net=net, spotter=spotter)


@pytest.fixture(scope="module")
def features(models: ModelStore) -> Features:
    return open_features(models)


@pytest.fixture(scope="module")
def heads(features: Features, speaking: Speaking, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("heads")
    calls = [speaking.child(call) for call in ("Hey Teddy!", "Hey, Teddy?")]
    learn_head(
        folder, "hey_teddy", yes=calls, no=[speaking.child(other) for other in OTHERS], features=features
    )
    return folder


@pytest.fixture(scope="module")
def net(models: ModelStore) -> Silero:
    return open_silero(models)


@pytest.fixture
def named(
    transcriber: Transcriber, synthesizer: HibariSynthesizer, net: Silero, features: Features, heads: Path
) -> tuple[VirtualParts, WithName]:
    spotter = Spotter(features=features, watches=[Watch(open_head("hey_teddy", folder=heads), Woke)])
    return (
        VirtualParts(transcriber, synthesizer, net),
        WithName(Counting(transcriber), synthesizer, net, spotter),
    )


@asynccontextmanager
async def waiting(named: tuple[VirtualParts, WithName], data: Path) -> AsyncIterator[Home]:
    parts, with_name = named
    async with home(parts, data, waking="name", replacing=[with_name]) as at:
        yield at


async def overhears(at: Home, pcm: Pcm) -> set[State]:
    """Whatever the bear shows while that is said, and three seconds later."""
    seen = {at.talking.states.now}
    at.talking.states.observe(seen.add)
    await at.room.say(pcm)
    await at.room.quiet(3)
    return seen


@pytest.mark.virtual_time
async def test_a_talk_between_others_is_not_answered_nor_shown_nor_even_turned_into_words(
    named: tuple[VirtualParts, WithName], speaking: Speaking, tmp_path: Path
) -> None:
    async with waiting(named, tmp_path) as at:
        shown = await overhears(at, speaking.child(OTHERS[1]))

        assert at.reports == []
        assert shown == {State.IDLE}
        assert named[1].recogniser.asked == 0


@pytest.mark.virtual_time
async def test_name_and_question_in_one_breath_are_one_turn_and_the_talk_goes_on_without_the_name(
    named: tuple[VirtualParts, WithName], speaking: Speaking, tmp_path: Path
) -> None:
    async with waiting(named, tmp_path) as at:
        await at.room.say(speaking.child("Hey Teddy, what does the cow say?"))
        await at.answered(1)
        await at.room.say(speaking.child("Tell me something about elephants."))
        await at.answered(2)
        await at.room.quiet(FOLLOW_UP + 1)
        shown = await overhears(at, speaking.child(OTHERS[0]))

        assert [turn.skill for turn in at.reports] == ["animals", "animals"]
        assert "moo" in at.reports[0].reply.lower()
        assert shown == {State.IDLE}


@pytest.mark.virtual_time
async def test_the_name_alone_is_greeted(
    named: tuple[VirtualParts, WithName], speaking: Speaking, tmp_path: Path
) -> None:
    async with waiting(named, tmp_path) as at:
        await at.room.say(speaking.child("Hey Teddy!"))
        await at.answered(1)

        assert at.talking.states.now is State.FOLLOW_UP
        assert at.reports[0].outcome == "answered"


@pytest.mark.virtual_time
async def test_who_calls_somebody_with_a_name_like_it_is_not_answered(
    named: tuple[VirtualParts, WithName], speaking: Speaking, tmp_path: Path
) -> None:
    async with waiting(named, tmp_path) as at:
        shown = await overhears(at, speaking.child("Hey Freddy, come here."))

        assert at.reports == []
        assert State.LISTENING in shown  # the head took it for the name; the words did not
        assert State.SPEAKING not in shown
        assert at.talking.states.now is State.IDLE


@pytest.mark.virtual_time
async def test_a_squeeze_of_the_paw_invites_one_word_for_a_while(
    named: tuple[VirtualParts, WithName], speaking: Speaking, tmp_path: Path
) -> None:
    async with waiting(named, tmp_path) as at:
        at.talking.inbox.post(Squeezed(Squeeze.ONE))
        await at.room.quiet(FOLLOW_UP - 1)
        attending = at.talking.states.now
        await at.room.say(speaking.child(OTHERS[1]))
        await at.answered(1)
        await at.room.quiet(FOLLOW_UP + 1)
        at.talking.inbox.post(Squeezed(Squeeze.ONE))
        await at.room.quiet(FOLLOW_UP + 1)

        shown = await overhears(at, speaking.child(OTHERS[1]))

        assert attending is State.ATTENDING
        assert len(at.reports) == 1
        assert "moo" in at.reports[0].reply.lower()
        assert shown == {State.IDLE}


@pytest.mark.virtual_time
async def test_a_squeeze_in_the_middle_of_a_sentence_is_for_that_sentence(
    named: tuple[VirtualParts, WithName], speaking: Speaking, tmp_path: Path
) -> None:
    async with waiting(named, tmp_path) as at:
        question = speaking.child(OTHERS[1])
        half = len(question) // 2
        await at.room.say(question[:half])
        at.talking.inbox.post(Squeezed(Squeeze.ONE))
        await at.room.say(question[half:])
        await at.answered(1)

        assert "moo" in at.reports[0].reply.lower()


@pytest.mark.virtual_time
async def test_a_sound_that_is_no_word_does_not_make_the_wait_longer(
    named: tuple[VirtualParts, WithName], tmp_path: Path
) -> None:
    click = np.zeros(EAR_RATE // 2, np.int16)
    click[:200] = 20_000
    async with waiting(named, tmp_path) as at:
        at.talking.inbox.post(Squeezed(Squeeze.ONE))
        for _ in range(round(2 * FOLLOW_UP) - 1):
            await at.room.say(click)
        before = at.talking.states.now
        await at.room.quiet(1)

        assert (before, at.talking.states.now) == (State.ATTENDING, State.IDLE)


@pytest.mark.virtual_time
@pytest.mark.parametrize(("score", "outcome"), [(SURE - 0.1, "answered"), (SURE, "interrupted")])
async def test_a_reply_is_given_up_for_its_name_and_not_for_what_may_have_been_its_name(
    score: float, outcome: str, named: tuple[VirtualParts, WithName], speaking: Speaking, tmp_path: Path
) -> None:
    async with waiting(named, tmp_path) as at:
        at.talking.inbox.post(Squeezed(Squeeze.ONE))
        await at.room.say(speaking.child(OTHERS[1]))
        while at.talking.states.now is not State.SPEAKING:
            await at.room.quiet(0.1)
        at.talking.inbox.post(Noticed(Woke(0, score), at.talking.clock.monotonic()))
        await at.answered(1)

        assert at.reports[0].outcome == outcome
