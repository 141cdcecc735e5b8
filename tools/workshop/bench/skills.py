"""Whether requests that the skills were not tuned to find the skill that fits, and none ends in nothing."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field

from teddy_edge.conversation.answering import Answering, RulesAlone, Understanding
from teddy_edge.conversation.skills.by_meaning import ByMeaning, load_examples
from teddy_edge.conversation.skills.chooser import load_chooser
from teddy_edge.conversation.skills.skill import Heard, Recent, Reply
from teddy_edge.inference.governor import ThreadGovernor
from teddy_edge.inference.meaning import open_meaning
from teddy_edge.inference.models import ModelStore
from teddy_edge.safety.authored import Authored, parse_authored
from teddy_edge.safety.guard import load_guard, safe_lines
from teddy_edge.safety.scripts import load_scripts
from teddy_edge.settings import read
from teddy_shared.ages import AgeBand
from teddy_shared.clock import SeededChance
from workshop.measuring import Figure, Options

HELD_BACK: Final = Path(__file__).with_name("skills_heldback.toml")
RIGHT_LEAST: Final = 0.8

_SAFE: Final = frozenset(line.text for line in safe_lines())


@dataclass(frozen=True)
class Answered:
    """What became of one request."""

    says: str
    skill: str
    dead_end: bool  # no words, words that the guard stopped, or a shrug with nothing to go on from
    right: bool = True


def run(options: Options) -> Sequence[Figure]:  # noqa: ARG001  # nothing here is timed
    return asyncio.run(_run())


async def _run() -> Sequence[Figure]:
    held = parse_authored(_HeldBack, HELD_BACK.read_bytes(), HELD_BACK.name)
    store = ModelStore(read().models.cache)
    store.prepare(lambda line: print(line, file=sys.stderr, flush=True))
    governor = ThreadGovernor()
    try:
        by_meaning = ByMeaning(
            examples=load_examples(), open_embedder=partial(open_meaning, store), governor=governor
        )
        as_the_bear, by_rules = _answering(by_meaning), _answering(RulesAlone())
        asked = [await _ask(as_the_bear, row) for row in held.ask]
        odd = [await _ask(as_the_bear, row) for row in held.odd]
        paraphrased = [await _ask(as_the_bear, row) for row in held.paraphrased]
        rules = [[await _ask(by_rules, row) for row in rows] for rows in (held.ask, held.paraphrased)]
    finally:
        governor.close()
    _tell(asked, odd, paraphrased)
    dead_ends = sum(each.dead_end for each in (*asked, *odd, *paraphrased))
    return [
        Figure("right_share", _share(asked), "of 1", bar=RIGHT_LEAST, more_is_better=True),
        Figure("right_share_rules", _share(rules[0]), "of 1"),
        Figure("right_share_paraphrased", _share(paraphrased), "of 1"),
        Figure("right_share_paraphrased_rules", _share(rules[1]), "of 1"),
        Figure("dead_ends", dead_ends, "requests", bar=0),
        Figure("requests", len(asked), "requests"),
        Figure("paraphrases", len(paraphrased), "requests"),
    ]


def _answering(understanding: Understanding) -> Answering:
    return Answering(
        guard=load_guard(),
        scripts=load_scripts(),
        chooser=load_chooser(),
        understanding=understanding,
        chance=SeededChance(1),
    )


def _share(answered: Sequence[Answered]) -> float:
    return sum(each.right for each in answered) / len(answered)


def _tell(*groups: Sequence[Answered]) -> None:
    for each in (each for group in groups for each in group):
        if not each.right:
            print(f"not the skill that fits: {each.says!r} went to {each.skill}")
        if each.dead_end:
            print(f"a dead end: {each.says!r} at {each.skill}")


async def _ask(answering: Answering, row: _Request) -> Answered:
    """The request after what was said ahead of it, through the guard as on the bear."""
    band, recent = AgeBand.of(row.age), Recent()
    for text in row.before:
        recent = recent.after(await _reply(answering, text, band, recent))
    reply = await _reply(answering, row.says, band, recent)
    said = [passed.words.text async for passed in answering.safe_clauses(reply.text, band)]
    return Answered(
        says=row.says,
        skill=reply.skill,
        dead_end=not said or not _SAFE.isdisjoint(said) or await _leads_nowhere(answering, reply, band),
        right=not row.skills or reply.skill in row.skills,
    )


async def _reply(answering: Answering, text: str, band: AgeBand, recent: Recent) -> Reply:
    heard = Heard(text=text, confidence=1.0, band=band)
    return (await answering.answer(heard, recent, doubtful=False, asked_back=0)).reply


async def _leads_nowhere(answering: Answering, reply: Reply, band: AgeBand) -> bool:
    """Whether the bear shrugs and a "yes" to what it offers only gets another shrug."""
    if reply.skill != "fallback":
        return False
    if "yes" not in reply.note:
        return reply.topic != "waiting"  # "take your time" to a child that said nothing yet
    then = await _reply(answering, "yes please", band, Recent().after(reply))
    return then.skill in ("fallback", "guard")


class _Request(Authored):
    age: int
    says: str
    skills: tuple[str, ...] = ()
    before: tuple[str, ...] = ()


class _HeldBack(Authored):
    ask: Annotated[tuple[_Request, ...], Field(min_length=60)]
    odd: tuple[_Request, ...]
    paraphrased: Annotated[tuple[_Request, ...], Field(min_length=40)]
