"""A talk by keyboard: the same answering and memory as by voice."""

from __future__ import annotations

from typing import Any

from teddy_edge.conversation.answering import Answering, as_said
from teddy_edge.conversation.generation import Generations
from teddy_edge.conversation.memory import Memory
from teddy_edge.conversation.skills.skill import Heard
from teddy_edge.safety.guard import Decision
from teddy_shared.ages import AgeBand


class TypedTalk:
    """Takes one typed turn after another."""

    def __init__(
        self, *, answering: Answering, memory: Memory, generations: Generations, band: AgeBand
    ) -> None:
        self._answering = answering
        self._memory = memory
        self._generations = generations
        self._band = band

    async def hear(self, words: str) -> dict[str, Any]:
        """What the bear would answer, and why."""
        generation = self._generations.next()
        talk = await self._memory.recall()
        heard = Heard(text=words, confidence=1.0, band=self._band)
        answer = await self._answering.answer(
            heard, talk.recent, doubtful=False, asked_back=0, before=talk.said
        )
        await self._memory.heard(words)
        said = [each async for each in self._answering.safe_clauses(answer.reply.text, self._band)]
        reply = as_said(answer.reply, said)
        await self._memory.keep(reply, generation=generation, asked_back=False)
        return {
            "heard": words,
            "verdict": answer.verdict.decision.value,
            "categories": list(answer.verdict.categories),
            "alert": answer.verdict.decision is Decision.COMFORT_AND_ALERT,
            "skill": reply.skill,
            "topic": reply.topic,
            "reply": reply.text,
        }
