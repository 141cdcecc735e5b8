"""What the rule book hears in a child's words and in the bear's, and what it leaves alone."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teddy_edge.safety.rules import RuleBook, load_rules
from teddy_edge.safety.verdict import Side
from teddy_shared.errors import ConfigError

SENTENCES: Final[dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent.parent / "data" / "safety_sentences.toml").read_text()
)
ALARMS: Final = frozenset(SENTENCES["emergencies"])
HARMLESS: Final = frozenset({"hard_topics"})


@pytest.fixture(scope="module")
def book() -> RuleBook:
    return load_rules()


def concerns(book: RuleBook, text: str, side: Side = Side.HEARD) -> set[str]:
    return {each.category for each in book.find(text, side)} - HARMLESS


@pytest.mark.parametrize("category", sorted(ALARMS))
def test_every_emergency_we_know_is_heard_as_one(book: RuleBook, category: str) -> None:
    missed = [text for text in SENTENCES["emergencies"][category] if not concerns(book, text) & ALARMS]

    assert missed == []


def test_dangers_are_heard(book: RuleBook) -> None:
    assert [text for text in SENTENCES["heard"]["concerns"] if not concerns(book, text)] == []


def test_harmless_sentences_are_left_alone(book: RuleBook) -> None:
    assert [text for text in SENTENCES["heard"]["harmless"] if concerns(book, text)] == []


def test_what_must_never_be_said_is_refused(book: RuleBook) -> None:
    assert [text for text in SENTENCES["said"]["never"] if not concerns(book, text, Side.SAID)] == []


def test_what_a_bear_may_say_is_left_alone(book: RuleBook) -> None:
    assert [text for text in SENTENCES["said"]["fine"] if concerns(book, text, Side.SAID)] == []


@pytest.mark.parametrize(
    "written",
    [
        "I WANT TO KILL MYSELF!!!",
        "i want to k i l l myself",
        "I want to K-I-L-L my self.",
        "i wanna kiiill myself",
        "um i i want want to uh kill myself",
        "i want to k1ll myself",
        "i want\n to   kill\tmyself",
        "i want to kil myself",
        "i w\u0430nt t\u043e kill myself",
        "i want to k\u200bill myself",
    ],
)
def test_an_emergency_is_found_however_it_is_written(book: RuleBook, written: str) -> None:
    assert "self_harm" in concerns(book, written)


@pytest.mark.parametrize("written", ["don't", "dont", "don\u2019t", "do not", "Don't"])
def test_an_apostrophe_changes_nothing(book: RuleBook, written: str) -> None:
    assert "self_harm" in concerns(book, f"i {written} want to live anymore")


def test_a_harmless_part_does_not_hide_an_emergency_beside_it(book: RuleBook) -> None:
    text = "i killed the dragon in my game and then i saw that my baby sister is choking"

    assert "medical_emergency" in concerns(book, text)


def test_counting_is_not_a_telephone_number(book: RuleBook) -> None:
    counted = "one two three four five six seven eight nine ten eleven twelve"

    assert concerns(book, counted) == set()
    assert concerns(book, "it is 555 201 3344") == {"stranger_danger_pii"}
    assert concerns(book, "five five five two oh one three three four four") == {"stranger_danger_pii"}


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300), st.sampled_from(Side))
def test_no_text_breaks_the_rules(text: str, side: Side) -> None:
    BOOK.find(text, side)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([text for texts in SENTENCES["emergencies"].values() for text in texts]),
    st.lists(st.sampled_from(["um", "uh", "erm", "Um,", "hmm"]), max_size=4),
    st.booleans(),
)
def test_fillers_and_case_change_nothing(text: str, fillers: list[str], loud: bool) -> None:
    words = text.split()
    for at, filler in enumerate(fillers):
        words.insert((at * 3) % len(words), filler)
    changed = " ".join(words)

    assert concerns(BOOK, changed.upper() if loud else changed) == concerns(BOOK, text)


BOOK: Final = load_rules()


@pytest.mark.parametrize(
    ("broken", "named"),
    [
        (b"\xff", "rules.toml is not a TOML file"),
        (b"rule = 3\n[words]\n", "rule"),
        (b"[words]\n[[rule]]\nname='a'\ncategory='c'\nsides=['smelt']\nany=['x']\n", "rule.1.sides.1"),
        (b"[words]\n[[rule]]\nname='a'\ncategory='c'\nsides=['said']\nany=['x']\nmay=1\n", "may"),
        (
            b"[words]\n[[rule]]\nname='a'\ncategory='c'\nsides=['said']\nany=['(x']\n",
            "rule a: '(x' has an open",
        ),
        (b"[words]\n[[rule]]\nname='a'\ncategory='c'\nsides=['said']\nany=['@kin']\n", "no word list @kin"),
        (2 * b"[[rule]]\nname='a'\ncategory='c'\nsides=['said']\nany=['x']\n" + b"[words]\n", "two rules a"),
    ],
)
def test_a_broken_rule_file_is_refused_and_the_place_named(broken: bytes, named: str) -> None:
    with pytest.raises(ConfigError) as refused:
        RuleBook.parse(broken)

    assert named in str(refused.value)
