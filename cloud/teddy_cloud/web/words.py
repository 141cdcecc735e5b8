"""How numbers, topics and outcomes are said to a parent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from teddy_shared.envelope import Lane
from teddy_shared.purposes import Purpose

_OUTCOMES: Final = {
    "answered": "",
    "asked_back": "asked back",
    "interrupted": "interrupted",
    "failed": "could not answer",
}

_VERDICTS: Final = {
    "answer": "",
    "none": "",  # the turn ended before anything was judged
    "simplify": "kept simple",
    "redirect": "led elsewhere",
    "stop": "stopped",
    "refused": "answer held back",
    "comfort_and_alert": "comforted",
}

# Names that a bear gives where no skill chose a topic.
_TOPICS: Final = {
    "asking_back": "Not quite understood",
    "comfort_and_alert": "Something serious",
    "guard": "A careful answer",
    "redirect": "Something for a grown-up",
    "refused": "Something else",
    "stop": "Something Teddy does not talk about",
    "unknown": "Not finished",
}

_SILENT_SKILLS: Final = {"guard", "none", "asking_back", "fallback"}  # the topic says it already

PURPOSES: Final = {
    Purpose.ACTIVITY: (
        "Talks",
        "That your child and the bear talked: when, for how long, and about which topic. Never the words. "
        "Without this, the Today page stays empty.",
    ),
    Purpose.SAFETY: (
        "Safety alerts",
        "That your child may need help. You read what kind of help and what to do, never what was said.",
    ),
    Purpose.TELEMETRY: (
        "How well it works",
        "How long hearing and answering took, so that mistakes can be found. No words, no topics.",
    ),
    Purpose.TRANSCRIPT: (
        "Your child's words",
        "What your child said, word for word. The bear tells your child when this is on. "
        "No part of Teddy sends words yet, so for now this changes nothing.",
    ),
}


def clock_time(wall_ms: int | None) -> str:
    """Hours and minutes, UTC until a family has a time zone."""
    return "" if wall_ms is None else f"{_moment(wall_ms):%H:%M}"


def day_and_time(wall_ms: int) -> str:
    moment = _moment(wall_ms)
    return f"{moment:%A} {moment.day} {moment:%B}, {moment:%H:%M}"


def long_day(wall_ms: int) -> str:
    moment = _moment(wall_ms)
    return f"{moment:%A}, {moment.day} {moment:%B}"


def duration(milliseconds: float) -> str:
    seconds = round(milliseconds / 1000)
    if seconds < 60:
        return f"{seconds} s"
    minutes, rest = divmod(seconds, 60)
    return f"{minutes} min {rest} s" if minutes < 10 and rest else f"{minutes} min"


def plain(name: str | None) -> str:
    """A topic or a skill as a parent would write it."""
    words = (name or "").replace("_", " ").replace("-", " ").replace(".", " ").strip()
    return words[:1].upper() + words[1:]


def topic(name: str | None) -> str:
    return _TOPICS.get(name or "", plain(name))


def details(skill: str | None, topic_: str | None, milliseconds: float) -> str:
    """The skill, where it says more than the topic, and how long it took."""
    said = [] if skill in _SILENT_SKILLS or skill == topic_ else [plain(skill)]
    return " · ".join([*said, duration(milliseconds)])


def remark(outcome: str | None, verdict: str | None) -> str:
    """What was unusual about a turn; nothing for most."""
    said = [
        _OUTCOMES.get(outcome or "", plain(outcome).lower()),
        _VERDICTS.get(verdict or "", plain(verdict).lower()),
    ]
    return ", ".join(each for each in said if each)


def gave_way(dropped: Mapping[Lane, int]) -> str:
    """What a parent should know of events that gave way on a full bear; nothing where none did."""
    if not (gone := sum(dropped.values())):
        return ""
    talks = sum(count for lane, count in dropped.items() if lane <= Lane.INTERACTION)
    which = f"{talks:,} of them about talks" if talks else "all about how well it works: no talk is missing"
    return f"Teddy's own memory ran full and {gone:,} of its notes could not be kept, {which}."


def _moment(wall_ms: int) -> datetime:
    return datetime.fromtimestamp(min(max(wall_ms, 0), 4_102_444_800_000) / 1000, UTC)
