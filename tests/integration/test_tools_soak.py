"""A bear's short simulated day: it talks, it is left alone for hours, and its memory is read."""

from __future__ import annotations

from pathlib import Path

from teddy_edge.settings import read
from workshop.soaking.day import Life, soak


def test_a_day_is_lived_through_with_talks_and_a_reading_each_hour(tmp_path: Path) -> None:
    settings = read(overrides={"data": tmp_path})
    life = Life(hours_a_day=3, talks_an_hour=1, turns_a_talk=1, television=1.0, warm_turns=0, ahead=False)

    lived = soak(settings, life, tell=False)

    assert [round(each.day, 2) for each in lived.readings] == [0.33, 0.67, 1.0]
    assert lived.readings[0].turns == 0  # the bear was left alone
    assert lived.readings[-1].turns >= 2
    assert lived.unanswered == 0
    assert set(lived.outcomes) <= {"answered", "asked_back", "interrupted"}
    assert all(each.rss > 50 for each in lived.readings)
