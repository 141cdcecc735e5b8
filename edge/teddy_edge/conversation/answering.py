"""From words heard to words that may be said: guard, skill or script, guard again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from teddy_edge.conversation.limiting import Limiting
from teddy_edge.conversation.plain import is_plain, readings
from teddy_edge.conversation.proposals import Proposal, is_whole, rolling, together
from teddy_edge.conversation.skills.chooser import DISPUTABLE, Choice, Chooser
from teddy_edge.conversation.skills.skill import Heard, Meant, Recent, Reply
from teddy_edge.safety.guard import Decision, Guard, Refused, Safe, SafeText, Verdict, safe_line
from teddy_edge.safety.scripts import Scripts
from teddy_edge.speech.clauses import clauses
from teddy_shared.ages import AgeBand
from teddy_shared.clock import Chance
from teddy_shared.logs import log

MOST_ASKED_BACK: Final = 2  # in a row; a child who is asked a third time gives up
BELIEVABLE: Final = 0.5  # confidence; of less than that most is misheard
WELL_KNOWN: Final = 0.6  # fit of the best skill


@dataclass(frozen=True, slots=True)
class Answer:
    """What the bear is going to say and why. Its text is not safe yet: see `safe_clauses`."""

    verdict: Verdict
    reply: Reply
    asked_back: bool = False
    at_limit: bool = False  # the family's limits speak, or are silent: nothing that counts as talk


@dataclass(frozen=True, slots=True)
class Passed:
    """A clause that may be said."""

    words: SafeText
    instead: bool = False  # a safe line in place of words that the guard refused
    unjudged: bool = False  # and it refused since it could not judge


class Understanding(Protocol):
    """Help for sentences that the rules are unsure of."""

    async def meant(self, text: str) -> Meant | None:
        """What the words resemble; None where nobody can tell. Never raises."""


class RulesAlone:
    """No help."""

    async def meant(self, text: str) -> None:
        pass


class Answering:
    """Knows nothing of sound: the same for what is spoken and for what is typed."""

    def __init__(
        self,
        *,
        guard: Guard,
        scripts: Scripts,
        chooser: Chooser,
        understanding: Understanding,
        chance: Chance,
        limiting: Limiting | None = None,  # none where nobody limits a talk
    ) -> None:
        self._guard = guard
        self._scripts = scripts
        self._chooser = chooser
        self._understanding = understanding
        self._chance = chance
        self._limiting = limiting

    async def answer(
        self, heard: Heard, recent: Recent, *, doubtful: bool, asked_back: int, before: Sequence[str] = ()
    ) -> Answer:
        """The guard decides first; what is doubtful and makes no sense is asked back, never an emergency.

        `before` is what the child said in the turns before, for the guard.
        """
        verdict = await self._guard.hear(heard.text, heard.band, before=before)
        if verdict.failed:
            return Answer(verdict, _plain(safe_line(Safe.FAILED, heard.band), "guard"))
        if not verdict.decision.answers:
            if self._limiting and verdict.decision is Decision.COMFORT_AND_ALERT:
                self._limiting.stay()
            return Answer(verdict, self._guarded(verdict, heard, recent))
        choice = self._chooser.choose(heard, recent)
        if self._limiting and self._limiting.closed:
            meant_by_rules = choice.answer(recent, self._chance)
            instead = self._limiting.instead(heard, meant_by_rules, recent, self._chance)
            if instead is not None:
                return Answer(verdict, instead, at_limit=True)
        if doubtful and asked_back < MOST_ASKED_BACK and not _makes_sense(choice):
            line = safe_line(Safe.UNCLEAR, heard.band, nth=asked_back)
            return Answer(verdict, _plain(line, "asking_back"), asked_back=True)
        if choice.fit < DISPUTABLE and (meant := await self._understanding.meant(choice.heard.text)):
            choice = self._chooser.choose_meant(choice, meant, recent)
        reply = choice.answer(recent, self._chance)
        if self._limiting:
            reply = self._limiting.before_the_end(heard, reply, recent, self._chance)
        return Answer(verdict, reply)

    def _guarded(self, verdict: Verdict, heard: Heard, recent: Recent) -> Reply:
        """The script; what is no emergency is said in other words to a child who goes on about it."""
        category = verdict.categories[0] if verdict.categories else "general"
        reply = Reply(
            text=self._scripts.line(verdict, heard.band),
            skill="guard",
            topic=verdict.decision.value,
            lines=(f"guard.{verdict.decision.value}.{category}",),
        )
        if verdict.decision is Decision.COMFORT_AND_ALERT:
            return reply
        return self._chooser.insisted(reply, category, heard, recent, self._chance)

    async def safe_clauses(self, text: str, band: AgeBand) -> AsyncIterator[Passed]:
        """The reply clause by clause as far as the guard passes it; then a safe line, and the end."""
        refused = await self._guard.clear_reply(text, band, own=True)
        if refused is not None:
            yield _instead(refused, band)
            return
        so_far = ""
        for clause in clauses(text):
            words = await self._guard.clear(clause, so_far=so_far, band=band, own=True)
            if isinstance(words, Refused):
                yield _instead(words, band)
                return
            yield Passed(words)
            so_far = f"{so_far} {clause}".strip()

    async def safe_proposal(self, proposal: Proposal, band: AgeBand, *, before: str) -> AsyncIterator[Passed]:
        """Somebody else's words as they come, as far as the guard passes them; then a safe line, and the end.

        `before` are strangers' words that were said in this talk already: nothing is hidden by saying it in
        pieces, for each sentence is judged whole, alone and behind all of them.
        """
        so_far = before
        async for sentence in proposal.sentences():
            refused = await self._doubt(sentence, so_far, band)
            for clause in () if refused else clauses(sentence):
                words = await self._guard.clear(clause, so_far=so_far, band=band)
                if isinstance(words, Refused):
                    refused = words
                    break
                yield Passed(words)
                so_far = rolling(so_far, clause)
            if refused:
                yield _instead(refused, band, origin=proposal.origin.value)
                return

    async def _doubt(self, sentence: str, so_far: str, band: AgeBand) -> Refused | None:
        """What speaks against it as a whole: how it is written, and what it says behind the others."""
        if not is_whole(sentence) or not is_plain(sentence):
            return Refused(rules=("proposal.not_plain",))
        read = (each for text in together(so_far, sentence) for each in readings(text))
        for text in dict.fromkeys(read):
            if refused := await self._guard.clear_reply(text, band):
                return refused
        return None


def as_said(reply: Reply, said: Sequence[Passed]) -> Reply:
    """The reply as it was really said: where the guard stepped in, it is the guard's."""
    text = " ".join(each.words.text for each in said)
    if any(each.instead for each in said):
        return Reply(text=text, skill="guard", topic="refused", outside=reply.outside)
    return reply.worded(text)


def _instead(refused: Refused, band: AgeBand, *, origin: str = "skill") -> Passed:
    """What is said in place of words that must not be, or could not be judged."""
    log("guard").warning("reply refused", rules=refused.rules, failed=refused.failed, origin=origin)
    line = safe_line(Safe.FAILED if refused.failed else Safe.REFUSED, band)
    return Passed(line, instead=True, unjudged=refused.failed)


def _makes_sense(choice: Choice) -> bool:
    """One unlikely word in a sentence that a skill knows well need not be asked back."""
    return choice.heard.confidence >= BELIEVABLE and choice.fit >= WELL_KNOWN


def _plain(line: SafeText, skill: str) -> Reply:
    return Reply(text=line.text, skill=skill, topic=skill)
