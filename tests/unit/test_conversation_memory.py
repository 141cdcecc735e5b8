"""The memory of a talk keeps what was heard, and nothing of a turn that is over."""

from __future__ import annotations

import pytest

from teddy_edge.conversation.generation import Generations
from teddy_edge.conversation.memory import Memory
from teddy_edge.conversation.skills.skill import Recent, Reply
from teddy_shared.clock import SeededChance, SystemClock
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing
from teddy_shared.state.memory import MemoryStore
from teddy_shared.state.state import State
from workshop.interrupting.without import AlwaysCurrent

QUIZ = Reply("What is two and two?", skill="numbers", topic="sums", note={"ask": "4"}, lines=("sums.1",))
LATER = Reply("And three", skill="numbers", topic="sums", note={"ask": "6"}, lines=("sums.2",))


def memory(generations: Generations) -> Memory:
    chance = SeededChance(1)
    seal = ChaChaSeal(keys=MemoryKeyRing(chance=chance), chance=chance)
    state = State(store=MemoryStore(), seal=seal, clock=SystemClock())
    return Memory(state=state, talk="talk", generations=generations)


@pytest.mark.parametrize(("generations", "kept"), [(Generations(), False), (AlwaysCurrent(), True)])
async def test_a_write_for_a_generation_that_is_over_is_refused_and_would_not_be_without_the_test(
    generations: Generations, kept: bool
) -> None:
    talk = memory(generations)
    over = generations.next()
    generations.next()

    await talk.keep(QUIZ, generation=over, asked_back=False)

    assert bool((await talk.recall()).recent.text) is kept


async def test_of_a_reply_that_was_cut_the_words_are_kept_and_not_where_it_would_have_led() -> None:
    generations = Generations()
    talk, generation = memory(generations), generations.next()
    await talk.keep(QUIZ, generation=generation, asked_back=False)

    await talk.keep(LATER, generation=generation, asked_back=False, whole=False)

    expected = Recent("numbers", "sums", "And three", {"ask": "4"}, ("sums.1",))
    assert (await talk.recall()).recent == expected
