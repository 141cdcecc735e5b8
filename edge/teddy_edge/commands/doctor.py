"""`teddy doctor`: how every part of the bear is, and what to do about it; also while it runs."""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path
from typing import Final

from teddy_edge.health.checks import CHECKS
from teddy_edge.health.examination import examine
from teddy_edge.health.finding import Condition, Finding
from teddy_edge.health.patient import Patient, meet
from teddy_edge.health.self_test import self_test
from teddy_edge.settings import read_anyway
from teddy_shared import logs
from teddy_shared.cli import Command
from teddy_shared.clock import SystemClock

SAID: Final = {
    Condition.WELL: "ok",
    Condition.NOTE: "note",
    Condition.WRONG: "WRONG",
    Condition.UNSEEN: "-",
}


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--settings", type=Path, action="append", default=[], help="a TOML file")
    parser.add_argument("--data", type=Path, metavar="DIR", help="where outbox, state and keys lie")
    parser.add_argument("--provision", type=Path, metavar="FILE", help="the bear's name and key")
    parser.add_argument("--broker", metavar="URL", help="mqtts://host:port")
    parser.add_argument(
        "--sound",
        action="store_true",
        help="let a bear that does not run chirp, and listen whether it is heard",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")


def run(arguments: argparse.Namespace) -> int:
    logs.configure(level="error")
    overrides = {
        "data": arguments.data,
        "link.provision": arguments.provision,
        "link.broker": arguments.broker,
    }
    settings, unsettled = read_anyway(files=tuple(arguments.settings), overrides=overrides)
    patient = meet(settings, unsettled=unsettled, clock=SystemClock())
    checks = {**CHECKS, "hearing itself": self_test} if arguments.sound else CHECKS
    found = asyncio.run(examine(patient, checks))
    is_well = not any(each.condition is Condition.WRONG for each in found.values())
    print(_as_json(patient, found, is_well=is_well) if arguments.json else _as_text(found))
    return 0 if is_well else 1


def _as_text(found: dict[str, Finding]) -> str:
    width = max(map(len, found))
    lines = []
    for part, each in found.items():
        lines.append(f"{SAID[each.condition]:6}{part.ljust(width)}  {each.what}")
        if each.remedy:
            lines.append(f"{'':6}{'':{width}}  -> {each.remedy}")
    return "\n".join(lines)


def _as_json(patient: Patient, found: dict[str, Finding], *, is_well: bool) -> str:
    parts = [
        {"part": part, "condition": each.condition, "what": each.what, "remedy": each.remedy}
        for part, each in found.items()
    ]
    return json.dumps({"bear": patient.identity.bear, "well": is_well, "parts": parts}, indent=2)


command = Command(
    help="say how every part of the bear is, and what to do",
    description=(
        "Looks at every part of the bear from outside, says what is wrong and what to do about it, and "
        "changes nothing: it may be asked while the bear runs. Exit code 1 where something is wrong."
    ),
    configure=configure,
    run=run,
)
