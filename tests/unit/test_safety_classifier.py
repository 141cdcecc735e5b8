"""What the classifier finds, and that a guard whose classifier is broken passes nothing but comfort."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from teddy_edge.inference.governor import Work
from teddy_edge.inference.meaning import Directions
from teddy_edge.safety.classifier import MOST, Classifier, Embedder, GuardUnready, Heads, TooMuch
from teddy_edge.safety.features import PIECE, drawers, pieces, plain_texts
from teddy_edge.safety.guard import Guard, Refused, SafeText
from teddy_edge.safety.policy import load_policy
from teddy_edge.safety.rules import load_rules
from teddy_edge.safety.verdict import Decision, Finding, Side
from teddy_shared.ages import AgeBand
from teddy_shared.errors import PartMissing
from tests.fakes import ChargedGovernor
from tests.guard_fakes import Directionless, worded_heads

BAND = AgeBand.MIDDLE
HEADS = worded_heads({"self_harm": "zebra", "weapons": "quokka"})
RULES, POLICY = load_rules(), load_policy()


class Hanging:
    """A model that does not come back before it is released."""

    def __init__(self) -> None:
        self.released = threading.Event()

    def embed(self, texts: Sequence[str]) -> Directions:
        if texts != ("hello teddy",):
            self.released.wait(5)
        return Directionless().embed(texts)


class Raising:
    def embed(self, texts: Sequence[str]) -> Directions:
        if texts == ("hello teddy",):
            return Directionless().embed(texts)
        raise RuntimeError(f"cannot read {texts}")


def classifier(embedder: Embedder | None = None, heads: Heads = HEADS) -> Classifier:
    return Classifier(
        open_embedder=lambda: embedder or Directionless(),
        governor=ChargedGovernor(),
        open_heads=lambda: heads,
    )


def guard(judge: Classifier, *, deadline: float = 5.0) -> Guard:
    return Guard(rules=RULES, policy=POLICY, judges=(judge,), deadline=deadline)


async def closed(about: Guard) -> bool:
    """Whether nothing but safe lines comes of it."""
    heard = await about.hear("why do cats purr", BAND)
    clause = await about.clear("Cats purr.", so_far="", band=BAND)
    reply = await about.clear_reply("Cats purr.", BAND)
    return (
        heard.failed
        and isinstance(clause, Refused)
        and clause.failed
        and reply is not None
        and reply.failed
        and not await about.works()
    )


async def test_a_concern_is_named_by_its_category_and_never_by_the_words() -> None:
    found = await classifier().judge("I saw a zebra.", side=Side.HEARD, band=BAND)

    assert found == (Finding("self_harm", "heads.self_harm"),)


@pytest.mark.parametrize("text", ["", "  ", "...", "?!", "um"])
async def test_where_there_are_no_words_nothing_is_found(text: str) -> None:
    assert await classifier().judge(text, side=Side.SAID, band=BAND) == ()


async def test_it_runs_under_the_governor_in_the_class_of_the_guard() -> None:
    governor = ChargedGovernor()
    about = Classifier(open_embedder=Directionless, governor=governor, open_heads=lambda: HEADS)

    await about.judge("hello", side=Side.HEARD, band=BAND)

    assert governor.runs == [Work.GUARD]


async def test_a_concern_in_the_middle_of_a_long_breath_is_found() -> None:
    breath = " ".join(["and then we went home"] * 4 + ["zebra"] + ["and had some soup"] * 4)

    assert [found.category for found in await classifier().judge(breath, side=Side.HEARD, band=BAND)] == [
        "self_harm"
    ]


async def test_spelled_out_letters_are_put_together() -> None:
    found = await classifier().judge("look z e b r a now", side=Side.HEARD, band=BAND)

    assert [each.category for each in found] == ["self_harm"]


def test_contractions_spelling_and_stretching_do_not_change_what_is_looked_at() -> None:
    assert plain_texts("I don't wanna STOOOOP!") == plain_texts("i do not want to stop")


def test_every_word_of_a_long_text_is_in_a_piece_of_its_own_size() -> None:
    whole, *parts = pieces(" ".join(f"word{n}" for n in range(900)))

    assert {word for part in parts for word in part.split()} == set(whole.split())
    assert max(len(part.split()) for part in parts) == PIECE


async def test_a_child_who_counts_for_four_turns_is_judged_like_any_other() -> None:
    turns = [" ".join(f"Number{n}." for n in range(start, start + 40)) for start in (0, 40, 80, 120)]

    heard = await guard(classifier()).hear(turns[-1], BAND, before=turns[:-1])

    assert heard.decision is Decision.ANSWER and not heard.failed


async def test_what_has_more_pieces_than_can_be_judged_is_not_said() -> None:
    endless = " ".join(f"Lamp {n}." for n in range(MOST + 1))

    with pytest.raises(TooMuch):
        await classifier().judge(endless, side=Side.SAID, band=BAND)
    refused = await guard(classifier()).clear(endless, so_far="", band=BAND)
    assert isinstance(refused, Refused) and refused.failed


def test_the_same_text_opens_the_same_drawers_in_order() -> None:
    first, second = drawers("why do cats purr"), drawers("why do cats purr")

    assert first.tolist() == second.tolist() == sorted(set(first.tolist()))


async def test_the_guard_stops_what_its_classifier_finds_on_both_sides() -> None:
    about = guard(classifier())

    heard = await about.hear("a quokka", BAND)
    said = await about.clear("A quokka.", so_far="", band=BAND)

    assert (heard.decision, heard.categories) == (Decision.STOP, ("weapons",))
    assert isinstance(said, Refused) and said.categories == ("weapons",)
    assert isinstance(await about.clear("A panda.", so_far="", band=BAND), SafeText)


async def test_the_bears_own_lines_are_stopped_only_by_what_is_sure() -> None:
    class Doubting:
        def __init__(self, *, sure: bool) -> None:
            self._sure = sure

        async def judge(self, text: str, *, side: Side, band: AgeBand) -> Sequence[Finding]:
            return (Finding("weapons", "heads.weapons", self._sure),)

    unsure, sure = (
        Guard(rules=RULES, policy=POLICY, judges=(Doubting(sure=each),)) for each in (False, True)
    )

    assert isinstance(await unsure.clear("A panda.", so_far="", band=BAND, own=True), SafeText)
    assert await unsure.clear_reply("A panda.", BAND, own=True) is None
    assert isinstance(await unsure.clear("A panda.", so_far="", band=BAND), Refused)
    assert isinstance(await sure.clear("A panda.", so_far="", band=BAND, own=True), Refused)


async def test_a_classifier_without_its_model_closes_the_guard() -> None:
    def absent() -> Embedder:
        raise PartMissing("the model file minilm", "run `teddy models prepare`")

    about = Classifier(open_embedder=absent, governor=ChargedGovernor(), open_heads=lambda: HEADS)

    with pytest.raises(GuardUnready):
        await about.judge("hello", side=Side.HEARD, band=BAND)
    assert about.failure is not None and "teddy models prepare" in about.failure
    assert await closed(guard(about))


async def test_a_classifier_without_its_heads_closes_the_guard() -> None:
    def absent() -> Heads:
        raise PartMissing("the guard's head", "reinstall Teddy")

    about = Classifier(open_embedder=Directionless, governor=ChargedGovernor(), open_heads=absent)

    assert await closed(guard(about))


@pytest.mark.parametrize("broken", [Raising(), None])
async def test_a_classifier_that_breaks_or_has_a_head_for_one_side_only_closes_the_guard(
    broken: Embedder | None,
) -> None:
    about = classifier(broken) if broken else classifier(heads={Side.HEARD: HEADS[Side.HEARD]})

    assert not await guard(about).works()
    assert isinstance(await guard(about).clear("Cats purr.", so_far="", band=BAND), Refused)


async def test_a_head_of_a_category_that_the_policy_does_not_know_closes_the_guard() -> None:
    about = guard(classifier(heads=worded_heads({"nonsense": "zebra"})))

    verdict = await about.hear("a zebra", BAND)

    assert verdict.failed and not verdict.decision.answers


async def test_a_model_that_hangs_closes_the_guard_in_time() -> None:
    hanging = Hanging()
    about = guard(classifier(hanging), deadline=0.05)
    try:
        verdict = await about.hear("why do cats purr", BAND)
    finally:
        hanging.released.set()

    assert verdict.failed
    assert "guard.judge_failed" in verdict.rules


async def test_an_emergency_that_the_rules_found_is_comforted_without_a_classifier() -> None:
    verdict = await guard(classifier(Raising())).hear("I swallowed a battery", BAND)

    assert verdict.decision is Decision.COMFORT_AND_ALERT


async def test_it_loads_once_however_many_ask_and_whoever_gives_up() -> None:
    opened: list[int] = []

    def open_() -> Embedder:
        opened.append(1)
        return Directionless()

    about = Classifier(open_embedder=open_, governor=ChargedGovernor(), open_heads=lambda: HEADS)
    impatient = asyncio.create_task(about.get_ready(), name="impatient")
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.gather(about.get_ready(), about.get_ready())

    assert opened == [1]
    assert about.failure is None


async def test_a_failure_is_logged_without_the_words(capsys: pytest.CaptureFixture[str]) -> None:
    await guard(classifier(Raising())).hear("my secret word is marmalade", BAND)

    captured = capsys.readouterr()
    assert "marmalade" not in captured.out + captured.err
