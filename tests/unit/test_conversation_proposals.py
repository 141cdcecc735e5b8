"""What a plugin or the cloud proposes is judged like a skill's words, in pieces too and however written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teddy_edge.conversation.answering import Answering, Passed, RulesAlone, as_said
from teddy_edge.conversation.memory import Talk
from teddy_edge.conversation.plain import is_plain, readings
from teddy_edge.conversation.proposals import ROLLING, Origin, Proposal, is_whole, rolling
from teddy_edge.conversation.skills.chooser import Chooser
from teddy_edge.conversation.skills.fallback import load_fallback
from teddy_edge.conversation.skills.offers import load_offers
from teddy_edge.conversation.skills.skill import Reply
from teddy_edge.safety.guard import Guard, load_guard, safe_lines
from teddy_edge.safety.policy import load_policy
from teddy_edge.safety.scripts import load_scripts
from teddy_edge.safety.verdict import Finding, Side
from teddy_shared.ages import AgeBand
from teddy_shared.clock import SeededChance

BAND = AgeBand.MIDDLE
SAFE = {line.text for line in safe_lines()}
GUARD, SCRIPTS, POLICY, FALLBACK = load_guard(), load_scripts(), load_policy(), load_fallback(load_offers())


class Forbidding:
    """Rules that know one phrase, and no way to write it but the plain one."""

    def __init__(self, phrase: str) -> None:
        self._phrase = phrase

    def find(self, text: str, side: Side) -> Sequence[Finding]:
        found = self._phrase in text.lower().replace(".", "").replace(",", "")
        return (Finding("weapons", "phrase"),) if found else ()


def answering(guard: Guard = GUARD) -> Answering:
    return Answering(
        guard=guard,
        scripts=SCRIPTS,
        chooser=Chooser(skills=[], fallback=FALLBACK),
        understanding=RulesAlone(),
        chance=SeededChance(1),
    )


def forbidding(phrase: str) -> Answering:
    return answering(Guard(rules=Forbidding(phrase), policy=POLICY))


async def pieces(*texts: str) -> AsyncIterator[str]:
    for text in texts:
        yield text


async def passed(about: Answering, *texts: str, before: str = "") -> list[Passed]:
    proposal = Proposal(Origin.REMOTE, pieces(*texts))
    return [each async for each in about.safe_proposal(proposal, BAND, before=before)]


async def said(about: Answering, *texts: str, before: str = "") -> list[str]:
    return [each.words.text for each in await passed(about, *texts, before=before)]


async def test_a_harmless_proposal_is_said_whole() -> None:
    texts = ("Bees can dance.", "That tells the others where the flowers are, isn't that clever? 🐝")

    assert " ".join(await said(answering(), *texts)) == " ".join(texts)


async def test_a_sentence_that_comes_in_pieces_is_judged_before_it_is_begun() -> None:
    words = await said(forbidding("the red moon falls"), "Look, the red", "moon falls", "tonight.")

    assert set(words) <= SAFE


async def test_sentences_that_are_harmful_only_together_are_not_finished() -> None:
    words = await said(forbidding("the red moon falls"), "Look at the.", "Red moon falls.", "Tonight.")

    assert words[0] == "Look at the."
    assert set(words[1:]) <= SAFE


async def test_a_reply_that_stops_in_the_middle_of_a_sentence_is_not_said() -> None:
    words = await said(forbidding("nothing at all"), "Bees can dance.", "And then you take the")

    assert words[0] == "Bees can dance."
    assert set(words[1:]) <= SAFE


async def test_an_endless_sentence_is_not_waited_for() -> None:
    assert set(await said(forbidding("nothing at all"), *["and on and on"] * 1000)) <= SAFE


async def test_a_piece_is_not_begun_that_would_end_in_harm() -> None:
    words = await said(forbidding("moon falls"), "I see a star, and I hope that one day the moon falls.")

    assert set(words) <= SAFE


async def test_words_that_are_split_over_replies_are_not_finished() -> None:
    about, talk, heard = forbidding("the red moon falls"), Talk(), []
    for text in ("Look at the.", "Red moon falls."):
        words = await passed(about, text, before=talk.outside)
        reply = Reply(text=text, skill="remote", topic="remote", outside=True)
        talk = talk.after(as_said(reply, words))
        heard += [each.words.text for each in words]

    assert heard[0] == "Look at the."
    assert set(heard[1:]) <= SAFE


def test_the_bears_own_words_are_not_counted_among_strangers() -> None:
    talk = Talk().after(Reply(text="Bees hum.", skill="animals", topic="bee"))

    assert talk.outside == ""


@pytest.mark.parametrize(
    "text",
    [
        "The r\u0435d moon falls.",  # with a letter of another alphabet
        "The r\u200bed moon falls.",
        "The \uff52\uff45\uff44 moon falls.",
        "The \u24c7ed moon falls.",
        "The r3d moon falls.",
        "T h e r e d m o o n f a l l s.",
        "Eht der noom sllaf ot eht dnuorg.",
    ],
)
async def test_what_is_not_written_plainly_is_not_said(text: str) -> None:
    assert set(await said(forbidding("nothing at all"), text)) <= SAFE


async def test_a_word_that_is_spelled_out_is_read_as_a_word() -> None:
    assert set(await said(forbidding("red moon"), "Can you see the r-e-d moon?")) <= SAFE


@pytest.mark.parametrize(
    "text",
    [
        "Let's sing it: A B C D E F G.",
        "C, A, T spells cat!",
        "A café in Zürich opens on the 1st at 10am.",
        "Was it a car or a cat I saw?",
        "Mom saw a ton of stars. ⭐️",
        "Water is H2O.",
    ],
)
def test_what_only_looks_odd_is_plain(text: str) -> None:
    assert is_plain(text)


@pytest.mark.parametrize(
    "text", ["Hi!", 'He said, "Hi."', "Is it? 🐻", "Wow\u2026", "(Yes!)", "It is 10 p.m."]
)
def test_a_sentence_ends_with_its_sign(text: str) -> None:
    assert is_whole(text)


@pytest.mark.parametrize("text", ["", "Hi", "well,", "Take the. knife", "1.5", "Mr. Bear"])
def test_what_ends_otherwise_may_go_on(text: str) -> None:
    assert not is_whole(text)


@given(st.text(), st.text())
def test_the_rolling_words_are_the_last_and_not_many(before: str, text: str) -> None:
    whole = rolling(before, text)

    assert len(whole) <= ROLLING
    assert f"{before} {text}".strip().endswith(whole)


@given(st.text())
def test_any_text_has_a_reading_and_is_plain_or_not(text: str) -> None:
    assert readings(text)[0] == text
    assert is_plain(text) in (True, False)
