"""The guard on both sides of the talk, and the only maker of SafeText; when it fails, it fails closed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol, final

from teddy_edge.safety.authored import read_authored
from teddy_edge.safety.policy import Policy
from teddy_edge.safety.rules import RuleBook
from teddy_edge.safety.verdict import Decision, Finding, Refused, Side, Verdict
from teddy_shared.ages import AgeBand
from teddy_shared.errors import ConfigError
from teddy_shared.logs import log

DEADLINE: Final = 2.0
"""Seconds for one judgement. It takes milliseconds, but on a busy board it may wait for a voice to end."""
LONGEST: Final = 4000  # letters; ten times a turn of 15 s. An endless text must not stall the bear

WINDOWS: Final = (1, 3)  # turns before a sentence that it is judged together with
TURNS_KEPT: Final = max(WINDOWS)

_ROOM: Final = "teddy_edge.safety"


@final
@dataclass(frozen=True, slots=True)
class SafeText:
    """Text that a guard has passed. Built in this module and nowhere else."""

    text: str


class Safe(StrEnum):
    """Why a fixed line is said instead of an answer."""

    FAILED = "failed"  # the guard could not judge
    REFUSED = "refused"  # the guard refused the reply
    UNCLEAR = "unclear"  # the words were not understood
    BROKEN = "broken"  # some part of the bear failed to answer


class Judge(Protocol):
    """A further opinion beside the rules, such as a classifier that runs under the governor."""

    async def judge(self, text: str, *, side: Side, band: AgeBand) -> Sequence[Finding]: ...


class Rules(Protocol):
    """Patterns of concern; quick and bounded, so they run on the loop."""

    def find(self, text: str, side: Side) -> Sequence[Finding]: ...


class Guard:
    """Judges what is heard and what is about to be said. No method raises, whatever its parts do."""

    def __init__(
        self,
        *,
        rules: Rules | None,
        policy: Policy | None,
        judges: Sequence[Judge] = (),
        deadline: float = DEADLINE,
    ) -> None:
        """Without rules or a policy every judgement fails, and the bear has its safe lines left."""
        self._rules = rules
        self._policy = policy
        self._judges = tuple(judges)
        self._deadline = deadline

    async def hear(
        self, text: str, band: AgeBand, alternatives: Sequence[str] = (), before: Sequence[str] = ()
    ) -> Verdict:
        """What to do about a child's sentence.

        `alternatives` are other hearings of it: an emergency in any of them counts, since a doubtful
        recogniser must not hide one; other concerns in them do not, since the child never said them.
        `before` are the child's sentences of the last turns, the newest last: what is said in pieces counts
        when its last piece is said, and only then.
        """
        judged = await self._judge((text,), Side.HEARD, band)
        if before and judged.failure is None:
            judged = await self._pieced(judged, text, before, band)
        found = judged.findings
        if alternatives and self._rules is not None:
            others = await self._judge(alternatives, Side.HEARD, band)
            found = (*found, *(each for each in others.findings if self._alarms(each, band)))
        return self._verdict(found, judged.failure, band)

    async def clear(
        self, clause: str, *, so_far: str, band: AgeBand, own: bool = False
    ) -> SafeText | Refused:
        """The clause as safe text, if it passes alone and together with what was said before it.

        Of the bear's `own` authored lines, a finding that is not sure stops none.
        """
        whole = f"{so_far} {clause}" if so_far else clause
        refused = await self._refuse((clause, whole) if so_far else (clause,), band, own=own)
        return refused or SafeText(clause)

    async def clear_reply(self, text: str, band: AgeBand, *, own: bool = False) -> Refused | None:
        """Why a reply as a whole must not be said; None if it may."""
        return await self._refuse((text,), band, own=own)

    async def _pieced(self, alone: _Judged, text: str, before: Sequence[str], band: AgeBand) -> _Judged:
        """What the sentence alone shows, and what only shows together with those before it."""
        earlier = tuple(dict.fromkeys(" ".join(before[-turns:]) for turns in WINDOWS))
        known = await self._judge(earlier, Side.HEARD, band)
        together = await self._judge([f"{each} {text}" for each in earlier], Side.HEARD, band)
        old = {each.category for each in (*alone.findings, *known.findings)}
        new = tuple(each for each in together.findings if each.category not in old)
        return _Judged((*alone.findings, *new), known.failure or together.failure)

    async def _refuse(self, texts: Sequence[str], band: AgeBand, *, own: bool) -> Refused | None:
        judged = await self._judge(texts, Side.SAID, band)
        found = [each for each in judged.findings if each.sure or not own]
        try:
            if self._policy is None or judged.failure:
                return _failed_reply(judged.failure)
            decision, categories = self._policy.weigh(found, Side.SAID, band)
        except Exception as error:  # barrier: a category without a row in the policy is not cleared by it
            return _failed_reply(_failure("policy", error))
        if decision.answers:
            return None
        return Refused(categories, tuple(dict.fromkeys(each.rule for each in found)))

    async def _judge(self, texts: Sequence[str], side: Side, band: AgeBand) -> _Judged:
        """What all rules and judges see; what was found before something failed is kept."""
        findings: list[Finding] = []
        part = "rules"
        try:
            if self._rules is None:
                return _Judged((), "guard.no_rules")
            if any(len(text) > LONGEST for text in texts):
                return _Judged((), "guard.too_long")
            async with asyncio.timeout(self._deadline):
                for text in texts:
                    findings += self._rules.find(text, side)
                part = "judge"
                for judge in self._judges:
                    for text in texts:
                        findings += await judge.judge(text, side=side, band=band)
        except Exception as error:  # barrier: a broken rule or judge must not let words through
            return _Judged(tuple(findings), _failure(part, error))
        return _Judged(tuple(findings), None)

    def _verdict(self, found: Sequence[Finding], failure: str | None, band: AgeBand) -> Verdict:
        try:
            if self._policy is None:
                return Verdict(Decision.STOP, (), ("guard.no_policy",), failed=True)
            decision, categories = self._policy.weigh(found, Side.HEARD, band)
        except Exception as error:  # barrier: see _refuse
            return Verdict(Decision.STOP, (), (_failure("policy", error),), failed=True)
        rules = tuple(dict.fromkeys(each.rule for each in found))
        if failure is None:
            return Verdict(decision, categories, rules)
        if decision is Decision.COMFORT_AND_ALERT:  # comfort and help outrank a part that broke beside them
            return Verdict(decision, categories, (*rules, failure))
        return Verdict(Decision.STOP, categories, (*rules, failure), failed=True)

    async def works(self) -> bool:
        """Whether it tells good from bad, both ways; for whoever looks after the bear."""
        heard = await self.hear("hello teddy", AgeBand.MIDDLE)
        said = await self.clear("Bees can dance.", so_far="", band=AgeBand.MIDDLE)
        stopped = await self.clear("Here is how to make a bomb.", so_far="", band=AgeBand.MIDDLE)
        return not heard.failed and isinstance(said, SafeText) and isinstance(stopped, Refused)

    def _alarms(self, finding: Finding, band: AgeBand) -> bool:
        try:
            return self._policy is not None and (
                self._policy.decide(finding.category, Side.HEARD, band) is Decision.COMFORT_AND_ALERT
            )
        except KeyError:
            return True  # unknown, so it is kept and makes the verdict fail


def load_guard(
    *,
    judges: Sequence[Judge] = (),
    deadline: float = DEADLINE,
    read: Callable[[str, str], bytes] = read_authored,
) -> Guard:
    """The guard of this release; reads files. A broken file makes a guard that passes nothing."""
    rules: RuleBook | None = None
    policy: Policy | None = None
    try:
        policy = Policy.parse(read(_ROOM, "policy.toml"))
        rules = RuleBook.parse(read(_ROOM, "rules.toml"))
        if unruled := rules.categories - set(policy.categories):
            raise ConfigError(f"policy.toml says nothing about {sorted(unruled)[0]}")
    except ConfigError as error:
        log("guard").error("the guard is closed: nothing but safe lines will be said", reason=str(error))
        return Guard(rules=None, policy=policy, judges=judges, deadline=deadline)
    return Guard(rules=rules, policy=policy, judges=judges, deadline=deadline)


def safe_line(reason: Safe, band: AgeBand, *, nth: int = 0) -> SafeText:
    """One of a few fixed lines; `nth` takes turns among them. Needs no file and never fails."""
    lines = _LINES[reason][band is AgeBand.LITTLE]
    return SafeText(lines[nth % len(lines)])


def safe_lines() -> tuple[SafeText, ...]:
    """All fixed lines, for rendering ahead."""
    both = (line for pair in _LINES.values() for lines in pair for line in lines)
    return tuple(SafeText(line) for line in dict.fromkeys(both))


# Constants and no data file, so that a broken file cannot take the bear's last words away.
# For each reason: (for five to ten, for three and four).
_LINES: Final[dict[Safe, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    Safe.FAILED: (
        (
            "Hmm, I got a bit muddled. Let's ask a grown-up together.",
            "My head is a little fuzzy. A grown-up can help us.",
        ),
        ("Oh, I'm muddled. Let's get a grown-up.",),
    ),
    Safe.REFUSED: (
        (
            "Hmm, let's talk about something else. Shall I tell you about an animal?",
            "Let me think of something nicer. Would you like a joke?",
        ),
        ("Let's talk about something else. Maybe a cat?",),
    ),
    Safe.UNCLEAR: (
        (
            "Sorry, I didn't catch that. Can you say it again?",
            "My ears missed that. Say it once more, please?",
        ),
        ("Sorry, what was that? Say it again?",),
    ),
    Safe.BROKEN: (
        (
            "Oh dear, I lost my words. Let's try again in a moment.",
            "Oops, my thoughts got tangled. Can we try again?",
        ),
        ("Oops, I lost my words. Let's try again.",),
    ),
}


@dataclass(frozen=True, slots=True)
class _Judged:
    findings: tuple[Finding, ...]
    failure: str | None  # a name fit for a log


def _failure(part: str, error: Exception) -> str:
    """Names the kind of failure only: a message could hold a child's words."""
    kind = "too_slow" if isinstance(error, TimeoutError) else type(error).__name__
    log("guard").warning("a part of the guard failed", part=part, kind=kind)
    return f"guard.{part}_failed"


def _failed_reply(failure: str | None) -> Refused:
    return Refused((), (failure or "guard.no_policy",), failed=True)


__all__ = [
    "Decision",
    "Finding",
    "Guard",
    "Judge",
    "Refused",
    "Rules",
    "Safe",
    "SafeText",
    "Side",
    "Verdict",
    "load_guard",
    "safe_line",
    "safe_lines",
]
