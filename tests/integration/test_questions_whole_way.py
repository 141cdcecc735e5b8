"""A question from the bear to the cloud, and its answer back: real links, real brokers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest

from teddy_cloud.broker import Broker
from teddy_cloud.dispatch.answers import Answerer, Declined
from teddy_cloud.dispatch.answers import Answers as CloudAnswers
from teddy_cloud.fleet.household import link_owner
from teddy_edge.link.broker import BrokerLink
from teddy_edge.link.questions import Answers, Dropped, NoAnswer, Questions
from teddy_edge.link.wishes import seal_owner
from teddy_shared import topics
from teddy_shared.addresses import broker_address
from teddy_shared.clock import SeededChance, SystemClock
from teddy_shared.envelope import BearId
from teddy_shared.messages import Online, Question
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing
from tests.cloud_bear import BEAR, SECONDS
from tests.cloud_house import living
from tests.quiet_bear import quiet_bear
from tests.servers import Server

LATE = 0.6  # seconds


class Slow:
    """Says two sentences at once, and the third too late."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    async def answer(self, bear: BearId, question: Question) -> AsyncGenerator[str, None]:
        self.asked.append((bear, question.text))
        yield "Bees make honey."
        yield "They live in a hive."
        await asyncio.sleep(LATE)
        yield "Good night."


class Choosy:
    async def answer(self, bear: BearId, question: Question) -> AsyncGenerator[str, None]:
        yield "Let me see."
        raise Declined("not a word more")


class Talk:
    """A bear's end and a cloud's end, with what each needs and nothing else."""

    def __init__(self, broker: Server, answerer: Answerer) -> None:
        clock, chance = SystemClock(), SeededChance(2)
        seal, far_seal = _sealing(seal_owner(BEAR)), _sealing(link_owner(BEAR))
        self.answers = Answers(bear=BEAR, seal=seal, clock=clock)
        self.link = BrokerLink(
            bear=BEAR,
            host=broker.host,
            port=broker.port,
            hello=lambda: Online(boot="boot-1", epoch="epoch-1", acked={}),
            on_settings=_ignore,
            on_order=_ignore,
            on_answer=self.answers.receive,
            clock=clock,
            chance=chance,
        )
        self.questions = Questions(
            bear=BEAR, seal=seal, answers=self.answers, send=self.link.ask, clock=clock, chance=chance
        )
        self.door = Broker(
            address=broker_address(broker.url),
            identifier="answers",
            subscriptions=[topics.EVERY_QUESTION],
            chance=chance,
        )
        self.cloud = CloudAnswers(post=self.door, seal=far_seal, answerer=answerer, clock=clock)

    async def hear(self) -> None:
        async for message in self.door.messages():
            self.cloud.take(topics.parse(message.topic).bear, message.payload)

    @asynccontextmanager
    async def going(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            roles = [
                tasks.create_task(role, name="role")
                for role in (self.door.run(), self.cloud.run(), self.hear(), self.link.stay_connected())
            ]
            await self.door.connection_after(0)
            async with asyncio.timeout(SECONDS):
                while not self.link.connected:  # noqa: ASYNC110  # behind a real socket
                    await asyncio.sleep(0.01)
            yield
            for each in roles:
                each.cancel()


def _sealing(owner: str) -> ChaChaSeal:
    """The same key under the name that each end gives it."""
    keys = MemoryKeyRing(chance=SeededChance(1))
    keys.create(owner)
    return ChaChaSeal(keys=keys, chance=SeededChance(3))


async def _ignore(_: bytes) -> None:
    """Nothing else is said here."""


async def heard(talk: Talk, *, deadline: float) -> tuple[list[str], str]:
    """The sentences that came, and why no more did."""
    sentences: list[str] = []
    try:
        async for sentence in talk.questions.ask("chat", "Tell me.", deadline=deadline, generation=1):
            sentences.append(sentence)
    except NoAnswer as error:
        return sentences, str(error)
    return sentences, ""


async def test_three_sentences_come_one_after_the_other(broker: Server) -> None:
    answerer = Slow()
    talk = Talk(broker, answerer)
    async with talk.going():
        said = await heard(talk, deadline=SECONDS)

    assert said == (["Bees make honey.", "They live in a hive.", "Good night."], "")
    assert answerer.asked == [(BEAR, "Tell me.")]
    assert not talk.answers.dropped


async def test_a_sentence_that_comes_too_late_is_not_waited_for(mosquitto: Server) -> None:
    talk = Talk(mosquitto, Slow())
    async with talk.going():
        began = asyncio.get_running_loop().time()
        sentences, why = await heard(talk, deadline=LATE / 2)
        took = asyncio.get_running_loop().time() - began

    assert sentences == ["Bees make honey.", "They live in a hive."]
    assert why == "the answer did not come in time"
    assert took < LATE


async def test_whoever_turns_away_hears_nothing_more(mosquitto: Server) -> None:
    talk = Talk(mosquitto, Slow())
    async with talk.going():
        async with aclosing(talk.questions.ask("chat", "x", deadline=SECONDS, generation=1)) as answer:
            first = await anext(answer)
        async with asyncio.timeout(SECONDS):
            while not talk.answers.dropped[Dropped.UNKNOWN]:  # noqa: ASYNC110  # behind a real socket
                await asyncio.sleep(0.02)

    assert first == "Bees make honey."


async def test_an_answer_may_break_off_with_a_reason(mosquitto: Server) -> None:
    talk = Talk(mosquitto, Choosy())
    async with talk.going():
        assert await heard(talk, deadline=SECONDS) == (["Let me see."], "not a word more")


async def test_a_cloud_as_it_ships_says_that_open_chat_is_off(
    mosquitto: Server, redis_server: Server, tmp_path: Path
) -> None:
    async with (
        living(mosquitto, redis_server, tmp_path),
        quiet_bear(tmp_path / "bear", tmp_path / f"{BEAR}.toml", mosquitto) as bear,
    ):
        async with asyncio.timeout(SECONDS):
            while not bear.link.connected:  # noqa: ASYNC110  # behind a real socket
                await asyncio.sleep(0.01)
        with pytest.raises(NoAnswer, match="open chat is off"):
            await anext(bear.questions.ask("chat", "Tell me.", deadline=SECONDS, generation=1))
