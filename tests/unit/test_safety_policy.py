"""What follows from each concern, and the lines that are said and sent then."""

from __future__ import annotations

import pytest

from teddy_edge.safety.authored import read_authored
from teddy_edge.safety.guard import load_guard
from teddy_edge.safety.policy import Policy, load_policy
from teddy_edge.safety.rules import load_rules
from teddy_edge.safety.scripts import Scripts, load_scripts
from teddy_edge.safety.verdict import Decision, Finding, Side, Verdict
from teddy_shared.ages import AgeBand
from teddy_shared.errors import ConfigError

POLICY, SCRIPTS, GUARD = load_policy(), load_scripts(), load_guard()
ALARMS = ("medical_emergency", "self_harm", "abuse_disclosure", "lost_alone")


def policy(heard: str, said: str) -> Policy:
    return Policy.parse(f"[heard]\n{heard}\n[said]\n{said}\n".encode())


def test_every_category_of_the_rules_has_a_row() -> None:
    assert load_rules().categories <= set(POLICY.categories)


@pytest.mark.parametrize("band", AgeBand)
def test_life_and_limb_alert_the_parents_at_every_age(band: AgeBand) -> None:
    alerting = [
        c for c in POLICY.categories if POLICY.decide(c, Side.HEARD, band) is Decision.COMFORT_AND_ALERT
    ]

    assert tuple(alerting) == ALARMS


@pytest.mark.parametrize("band", AgeBand)
def test_only_harmless_topics_may_be_said(band: AgeBand) -> None:
    said = [c for c in POLICY.categories if POLICY.decide(c, Side.SAID, band).answers]

    assert said == ["hard_topics"]


def test_hard_topics_are_answered_and_in_small_words_for_the_smallest() -> None:
    decisions = [POLICY.decide("hard_topics", Side.HEARD, band) for band in AgeBand]

    assert decisions == [Decision.SIMPLIFY, Decision.ANSWER, Decision.ANSWER]


def test_the_graver_decision_wins_and_the_earlier_row_among_equals() -> None:
    found = [Finding(c, c) for c in ("buying", "weapons", "self_harm", "medical_emergency")]

    decision, categories = POLICY.weigh(found, Side.HEARD, AgeBand.BIG)

    assert decision is Decision.COMFORT_AND_ALERT
    assert categories == ("medical_emergency", "self_harm", "weapons", "buying")


@pytest.mark.parametrize(
    ("heard", "said", "named"),
    [
        ('a = { all = "redirect" }', 'b = { all = "stop" }', "a"),
        ('a = { "3-4" = "stop" }', 'a = { all = "stop" }', "nothing is decided for 5-7"),
        ('a = { all = "hide" }', 'a = { all = "stop" }', "heard.a"),
        ('a = { all = "stop", "11-12" = "stop" }', 'a = { all = "stop" }', "heard.a"),
        ('a = { all = "stop" }', 'a = { all = "redirect" }', "answer or stop"),
    ],
)
def test_a_policy_with_a_hole_is_refused_and_the_cell_named(heard: str, said: str, named: str) -> None:
    with pytest.raises(ConfigError) as refused:
        policy(heard, said)

    assert named in str(refused.value)


@pytest.mark.parametrize("band", AgeBand)
def test_there_is_a_line_of_its_own_for_whatever_is_not_answered(band: AgeBand) -> None:
    decided = {category: POLICY.decide(category, Side.HEARD, band) for category in POLICY.categories}
    scripted = {category: decision for category, decision in decided.items() if not decision.answers}

    lines = {SCRIPTS.line(Verdict(decision, (category,)), band) for category, decision in scripted.items()}

    assert len(lines) == len(scripted)
    assert not lines & {SCRIPTS.line(Verdict(decision), band) for decision in Decision}


@pytest.mark.parametrize("band", AgeBand)
@pytest.mark.parametrize("decision", Decision)
def test_a_verdict_without_a_category_still_has_a_line(decision: Decision, band: AgeBand) -> None:
    assert SCRIPTS.line(Verdict(decision), band)


async def test_every_line_passes_the_guard() -> None:
    refused = [line for band, line in SCRIPTS.every_line() if await GUARD.clear_reply(line, band)]

    assert refused == []


def test_comfort_leads_to_a_grownup_and_promises_no_secrecy() -> None:
    for category in ALARMS:
        for band in AgeBand:
            line = SCRIPTS.line(Verdict(Decision.COMFORT_AND_ALERT, (category,)), band).lower()

            assert "grown-up" in line
            assert "secret" not in line and "promise" not in line and "why did" not in line


def test_lines_are_short_and_shorter_for_the_smallest() -> None:
    for band, line in SCRIPTS.every_line():
        assert len(line) <= (110 if band is AgeBand.LITTLE else 230), line
        assert len(line.split(".")[0].split()) <= 22, line


def test_advice_says_what_to_do_and_accuses_nobody() -> None:
    for category in ALARMS:
        advice = SCRIPTS.advice(category)

        assert "your child" in advice.lower()
        assert not {"father", "mother", "dad", "mom", "uncle", "husband", "wife", "said"} & set(
            advice.lower().replace(".", " ").replace(",", " ").split()
        )
    assert SCRIPTS.advice("anything else") == SCRIPTS.advice("general")


@pytest.mark.parametrize(
    ("broken", "named"),
    [
        ("[comfort_and_alert.self_harm]", "self_harm has no line for 3-4"),
        ('self_harm = "Your', "advice.self_harm is missing"),
        ("[redirect.general]", "redirect.general has no line"),
    ],
)
def test_scripts_with_a_hole_are_refused_and_the_place_named(broken: str, named: str) -> None:
    whole = read_authored("teddy_edge.safety", "scripts.toml").decode()
    assert broken in whole
    holed = whole.replace(broken, broken.replace("self_harm", "elsewhere").replace("general", "elsewhere"))

    with pytest.raises(ConfigError) as refused:
        Scripts.parse(holed.encode(), policy=POLICY)

    assert named in str(refused.value)
