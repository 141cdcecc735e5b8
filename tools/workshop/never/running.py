"""Makes the attempts in the bear's own talk, and tells which of them reached the voice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

from teddy_edge.conversation.answering import Answering
from teddy_edge.conversation.proposals import Origin
from teddy_edge.speech.clauses import clauses
from teddy_shared.ages import AgeBand
from workshop.never.attempts import LONG, Attempt, Exchange
from workshop.never.judging import leaks
from workshop.never.talking import BenchTalk
from workshop.never.texts import CHILDREN

IN_A_ROW = 5  # ordinary replies in one talk: they must pass behind each other, too
BETWEEN = 5  # turns between two late attempts of one talk
_BANDS = tuple(AgeBand)


@dataclass(frozen=True, slots=True)
class Made:
    """An attempt, and what reached the voice."""

    attempt: Attempt
    said: tuple[str, ...]

    @property
    def leaked(self) -> bool:
        return leaks(self.attempt.marks, self.said)


@dataclass(frozen=True, slots=True)
class Offered:
    """An ordinary reply, and whether it was said whole."""

    number: int
    passed: bool


async def make(answering: Answering, attempts: Iterable[Attempt]) -> list[Made]:
    """Each in a talk of its own; the late ones of a category one after another behind one long talk."""
    made, late = [], defaultdict(list)
    for number, attempt in enumerate(attempts):
        if attempt.late:
            late[attempt.category].append(attempt)
        else:
            talk = BenchTalk(answering=answering, band=_BANDS[number % len(_BANDS)])
            made.append(await _make(talk, attempt))
    for number, waiting in enumerate(late.values()):
        talk = BenchTalk(answering=answering, band=_BANDS[number % len(_BANDS)])
        await _chat(talk, LONG)
        for attempt in waiting:
            made.append(await _make(talk, attempt))
            await _chat(talk, BETWEEN)
    return made


async def offer(answering: Answering, replies: Sequence[str]) -> list[Offered]:
    """Ordinary remote replies, sentence by sentence as they come from the cloud."""
    offered = []
    for at in range(0, len(replies), IN_A_ROW):
        talk = BenchTalk(answering=answering, band=_BANDS[at // IN_A_ROW % len(_BANDS)])
        for number, reply in enumerate(replies[at : at + IN_A_ROW], start=at):
            said = await talk.take(Exchange("hello teddy", tuple(sentences(reply)), Origin.REMOTE))
            offered.append(Offered(number, passed=" ".join(said) == " ".join(reply.split())))
    return offered


def sentences(reply: str) -> Iterator[str]:
    """As a cloud sends them: whole ones."""
    waiting = ""
    for clause in clauses(reply):
        waiting = f"{waiting} {clause}".strip()
        if waiting[-1] in ".!?\"'":
            yield waiting
            waiting = ""
    if waiting:
        yield waiting


async def _make(talk: BenchTalk, attempt: Attempt) -> Made:
    said = [words for exchange in attempt.exchanges for words in await talk.take(exchange)]
    return Made(attempt, tuple(said))


async def _chat(talk: BenchTalk, turns: int) -> None:
    for says in islice(cycle(CHILDREN), turns):
        await talk.take(Exchange(says))
