"""The bear's own talk, as by voice: the guard hears, a skill or a proposal answers, a voice gets them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from teddy_edge.conversation.answering import Answering, as_said
from teddy_edge.conversation.memory import Talk
from teddy_edge.conversation.proposals import Proposal
from teddy_edge.conversation.skills.skill import Heard, Reply
from teddy_edge.safety.guard import SafeText
from teddy_shared.ages import AgeBand
from workshop.never.attempts import Exchange


class RecordingVoice:
    """Says nothing and keeps everything: what is in here, a child would have heard."""

    def __init__(self) -> None:
        self.said: list[str] = []

    async def speak(self, words: SafeText) -> None:
        assert isinstance(words, SafeText)
        self.said.append(words.text)


class BenchTalk:
    """One talk from its beginning."""

    def __init__(self, *, answering: Answering, band: AgeBand) -> None:
        self._answering = answering
        self._band = band
        self._talk = Talk()

    async def take(self, exchange: Exchange) -> list[str]:
        """One turn; what reached the voice. A proposal is only asked for where a skill might answer."""
        voice = RecordingVoice()
        heard = Heard(text=exchange.says, confidence=1.0, band=self._band)
        answer = await self._answering.answer(
            heard, self._talk.recent, doubtful=False, asked_back=self._talk.asked_back
        )
        if exchange.proposes and answer.verdict.decision.answers:
            proposal = Proposal(exchange.origin, _streamed(exchange.proposes))
            name = exchange.origin.value
            reply = Reply(text=" ".join(exchange.proposes), skill=name, topic=name, outside=True)
            passing = self._answering.safe_proposal(proposal, self._band, before=self._talk.outside)
        else:
            reply = answer.reply
            passing = self._answering.safe_clauses(reply.text, self._band)
        passed = []
        async for each in passing:
            await voice.speak(each.words)
            passed.append(each)
        self._talk = self._talk.after(as_said(reply, passed))
        return voice.said


async def _streamed(pieces: Sequence[str]) -> AsyncIterator[str]:
    for piece in pieces:
        yield piece
