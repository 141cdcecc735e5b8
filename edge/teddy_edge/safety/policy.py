"""What follows from a concern: category x age band x side gives a decision. Every cell is written down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from pydantic import model_validator

from teddy_edge.safety.authored import Authored, parse_authored, read_authored
from teddy_edge.safety.verdict import Decision, Finding, Side
from teddy_shared.ages import AgeBand
from teddy_shared.errors import ConfigError


class Policy:
    """The table. Its order of categories is their gravity."""

    def __init__(self, *, table: Mapping[Side, Mapping[str, Mapping[AgeBand, Decision]]]) -> None:
        self._table = table
        self._gravity = {category: place for place, category in enumerate(table[Side.HEARD])}

    @classmethod
    def parse(cls, data: bytes, *, name: str = "policy.toml") -> Policy:
        """Raises ConfigError naming the cell that is missing or wrong."""
        file = parse_authored(_File, data, name)
        if list(file.heard) != list(file.said):
            differing = sorted(set(file.heard) ^ set(file.said)) or ["their order"]
            raise ConfigError(f"{name}: heard and said must list the same categories: {differing[0]}")
        return cls(table={Side.HEARD: _rows(file.heard), Side.SAID: _rows(file.said)})

    @property
    def categories(self) -> tuple[str, ...]:
        """All of them, gravest first."""
        return tuple(self._gravity)

    def decide(self, category: str, side: Side, band: AgeBand) -> Decision:
        """Raises KeyError for a category that has no row: the guard then fails closed."""
        return self._table[side][category][band]

    def weigh(
        self, findings: Iterable[Finding], side: Side, band: AgeBand
    ) -> tuple[Decision, tuple[str, ...]]:
        """The gravest decision among the findings, and their categories, gravest first."""
        decided = {each.category: self.decide(each.category, side, band) for each in findings}
        if not decided:
            return Decision.ANSWER, ()
        order = sorted(decided, key=lambda each: (-_GRAVITY[decided[each]], self._gravity[each]))
        return decided[order[0]], tuple(order)

    def table(self) -> str:
        """For parents to read."""
        bands = "".join(f"{band.value:>20}" for band in AgeBand)
        lines: list[str] = []
        for side, title in _TITLES.items():
            lines += [title, f"{'years':22}{bands}"]
            for category, row in self._table[side].items():
                cells = "".join(f"{row[band].value.replace('_', ' '):>20}" for band in AgeBand)
                lines.append(f"{category.replace('_', ' '):22}{cells}")
            lines.append("")
        lines += (f"{decision.value.replace('_', ' ')}: {words}" for decision, words in _MEANING.items())
        return "\n".join(lines) + "\n"


def load_policy() -> Policy:
    """The policy of this release; reads a file. Raises ConfigError."""
    return Policy.parse(read_authored("teddy_edge.safety", "policy.toml"))


_TITLES: Final = {
    Side.HEARD: "When a child speaks of it, the gravest first:",
    Side.SAID: "When the bear is about to say it:",
}
_MEANING: Final = {
    Decision.ANSWER: "the bear answers, or says it",
    Decision.SIMPLIFY: "the bear answers in small words",
    Decision.REDIRECT: "a kind line that comforts, or leads elsewhere or to a grown-up",
    Decision.STOP: "a plain no, and why; what the bear was about to say is not said",
    Decision.COMFORT_AND_ALERT: "the bear stays with the child, and the parents are told at once",
}
_GRAVITY = {decision: place for place, decision in enumerate(Decision)}


class Row(Authored):
    """One category. A key is an age band, or "all" for every band that has none of its own."""

    cells: dict[AgeBand, Decision]

    @model_validator(mode="before")
    @classmethod
    def _spread(cls, row: object) -> object:
        if not isinstance(row, Mapping):
            return row
        rest = {band.value: row["all"] for band in AgeBand} if "all" in row else {}
        return {"cells": {**rest, **{key: value for key, value in row.items() if key != "all"}}}

    @model_validator(mode="after")
    def _whole(self) -> Row:
        for band in AgeBand:
            if band not in self.cells:
                raise ValueError(f"nothing is decided for {band.value}")
        return self


class _File(Authored):
    heard: dict[str, Row]
    said: dict[str, Row]

    @model_validator(mode="after")
    def _refuses_plainly(self) -> _File:
        """What the bear is about to say is said or not said: it cannot be redirected."""
        for category, row in self.said.items():
            for band, decision in row.cells.items():
                if decision not in (Decision.ANSWER, Decision.STOP):
                    raise ValueError(f"said.{category}.{band.value} must be answer or stop, not {decision}")
        return self


def _rows(rows: Mapping[str, Row]) -> dict[str, Mapping[AgeBand, Decision]]:
    return {category: row.cells for category, row in rows.items()}
