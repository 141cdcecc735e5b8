"""The authored lines of the guard: what is said instead of an answer, and what parents are advised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pydantic import Field

from teddy_edge.safety.authored import Authored, parse_authored, read_authored
from teddy_edge.safety.policy import Policy, load_policy
from teddy_edge.safety.verdict import Decision, Side, Verdict
from teddy_shared.ages import AgeBand
from teddy_shared.errors import ConfigError


class Scripts:
    """Lines by decision, category and band. They pass the guard like everything else that is said."""

    def __init__(
        self,
        *,
        lines: Mapping[tuple[Decision, str, AgeBand], str],
        general: Mapping[tuple[Decision, AgeBand], str],
        advice: Mapping[str, str],
    ) -> None:
        self._lines = lines
        self._general = general
        self._advice = advice

    @classmethod
    def parse(cls, data: bytes, *, policy: Policy, name: str = "scripts.toml") -> Scripts:
        """Raises ConfigError where the policy asks for a line or an advice that is not written."""
        file = parse_authored(_File, data, name)
        lines: dict[tuple[Decision, str, AgeBand], str] = {}
        for band in AgeBand:
            for category in policy.categories:
                decision = policy.decide(category, Side.HEARD, band)
                if decision.answers:
                    continue
                line = _line(file.scripts(decision).get(category, {}), band)
                if line is None:
                    raise ConfigError(f"{name}: {decision.value}.{category} has no line for {band.value}")
                lines[decision, category, band] = line
                if decision is Decision.COMFORT_AND_ALERT and category not in file.advice:
                    raise ConfigError(f"{name}: advice.{category} is missing")
        general: dict[tuple[Decision, AgeBand], str] = {}
        for decision in (Decision.REDIRECT, Decision.STOP, Decision.COMFORT_AND_ALERT):
            for band in AgeBand:
                line = _line(file.scripts(decision).get("general", {}), band)
                if line is None:
                    raise ConfigError(f"{name}: {decision.value}.general has no line for {band.value}")
                general[decision, band] = line
        return cls(lines=lines, general=general, advice=file.advice)

    def line(self, verdict: Verdict, band: AgeBand) -> str:
        """What to say to a verdict that a skill may not answer; its gravest category decides."""
        decision = Decision.STOP if verdict.decision.answers else verdict.decision
        for category in verdict.categories:
            if line := self._lines.get((decision, category, band)):
                return line
        return self._general[decision, band]

    def advice(self, category: str) -> str:
        """What kind of help a child needs and what to do; quotes nobody and names nobody."""
        return self._advice.get(category, self._advice["general"])

    def alerts(self, categories: Sequence[str]) -> list[tuple[str, str]]:
        """Each category that parents must hear of, with its advice; at least one, of the gravest."""
        known = [each for each in categories if each in self._advice] or list(categories[:1])
        return [(category, self.advice(category)) for category in known]

    def every_line(self) -> Iterator[tuple[AgeBand, str]]:
        """All lines, for rendering ahead and for the guard's own test."""
        for (_, _, band), line in self._lines.items():
            yield band, line
        for (_, band), line in self._general.items():
            yield band, line


def load_scripts(policy: Policy | None = None) -> Scripts:
    """The lines of this release; reads files. Raises ConfigError."""
    data = read_authored("teddy_edge.safety", "scripts.toml")
    return Scripts.parse(data, policy=policy or load_policy())


_Lines = dict[str, str]  # by age band, or "all"


class _File(Authored):
    redirect: dict[str, _Lines]
    stop: dict[str, _Lines]
    comfort_and_alert: dict[str, _Lines]
    advice: dict[str, str] = Field(min_length=1)

    def scripts(self, decision: Decision) -> Mapping[str, _Lines]:
        return {
            Decision.REDIRECT: self.redirect,
            Decision.STOP: self.stop,
            Decision.COMFORT_AND_ALERT: self.comfort_and_alert,
        }[decision]


def _line(cells: Mapping[str, str], band: AgeBand) -> str | None:
    return cells.get(band.value, cells.get("all"))
