"""Every line through the guard that listens on the bear, for every band that hears it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Final

from teddy_edge.authoring.findings import Finding
from teddy_edge.authoring.spoken import SpokenLine
from teddy_edge.safety.authored import read_authored
from teddy_edge.safety.guard import Guard, Judge, Refused, Rules
from teddy_edge.safety.policy import load_policy
from teddy_edge.safety.rules import RuleBook
from teddy_shared.ages import AgeBand

PATIENCE: Final = 30.0  # seconds a line; no child waits, and a busy machine must not look like a bad line


class Once:
    """Rules that look at a text once, whatever the age: what follows from it is the policy's."""

    def __init__(self, *, rules: Rules) -> None:
        self.find = lru_cache(maxsize=64)(rules.find)


def load_patient_guard(judges: Sequence[Judge] = ()) -> Guard:
    """The rules and the policy of the bear's guard, with time; reads files. Raises ConfigError."""
    rules = RuleBook.parse(read_authored("teddy_edge.safety", "rules.toml"))
    return Guard(rules=Once(rules=rules), policy=load_policy(), judges=judges, deadline=PATIENCE)


async def refusals(
    guard: Guard, lines: Iterable[SpokenLine], progress: Callable[[int], None] = lambda _: None
) -> list[Finding]:
    """`progress` hears how many are done."""
    found = []
    for done, line in enumerate(lines, 1):
        for band in line.bands or (AgeBand.LITTLE,):
            refused = await guard.clear(line.text, so_far="", band=band)
            if isinstance(refused, Refused):
                found.append(_finding(line, band, refused))
                break
        progress(done)
    return found


def _finding(line: SpokenLine, band: AgeBand, refused: Refused) -> Finding:
    why = ", ".join((*refused.categories, *refused.rules))
    return Finding(
        line.file,
        line.place,
        "guard",
        f"would be held back at {band.value}: {why}",
        "say it in words that cannot be taken for that; the bear would say a safe line instead",
    )
