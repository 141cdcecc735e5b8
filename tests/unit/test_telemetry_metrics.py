"""What is measured, under which names, and that nothing a child says can become one of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teddy_edge.conversation.meter import BESIDE_SKILLS
from teddy_edge.conversation.skills.chooser import load_chooser
from teddy_edge.conversation.skills.skill import Heard, Recent
from teddy_edge.telemetry.metrics import Metrics, open_metrics
from teddy_shared.ages import AgeBand
from teddy_shared.clock import SeededChance
from teddy_shared.envelope import Lane
from teddy_shared.events import TurnEnded


@dataclass
class Kept:
    used: int = 0
    waiting: dict[Lane, int] = field(default_factory=lambda: dict.fromkeys(Lane, 0))
    dropped: dict[Lane, int] = field(default_factory=lambda: dict.fromkeys(Lane, 0))
    reserve: bool = False


class Watched:
    """Metrics over a bear whose outbox and link a test moves."""

    def __init__(self) -> None:
        self.kept = Kept()
        self.connected = False
        self.dropped = {"order": 0, "answer_late": 0}
        self.metrics: Metrics = open_metrics(
            skills=frozenset({"animals", "guard"}),
            verdicts=frozenset({"answer"}),
            kept=lambda: self.kept,
            connected=lambda: self.connected,
            dropped=lambda: self.dropped,
        )

    def value(self, sample: str) -> float:
        (found,) = re.findall(rf"^{re.escape(sample)} (\S+)$", self.metrics.text().decode(), re.MULTILINE)
        return float(found)


@pytest.fixture
def watched() -> Watched:
    return Watched()


def ended(**changes: Any) -> TurnEnded:
    fields: dict[str, Any] = {
        "topic": "elephants",
        "skill": "animals",
        "verdict": "answer",
        "outcome": "answered",
        "speech_ms": 2_000,
        "reply_ms": 4_000,
        "stages_ms": {"hearing": 200.0, "voice_first": 40.0},
        "first_sound_ms": 260.0,
        "from_last_sample_ms": 1_460.0,
    }
    return TurnEnded(**(fields | changes))


def test_what_was_not_taken_of_the_cloud_is_told_by_its_reason(watched: Watched) -> None:
    watched.dropped["answer_late"] = 2

    assert watched.value('teddy_link_dropped_messages{reason="answer_late"}') == 2
    assert watched.value('teddy_link_dropped_messages{reason="order"}') == 0


def test_turns_are_counted_by_outcome_skill_and_verdict(watched: Watched) -> None:
    watched.metrics.ended(ended())
    watched.metrics.ended(ended())
    watched.metrics.ended(ended(outcome="interrupted", first_sound_ms=None, from_last_sample_ms=None))

    counted = 'teddy_turns_total{outcome="%s",skill="animals",verdict="answer"}'
    assert watched.value(counted % "answered") == 2
    assert watched.value(counted % "interrupted") == 1


def test_times_are_told_in_seconds_and_a_turn_without_sound_has_none(watched: Watched) -> None:
    watched.metrics.ended(ended())
    watched.metrics.ended(ended(first_sound_ms=None, from_last_sample_ms=None))

    assert watched.value("teddy_turn_first_sound_seconds_count") == 1
    assert watched.value("teddy_turn_first_sound_seconds_sum") == pytest.approx(0.26)
    assert watched.value('teddy_turn_first_sound_seconds_bucket{le="0.25"}') == 0
    assert watched.value('teddy_turn_first_sound_seconds_bucket{le="0.3"}') == 1
    assert watched.value("teddy_turn_from_last_sample_seconds_sum") == pytest.approx(1.46)
    assert watched.value('teddy_turn_stage_seconds_sum{stage="hearing"}') == pytest.approx(0.4)
    assert watched.value('teddy_turn_stage_seconds_count{stage="voice_first"}') == 2


def test_lost_samples_are_counted(watched: Watched) -> None:
    watched.metrics.lost(160)
    watched.metrics.lost(320)

    assert watched.value("teddy_samples_lost_total") == 480


def test_outbox_and_link_are_asked_when_somebody_looks(watched: Watched) -> None:
    assert watched.value('teddy_outbox_waiting_events{lane="safety"}') == 0
    assert watched.value("teddy_link_connected") == 0

    watched.kept.waiting[Lane.SAFETY] = 3
    watched.kept.dropped[Lane.TELEMETRY] = 64
    watched.kept.used = 4096
    watched.kept.reserve = True
    watched.connected = True

    assert watched.value('teddy_outbox_dropped_events{lane="telemetry"}') == 64
    assert watched.value("teddy_outbox_bytes") == 4096
    assert watched.value("teddy_outbox_reserve") == 1
    assert watched.value('teddy_outbox_waiting_events{lane="safety"}') == 3
    assert watched.value("teddy_link_connected") == 1


words = st.text(min_size=1, max_size=30)


@given(skill=words, verdict=words, stage=words)
def test_whatever_stands_in_a_turn_the_labels_are_a_closed_set(skill: str, verdict: str, stage: str) -> None:
    watched = Watched()

    watched.metrics.ended(ended(skill=skill, verdict=verdict, topic=skill, stages_ms={stage: 1.0}))

    labels = set(re.findall(r'(?:skill|verdict|stage)="((?:[^"\\]|\\.)*)"', watched.metrics.text().decode()))
    known = {"other", "animals", "guard", "answer"}
    stages = {"hearing", "journal", "answering", "guard", "voice_first", "voice_rest", "waiting"}
    assert labels <= known | stages
    assert "elephants" not in watched.metrics.text().decode()


def test_every_name_that_answers_is_one_that_the_metrics_know() -> None:
    chooser = load_chooser()
    said = (
        "hello",
        "tell me a joke",
        "about elephants",
        "sing a song",
        "a story",
        "what is two and two",
        "um",
    )

    names = {
        chooser.answer(Heard(text=each, confidence=1.0, band=AgeBand.MIDDLE), Recent(), SeededChance(1)).skill
        for each in said
    }

    assert names <= chooser.names
    assert len(names) > 3
    assert not BESIDE_SKILLS & chooser.names
