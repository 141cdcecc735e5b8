"""A turn as a person reads it, and as the report keeps it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

KEYS: Final = (
    *("heard", "confidence", "verdict", "skill", "reply"),
    *("stages_ms", "first_sound_ms", "events", "in_read_model"),
)


@dataclass
class Turn:
    """What the bear told of a turn, and whether the parents' page has it."""

    said: dict[str, Any]
    in_read_model: bool = False

    @property
    def id(self) -> str:
        return str(self.said["turn"])

    def as_json(self) -> dict[str, Any]:
        whole = {**self.said, "in_read_model": self.in_read_model}
        return {key: whole.get(key) for key in KEYS}


def tell(number: int, turn: Turn) -> str:
    """Three lines: what was heard, what was answered, and where the time went."""
    said = turn.said
    stages = " · ".join(f"{name} {_ms(value)}" for name, value in (said.get("stages_ms") or {}).items())
    first = said.get("first_sound_ms")
    sound = "no sound" if first is None else f"first sound after {_ms(first)} ms"
    facts = f"{said.get('skill')}, {said.get('verdict')}, {_percent(said.get('confidence'))} sure"
    return "\n".join(
        (
            f"{number:>3}  child  {_quoted(said.get('heard'))}",
            f"     bear   {_quoted(said.get('reply'))}",
            _dim(f"            {sound} ({stages} ms) · {facts}"),
        )
    )


def tell_arrived(number: int, *, of: int) -> str:
    return _dim(f"            turn {number} of {of} is on the parents' page")


def write_report(path: Path, *, page: str | None, turns: Sequence[Turn]) -> None:
    """Whole or not at all, so that a reader never meets half a report."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    report = {"page": page, "turns": [turn.as_json() for turn in turns]}
    try:
        fresh.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def _quoted(words: object) -> str:
    return f"“{words}”" if words else "(nothing)"


def _ms(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}"


def _percent(value: float | None) -> str:
    return "not" if value is None else f"{100 * value:.0f} %"


def _dim(text: str) -> str:
    return f"\x1b[2m{text}\x1b[0m" if sys.stdout.isatty() else text
