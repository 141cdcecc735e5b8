"""What comes in time and in order is heard, once; everything else is dropped and counted."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teddy_edge.link.questions import AT_ONCE, SENTENCES, Answers, Dropped, NoAnswer, Questions
from teddy_edge.link.wishes import seal_owner
from teddy_shared import messages
from teddy_shared.clock import SeededChance
from teddy_shared.envelope import BearId
from teddy_shared.errors import LinkError
from teddy_shared.messages import Answer, Question, answer_place, question_place
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing
from tests.virtual_time import VirtualClock, run_virtual

pytestmark = pytest.mark.virtual_time

BEAR = BearId("bear-1")


class Cloud:
    """The far end of the link: keeps the questions; a test answers them."""

    def __init__(self) -> None:
        keys = MemoryKeyRing(chance=SeededChance(1))
        keys.create(seal_owner(BEAR))
        self.seal = ChaChaSeal(keys=keys, chance=SeededChance(2))
        self.asked: asyncio.Queue[Question] = asyncio.Queue()
        self.away = False
        self.answers = Answers(bear=BEAR, seal=self.seal, clock=VirtualClock())
        self.questions = Questions(
            bear=BEAR,
            seal=self.seal,
            answers=self.answers,
            send=self.take,
            clock=VirtualClock(),
            chance=SeededChance(3),
        )

    async def take(self, sealed: bytes) -> None:
        if self.away:
            raise LinkError("no connection")
        plain = self.seal.open(seal_owner(BEAR), sealed, question_place(BEAR))
        self.asked.put_nowait(messages.from_bytes(Question, plain))

    async def says(self, answer: Answer) -> None:
        sealed = self.seal.seal(seal_owner(BEAR), messages.to_bytes(answer), answer_place(BEAR))
        await self.answers.receive(sealed)

    def asking(self, *, deadline: float = 5.0, generation: int = 1) -> asyncio.Task[list[str]]:
        """All sentences, once the answer has ended."""

        async def listen() -> list[str]:
            question = self.questions.ask("chat", "why?", deadline=deadline, generation=generation)
            return [sentence async for sentence in question]

        return asyncio.create_task(listen(), name="asking")


@pytest.fixture
async def cloud() -> Cloud:
    return Cloud()


def sentences(id_: str, *texts: str) -> list[Answer]:
    said = [Answer(id=id_, index=index, text=text) for index, text in enumerate(texts)]
    return [*said, Answer(id=id_, index=len(said), last=True)]


async def test_an_answer_is_heard_sentence_by_sentence_while_it_is_being_said(cloud: Cloud) -> None:
    heard: list[str] = []

    async def listen() -> None:
        async for sentence in cloud.questions.ask("chat", "why?", deadline=5.0, generation=1):
            heard.append(sentence)

    asking = asyncio.create_task(listen())
    question = await cloud.asked.get()
    one, two, end = sentences(question.id, "Bees buzz.", "They fly.")
    await cloud.says(one)
    await asyncio.sleep(0.1)
    after_one = list(heard)
    await cloud.says(two)
    await cloud.says(end)
    await asking

    assert (question.kind, question.text, question.deadline_ms) == ("chat", "why?", 5000)
    assert (after_one, heard) == (["Bees buzz."], ["Bees buzz.", "They fly."])
    assert not cloud.answers.dropped


async def test_what_comes_too_late_is_dropped_and_the_bear_goes_on_alone(cloud: Cloud) -> None:
    asking = cloud.asking(deadline=2.0)
    question = await cloud.asked.get()
    one, two, end = sentences(question.id, "Bees buzz.", "They fly.")
    await cloud.says(one)
    with pytest.raises(NoAnswer, match="in time"):
        await asking

    await cloud.says(two)
    await cloud.says(end)

    assert cloud.answers.dropped == {Dropped.UNKNOWN: 2}


async def test_what_came_in_time_may_be_read_later_but_nothing_joins_it(cloud: Cloud) -> None:
    async with aclosing(cloud.questions.ask("chat", "why?", deadline=2.0, generation=1)) as answer:
        first = asyncio.ensure_future(anext(answer))
        question = await cloud.asked.get()
        one, two, end = sentences(question.id, "Bees buzz.", "They fly.")
        await cloud.says(one)
        await cloud.says(two)
        await first
        await asyncio.sleep(3.0)  # the bear speaks
        await cloud.says(end)

        assert await anext(answer) == "They fly."
        with pytest.raises(NoAnswer):
            await anext(answer)
    assert cloud.answers.dropped == {Dropped.LATE: 1}


async def test_a_refusal_says_why(cloud: Cloud) -> None:
    asking = cloud.asking()
    question = await cloud.asked.get()

    await cloud.says(Answer(id=question.id, index=0, last=True, refused="open chat is off"))

    with pytest.raises(NoAnswer, match="open chat is off"):
        await asking


async def test_without_a_network_or_a_cloud_there_is_no_answer_at_once(cloud: Cloud) -> None:
    cloud.away = True
    with pytest.raises(NoAnswer, match="did not get out"):
        await cloud.asking()
    alone = Questions(
        bear=BEAR,
        seal=cloud.seal,
        answers=cloud.answers,
        send=None,
        clock=VirtualClock(),
        chance=SeededChance(),
    )
    with pytest.raises(NoAnswer, match="no cloud"):
        await anext(alone.ask("chat", "why?", deadline=1.0, generation=1))

    assert asyncio.get_running_loop().time() == 0


async def test_to_interrupt_is_to_cancel_and_what_comes_then_belongs_to_nobody(cloud: Cloud) -> None:
    asking = cloud.asking()
    question = await cloud.asked.get()
    asking.cancel()
    await asyncio.wait([asking])

    for answer in sentences(question.id, "Bees buzz."):
        await cloud.says(answer)

    assert asking.cancelled()
    assert cloud.answers.dropped == {Dropped.UNKNOWN: 2}


async def test_of_an_earlier_turn_nothing_is_heard_once_a_later_one_has_asked(cloud: Cloud) -> None:
    before, after = cloud.asking(generation=1, deadline=1.0), cloud.asking(generation=2)
    first, second = await cloud.asked.get(), await cloud.asked.get()

    for question in (first, second):
        for answer in sentences(question.id, "Bees buzz."):
            await cloud.says(answer)

    assert await after == ["Bees buzz."]
    with pytest.raises(NoAnswer):
        await before
    with pytest.raises(NoAnswer, match="turn is over"):
        await cloud.asking(generation=1)
    assert cloud.answers.dropped == {Dropped.STALE: 2}


async def test_only_so_many_may_wait_at_once_and_whoever_was_forgotten_makes_room(cloud: Cloud) -> None:
    forgotten = [cloud.questions.ask("chat", "why?", deadline=1.0, generation=1) for _ in range(AT_ONCE)]
    reading = [asyncio.ensure_future(anext(each)) for each in forgotten]
    for _ in range(AT_ONCE):
        question = await cloud.asked.get()
        await cloud.says(Answer(id=question.id, index=0, text="Bees buzz."))
    await asyncio.wait(reading)

    with pytest.raises(NoAnswer, match="too many"):
        await cloud.asking()
    await asyncio.sleep(1.0)
    asking = cloud.asking()
    question = await cloud.asked.get()
    for answer in sentences(question.id):
        await cloud.says(answer)

    assert await asking == []
    for each in forgotten:
        await each.aclose()


async def test_an_answer_that_nobody_reads_is_cut(cloud: Cloud) -> None:
    answer = cloud.questions.ask("chat", "why?", deadline=5.0, generation=1)
    first = asyncio.ensure_future(anext(answer))
    question = await cloud.asked.get()
    for each in sentences(question.id, *["Bees buzz."] * (SENTENCES + 2)):
        await cloud.says(each)
    await first

    assert cloud.answers.dropped.total() > 0
    assert set(cloud.answers.dropped) <= {Dropped.FLOOD, Dropped.UNEXPECTED}
    await answer.aclose()


@pytest.mark.parametrize("damage", ["not sealed", "altered", "another bear's", "nonsense"])
async def test_what_is_no_answer_is_counted(cloud: Cloud, damage: str) -> None:
    plain = messages.to_bytes(Answer(id="q", index=0, text="Bees buzz."))
    owner = seal_owner(BEAR)
    sealed = cloud.seal.seal(owner, plain, answer_place(BEAR))
    await cloud.answers.receive(
        {
            "not sealed": plain,
            "altered": sealed[:-1] + bytes([sealed[-1] ^ 1]),
            "another bear's": cloud.seal.seal(owner, plain, answer_place(BearId("bear-2"))),
            "nonsense": cloud.seal.seal(owner, b"{}", answer_place(BEAR)),
        }[damage]
    )

    assert cloud.answers.dropped == {Dropped.UNREADABLE: 1}


@given(arrivals=st.lists(st.integers(0, 4), max_size=20))
@settings(max_examples=60, deadline=None)
def test_in_whatever_order_and_however_often_they_come_only_a_beginning_in_order_is_heard(
    arrivals: Sequence[int],
) -> None:
    texts = ["One.", "Two.", "Three.", "Four."]

    async def story() -> tuple[list[str], int]:
        cloud, heard = Cloud(), list[str]()

        async def listen() -> None:
            async for sentence in cloud.questions.ask("chat", "why?", deadline=5.0, generation=1):
                heard.append(sentence)

        asking = asyncio.create_task(listen())
        answers = sentences((await cloud.asked.get()).id, *texts)
        for index in arrivals:
            await cloud.says(answers[index])
        await asyncio.wait([asking])
        asking.exception()
        return heard, cloud.answers.dropped.total()

    heard, dropped = run_virtual(story())

    assert heard == texts[: len(heard)]
    in_order = 0
    for index in arrivals:
        in_order += index == in_order
    assert len(heard) == min(in_order, 4)
    assert dropped == len(arrivals) - in_order
