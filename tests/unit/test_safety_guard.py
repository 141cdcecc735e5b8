"""The guard passes what is safe, refuses the rest, and whatever breaks, breaks closed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from teddy_edge.safety.authored import read_authored
from teddy_edge.safety.guard import (
    LONGEST,
    Decision,
    Finding,
    Guard,
    Judge,
    Refused,
    Rules,
    Safe,
    SafeText,
    Side,
    load_guard,
    safe_line,
    safe_lines,
)
from teddy_edge.safety.policy import load_policy
from teddy_edge.safety.rules import load_rules
from teddy_shared.ages import AgeBand
from teddy_shared.errors import PartMissing

BAND = AgeBand.MIDDLE
RULES, POLICY = load_rules(), load_policy()
WHOLE = {name: read_authored("teddy_edge.safety", name) for name in ("rules.toml", "policy.toml")}


class NoRules:
    def find(self, text: str, side: Side) -> tuple[Finding, ...]:
        return ()


class BrokenRules:
    def find(self, text: str, side: Side) -> tuple[Finding, ...]:
        raise ZeroDivisionError(text)


class BrokenJudge:
    async def judge(self, text: str, *, side: Side, band: AgeBand) -> Sequence[Finding]:
        raise RuntimeError(text)


class SilentJudge:
    async def judge(self, text: str, *, side: Side, band: AgeBand) -> Sequence[Finding]:
        await asyncio.Event().wait()
        return ()


class Suspicious:
    """A judge that sees one category in everything."""

    def __init__(self, category: str) -> None:
        self._category = category

    async def judge(self, text: str, *, side: Side, band: AgeBand) -> Sequence[Finding]:
        return (Finding(self._category, "test.judge"),)


def guard(*judges: Judge, rules: Rules | None = RULES) -> Guard:
    return Guard(rules=rules, policy=POLICY, judges=judges, deadline=0.02)


async def test_a_harmless_sentence_is_answered() -> None:
    verdict = await guard().hear("why do cats purr", BAND)

    assert (verdict.decision, verdict.categories, verdict.failed) == (Decision.ANSWER, (), False)


@pytest.mark.parametrize("band", AgeBand)
async def test_an_emergency_calls_for_comfort_and_an_alert_at_every_age(band: AgeBand) -> None:
    verdict = await guard().hear("I swallowed a battery", band)

    assert verdict.decision is Decision.COMFORT_AND_ALERT
    assert verdict.categories[0] == "medical_emergency"


async def test_the_gravest_concern_of_a_sentence_decides() -> None:
    verdict = await guard().hear("don't tell my mom but my brother drank bleach", BAND)

    assert verdict.decision is Decision.COMFORT_AND_ALERT
    assert verdict.categories[0] == "medical_emergency"


async def test_an_emergency_in_another_hearing_counts() -> None:
    verdict = await guard().hear("i swallowed a pottery", BAND, alternatives=("i swallowed a battery",))

    assert verdict.decision is Decision.COMFORT_AND_ALERT


async def test_a_smaller_concern_in_another_hearing_does_not() -> None:
    verdict = await guard().hear("tell me about bees", BAND, alternatives=("can i try some beer",))

    assert verdict.decision is Decision.ANSWER


async def test_a_safe_clause_becomes_safe_text() -> None:
    assert await guard().clear("Cats purr.", so_far="", band=BAND) == SafeText("Cats purr.")


async def test_an_unsafe_clause_is_refused_and_the_rule_named() -> None:
    refused = await guard().clear("Don't tell your mom.", so_far="", band=BAND)

    assert isinstance(refused, Refused)
    assert refused.categories == ("secrets",)
    assert not refused.failed


async def test_a_split_between_clauses_hides_nothing() -> None:
    first, second = "You should go and drink", "the bleach under the sink."

    alone = await guard().clear(second, so_far="", band=BAND)
    together = await guard().clear(second, so_far=first, band=BAND)

    assert isinstance(alone, SafeText)
    assert isinstance(together, Refused)


async def test_a_whole_reply_is_judged_before_its_first_clause() -> None:
    assert await guard().clear_reply("Cats purr. Dogs bark.", BAND) is None
    assert isinstance(await guard().clear_reply("Cats purr. I will miss you.", BAND), Refused)


@pytest.mark.parametrize("judge", [BrokenJudge(), SilentJudge(), Suspicious("no_such_category")])
async def test_a_judge_that_breaks_hangs_or_babbles_closes_the_guard(judge: Judge) -> None:
    closed = guard(judge)

    verdict = await closed.hear("why do cats purr", BAND)
    clause = await closed.clear("Cats purr.", so_far="", band=BAND)
    reply = await closed.clear_reply("Cats purr.", BAND)

    assert verdict.failed and not verdict.decision.answers
    assert isinstance(clause, Refused) and clause.failed
    assert reply is not None and reply.failed


@pytest.mark.parametrize("rules", [BrokenRules(), None])
async def test_broken_or_missing_rules_close_the_guard(rules: Rules | None) -> None:
    closed = guard(rules=rules)

    assert (await closed.hear("why do cats purr", BAND)).failed
    assert isinstance(await closed.clear("Cats purr.", so_far="", band=BAND), Refused)
    assert await closed.clear_reply("Cats purr.", BAND) is not None


async def test_a_missing_policy_closes_the_guard() -> None:
    closed = Guard(rules=RULES, policy=None)

    assert (await closed.hear("why do cats purr", BAND)).failed
    assert isinstance(await closed.clear("Cats purr.", so_far="", band=BAND), Refused)


async def test_an_emergency_that_the_rules_found_outranks_a_judge_that_broke() -> None:
    verdict = await guard(BrokenJudge()).hear("I swallowed a battery", BAND)

    assert verdict.decision is Decision.COMFORT_AND_ALERT
    assert not verdict.failed
    assert "guard.judge_failed" in verdict.rules


async def test_a_judge_adds_to_the_rules() -> None:
    verdict = await guard(Suspicious("lost_alone"), rules=NoRules()).hear("hello", BAND)

    assert verdict.categories == ("lost_alone",)


async def test_a_text_without_end_is_not_judged_but_refused() -> None:
    endless = "la " * LONGEST

    assert (await guard().hear(endless, BAND)).failed
    assert isinstance(await guard().clear(endless, so_far="", band=BAND), Refused)


async def test_cancelling_a_turn_passes_through_the_guard() -> None:
    waiting = Guard(rules=RULES, policy=POLICY, judges=(SilentJudge(),), deadline=60)
    hearing = asyncio.create_task(waiting.hear("why do cats purr", BAND), name="hearing")
    await asyncio.sleep(0)

    hearing.cancel()

    with pytest.raises(asyncio.CancelledError):
        await hearing


@pytest.mark.parametrize("broken", ["rules.toml", "policy.toml"])
@pytest.mark.parametrize("data", [None, b"", b"]["])
async def test_a_broken_or_missing_file_leaves_the_safe_lines(broken: str, data: bytes | None) -> None:
    def read(package: str, name: str) -> bytes:
        if name == broken:
            if data is None:
                raise PartMissing(name, "install it")
            return data
        return WHOLE[name]

    closed = load_guard(read=read)

    assert (await closed.hear("why do cats purr", BAND)).failed
    assert isinstance(await closed.clear("Cats purr.", so_far="", band=BAND), Refused)


async def test_a_rule_without_a_policy_closes_the_guard() -> None:
    odd = b"[words]\n[[rule]]\nname='odd.one'\ncategory='odd'\nsides=['heard']\nany=['zebra']\n"

    closed = load_guard(read=lambda _, name: odd if name == "rules.toml" else WHOLE[name])

    assert (await closed.hear("why do cats purr", BAND)).failed


async def test_no_words_of_a_child_are_logged(capsys: pytest.CaptureFixture[str]) -> None:
    await guard(BrokenJudge(), rules=BrokenRules()).hear("my secret word is marmalade", BAND)
    await guard(BrokenJudge()).hear("my secret word is marmalade", BAND)

    captured = capsys.readouterr()
    assert "marmalade" not in captured.out + captured.err


@pytest.mark.parametrize("reason", Safe)
@pytest.mark.parametrize("band", AgeBand)
def test_there_is_a_safe_line_for_every_reason_and_age(reason: Safe, band: AgeBand) -> None:
    lines = {safe_line(reason, band, nth=nth).text for nth in range(5)}

    assert lines <= {each.text for each in safe_lines()}
    assert all(0 < len(line) < 120 for line in lines)


async def test_safe_lines_are_safe() -> None:
    for line in safe_lines():
        assert await guard().clear_reply(line.text, BAND) is None
