"""The memory of a talk keeps what was heard, and nothing of a turn that is over."""

from __future__ import annotations

import pytest

from teddy_edge.conversation.children import KNOWN, Children
from teddy_edge.conversation.generation import Generations
from teddy_edge.conversation.memory import Memory
from teddy_edge.conversation.skills.known import Known
from teddy_edge.conversation.skills.skill import Recent, Reply
from teddy_shared.clock import SeededChance, SystemClock
from teddy_shared.envelope import ProfileId
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing
from teddy_shared.state.memory import MemoryStore
from teddy_shared.state.scopes import Scope
from teddy_shared.state.state import STATE_KEY, State
from teddy_shared.state.store import Slot
from workshop.interrupting.without import AlwaysCurrent

QUIZ = Reply("What is two and two?", skill="numbers", topic="sums", note={"ask": "4"}, lines=("sums.1",))
LATER = Reply("And three", skill="numbers", topic="sums", note={"ask": "6"}, lines=("sums.2",))


TOLD = Reply("Hello, Mia!", skill="acquaintance", topic="childs_name", child=Known(name="Mia"))
GONE = Reply("I forgot that.", skill="acquaintance", topic="forgetting", child=Known())
CHILD, OTHER = ProfileId("child-1"), ProfileId("child-2")


def sealed_state(store: MemoryStore | None = None) -> State:
    chance = SeededChance(1)
    keys = MemoryKeyRing(chance=chance)
    keys.create(STATE_KEY)
    return State(store=store or MemoryStore(), seal=ChaChaSeal(keys=keys, chance=chance), clock=SystemClock())


def memory(generations: Generations) -> Memory:
    return Memory(state=sealed_state(), talk="talk", generations=generations)


class Home:
    """Talks that come and go over one card."""

    def __init__(self) -> None:
        self.store, self.generations = MemoryStore(), Generations()
        self.state = sealed_state(self.store)
        self.children = Children(state=self.state)

    def talk(self, name: str) -> Memory:
        return Memory(state=self.state, talk=name, generations=self.generations, children=self.children)

    async def say(self, talk: Memory, reply: Reply, profile: ProfileId | None) -> None:
        await talk.keep(reply, generation=self.generations.next(), asked_back=False, profile=profile)

    async def name(self, talk: str, profile: ProfileId | None) -> str | None:
        return (await self.talk(talk).recall(profile)).recent.child.name


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


async def test_what_a_child_told_is_known_in_its_next_talk_and_to_no_other_child() -> None:
    home = Home()
    await home.say(home.talk("today"), TOLD, CHILD)

    assert await home.name("tomorrow", CHILD) == "Mia"
    assert await home.name("tomorrow", OTHER) is None


async def test_of_a_child_that_no_family_has_named_nothing_outlasts_the_talk() -> None:
    home = Home()
    await home.say(home.talk("today"), TOLD, None)

    assert await home.name("today", None) == "Mia"
    assert await home.name("tomorrow", None) is None


async def test_what_a_child_told_lies_sealed_on_the_card() -> None:
    home = Home()
    await home.say(home.talk("today"), TOLD, CHILD)

    row = await home.store.get(Slot(Scope.APPLICATION, CHILD, KNOWN.name), now=0.0)
    assert row is not None
    assert b"Mia" not in row.value


async def test_what_is_to_be_forgotten_is_gone_before_the_bear_has_said_so() -> None:
    home = Home()
    talk = home.talk("today")
    await home.say(talk, TOLD, CHILD)

    await talk.forget(GONE, CHILD)  # and the reply is interrupted before a word of it is heard

    assert await home.name("today", CHILD) is None
    assert await home.store.get(Slot(Scope.APPLICATION, CHILD, KNOWN.name), now=0.0) is None


async def test_a_reply_that_forgets_nothing_changes_nothing_before_it_is_heard() -> None:
    home = Home()
    talk = home.talk("today")

    await talk.forget(TOLD, CHILD)

    assert await home.name("today", CHILD) is None


async def test_a_child_that_was_erased_is_not_kept_again_by_a_turn_that_was_under_way() -> None:
    home = Home()
    await home.say(home.talk("today"), TOLD, CHILD)

    await home.children.forget_child(CHILD)
    await home.say(home.talk("today"), TOLD, CHILD)

    assert await home.name("tomorrow", CHILD) is None
