"""`teddy guard`: what the guard decides about sentences, one by one, and the policy it decides by."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TextIO

from teddy_edge.container.bear import AT_LEISURE, open_classifier
from teddy_edge.safety.classifier import Classifier
from teddy_edge.safety.guard import Guard, Refused, load_guard
from teddy_edge.safety.policy import load_policy
from teddy_edge.safety.verdict import Decision, Finding, Side
from teddy_edge.settings import Settings, read
from teddy_shared import logs
from teddy_shared.ages import AgeBand
from teddy_shared.cli import Command


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--age", type=int, help="the child's age in years (3 to 10); 5 unless told")
    parser.add_argument(
        "--side",
        choices=[side.value for side in Side],
        default=Side.HEARD.value,
        help="heard: what a child says (the default); said: what the bear is about to say",
    )
    parser.add_argument("--jsonl", action="store_true", help="one JSON object a line instead of a table")
    parser.add_argument("--policy", action="store_true", help="show what follows from which concern, and end")
    parser.add_argument("--settings", type=Path, action="append", default=[], help="a TOML file")


def run(arguments: argparse.Namespace) -> int:
    logs.configure(level="error")
    if arguments.policy:
        print(load_policy().table(), end="")
        return 0
    if isinstance(sys.stdin, TextIOWrapper):
        # Bytes that are no text are judged as the signs that stand for them: a line must not end the rest.
        sys.stdin.reconfigure(encoding="utf-8", errors="replace", newline="\n")
    with TemporaryDirectory(prefix="teddy-guard-") as folder:
        overrides = {"data": Path(folder), "listening.age": arguments.age}
        settings = read(files=tuple(arguments.settings), overrides=overrides)
        band = AgeBand.of(settings.listening.age)
        return asyncio.run(
            _judge_all(settings, sys.stdin, Side(arguments.side), band, as_json=arguments.jsonl)
        )


@dataclass(frozen=True, slots=True)
class Judged:
    """One sentence, and what the bear would do about it."""

    text: str
    decision: Decision
    categories: tuple[str, ...]
    score: float
    failed: bool

    @property
    def alert(self) -> bool:
        return self.decision is Decision.COMFORT_AND_ALERT

    def as_json(self) -> str:
        return json.dumps(
            {
                "text": self.text,
                "decision": self.decision.value,
                "categories": list(self.categories),
                "score": self.score,
                "alert": self.alert,
            }
        )

    def as_row(self) -> str:
        why = ", ".join(self.categories) + (" (could not be judged)" if self.failed else "")
        return f"{self.decision.value:18}{self.score:5.2f}  {why or '-':32}  {self.text}"


class _Noting:
    """The classifier, and how sure it was."""

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier
        self.score = 0.0

    async def judge(self, text: str, *, side: Side, band: AgeBand) -> Sequence[Finding]:  # noqa: ARG002  # a port
        opinion = await self._classifier.opinion(text, side)
        self.score = max(self.score, opinion.score)
        return opinion.findings


async def _judge_all(settings: Settings, lines: TextIO, side: Side, band: AgeBand, *, as_json: bool) -> int:
    """Each sentence as if it were the first; returns 1 where the guard could not judge one."""
    failed = False
    async with open_classifier(settings) as classifier:
        noting = _Noting(classifier)
        guard = await asyncio.to_thread(load_guard, judges=(noting,), deadline=AT_LEISURE)
        if not as_json:
            print(f"{'decision':18}score  {'categories':32}  sentence")
        for text in _texts(lines):
            judged = await _judge(text, side, band, guard, noting)
            failed |= judged.failed
            print(judged.as_json() if as_json else judged.as_row())
    if failed:
        print("teddy guard: some could not be judged; `teddy doctor` says what is wrong", file=sys.stderr)
    return int(failed)


def _texts(lines: TextIO) -> Iterator[str]:
    for line in lines:
        yield line.rstrip("\r\n")


async def _judge(text: str, side: Side, band: AgeBand, guard: Guard, noting: _Noting) -> Judged:
    noting.score = 0.0
    if side is Side.HEARD:
        verdict = await guard.hear(text, band)
        decision, categories, rules, failed = (
            verdict.decision,
            verdict.categories,
            verdict.rules,
            verdict.failed,
        )
    else:
        passed = await guard.clear(text, so_far="", band=band)
        refused = passed if isinstance(passed, Refused) else None
        decision = Decision.STOP if refused else Decision.ANSWER
        categories, rules, failed = (
            (refused.categories, refused.rules, refused.failed) if refused else ((), (), False)
        )
    by_rule = any(not rule.startswith(("heads.", "guard.")) for rule in rules) and not decision.answers
    return Judged(text, decision, categories, 1.0 if by_rule else round(noting.score, 4), failed)


command = Command(
    help="judge sentences, or show the policy",
    description=(
        "Reads sentences from standard input, one a line, and shows for each, in order, what the guard "
        "decides: answer (a skill may), simplify (answer in small words), redirect, stop, or "
        "comfort_and_alert (stay with the child, and tell the parents). Each is judged by itself, as if "
        "nothing had been said before. An empty line is a sentence without words. With --jsonl every line of "
        "output is an object with text, decision, categories (gravest first), score (0 to 1: how sure the "
        "guard is of a concern; 1 where a rule found it) and alert."
    ),
    configure=configure,
    run=run,
)
