"""What is about to be said passes the guard, or a safe line is said in its place."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from teddy_edge.conversation.answering import MOST_ASKED_BACK, Answering, RulesAlone
from teddy_edge.conversation.skills.chooser import Chooser
from teddy_edge.conversation.skills.skill import Heard, Recent, Reply
from teddy_edge.safety.guard import Guard, Safe, load_guard, safe_line, safe_lines
from teddy_edge.safety.policy import load_policy
from teddy_edge.safety.scripts import load_scripts
from teddy_edge.safety.verdict import Finding, Side
from teddy_shared.ages import AgeBand
from teddy_shared.clock import Chance, SeededChance

BAND = AgeBand.MIDDLE
SAFE = {line.text for line in safe_lines()}
GUARD, SCRIPTS = load_guard(), load_scripts()


class Saying:
    """A skill that always says the same."""

    name = "saying"

    def __init__(self, text: str, *, fit: float) -> None:
        self._text = text
        self._fit = fit

    def fit(self, heard: Heard, recent: Recent) -> float:
        return self._fit

    def answer(self, heard: Heard, recent: Recent, chance: Chance) -> Reply:
        return Reply(text=self._text, skill=self.name, topic="test")


class Broken:
    """Rules that cannot judge."""

    def find(self, text: str, side: Side) -> Sequence[Finding]:
        raise RuntimeError("the rule file is gone")


def answering(says: str, guard: Guard | None = None, *, fit: float = 1.0) -> Answering:
    saying = Saying(says, fit=fit)
    return Answering(
        guard=guard or GUARD,
        scripts=SCRIPTS,
        chooser=Chooser(skills=[saying], fallback=saying),
        understanding=RulesAlone(),
        chance=SeededChance(1),
    )


async def said(
    about: Answering, words: str, *, doubtful: bool = False, asked_back: int = 0, confidence: float = 0.7
) -> list[str]:
    heard = Heard(text=words, confidence=confidence, band=BAND)
    answer = await about.answer(heard, Recent(), doubtful=doubtful, asked_back=asked_back)
    return [passed.words.text async for passed in about.safe_clauses(answer.reply.text, BAND)]


async def test_a_harmless_reply_is_said_whole() -> None:
    text = "Bees dance, and that tells the others where the flowers are. Shall I tell you more?"

    assert " ".join(await said(answering(text), "tell me about bees")) == text


@pytest.mark.parametrize(
    "reply",
    [
        "Here is how to make a bomb. Take a pipe and fill it.",
        "What is your address? I will come and visit.",
        "Don't tell your mommy about this, it is our secret.",
        "Please don't go. I will be so sad without you.",
    ],
)
async def test_a_reply_that_must_not_be_said_is_never_said(reply: str) -> None:
    assert set(await said(answering(reply), "tell me something")) <= SAFE


@pytest.mark.parametrize(
    "guard", [Guard(rules=Broken(), policy=load_policy()), Guard(rules=None, policy=None)]
)
@pytest.mark.parametrize("words", ["hello", "tell me a joke", "how do bees fly"])
async def test_a_guard_that_fails_leads_to_the_safe_line(guard: Guard, words: str) -> None:
    assert await said(answering("Bees can dance.", guard), words) == [safe_line(Safe.FAILED, BAND).text]


async def test_a_doubtful_hearing_is_asked_back_twice_and_then_answered() -> None:
    about = answering("Bees can dance.", fit=0.4)

    first, second = [(await said(about, "boat", doubtful=True, asked_back=n))[0] for n in range(2)]
    third = await said(about, "boat", doubtful=True, asked_back=MOST_ASKED_BACK)

    assert first != second
    assert all(any(line.startswith(clause) for line in SAFE) for clause in (first, second))
    assert third == ["Bees can dance."]


@pytest.mark.parametrize(
    ("fit", "confidence", "answered"), [(0.9, 0.7, True), (0.4, 0.7, False), (0.9, 0.3, False)]
)
async def test_one_unlikely_word_in_a_sentence_that_makes_sense_is_not_asked_back(
    fit: float, confidence: float, answered: bool
) -> None:
    about = answering("Bees can dance.", fit=fit)

    lines = await said(about, "why do bees dance", doubtful=True, confidence=confidence)

    assert (lines == ["Bees can dance."]) is answered


async def test_an_emergency_is_comforted_also_when_it_was_hardly_understood() -> None:
    about = answering("Bees can dance.")
    heard = Heard(text="i swallowed a battery", confidence=0.2, band=BAND)

    answer = await about.answer(heard, Recent(), doubtful=True, asked_back=0)

    assert answer.verdict.decision.value == "comfort_and_alert"
    assert not answer.asked_back
