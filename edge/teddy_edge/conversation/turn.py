"""One turn, as a paragraph: hear, answer, speak, remember."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from teddy_edge.audio.mouth import Mouth, Spoken
from teddy_edge.audio.samples import EAR_RATE, Pcm, ear_ms, mouth_ms
from teddy_edge.conversation.answering import Answer, Answering
from teddy_edge.conversation.journal import Journal, Turn
from teddy_edge.conversation.memory import Memory
from teddy_edge.conversation.meter import Meter
from teddy_edge.conversation.playback import Playback
from teddy_edge.conversation.report import Onlooker, Recorded, Stopwatch, TurnReport
from teddy_edge.conversation.skills.skill import Heard
from teddy_edge.conversation.turn_log import TurnLog
from teddy_edge.ear.segmenter import Utterance
from teddy_edge.inference.governor import Governor, Work
from teddy_edge.safety.guard import Decision, SafeText
from teddy_edge.safety.scripts import Scripts
from teddy_edge.speech.transcriber import Hearing
from teddy_shared.clock import Clock
from teddy_shared.events import Event, Outcome, SafetyAlertRaised, TurnBegun, TurnEnded
from teddy_shared.logs import bound, log

WORTH_ASKING: Final = 4 * EAR_RATE // 10
"""Samples of speech from which an empty hearing is asked back; a shorter one was a cough or a knock."""


class Recogniser(Protocol):
    """Sound to words; blocks, so it runs under the governor."""

    def transcribe(self, pcm: Pcm) -> Hearing: ...


class Speech(Protocol):
    """Safe words to sound."""

    async def speak(self, words: SafeText) -> Pcm: ...


class TurnTaker:
    """Takes one turn after another. To interrupt it is to cancel the task that runs `take`."""

    def __init__(
        self,
        *,
        recogniser: Recogniser,
        answering: Answering,
        scripts: Scripts,
        voice: Speech,
        mouth: Mouth,
        governor: Governor,
        journal: Journal,
        memory: Memory,
        turn_log: TurnLog,
        meter: Meter,
        onlooker: Onlooker,
        clock: Clock,
    ) -> None:
        self._recogniser = recogniser
        self._answering = answering
        self._scripts = scripts
        self._voice = voice
        self._mouth = mouth
        self._governor = governor
        self._journal = journal
        self._memory = memory
        self._turn_log = turn_log
        self._meter = meter
        self._onlooker = onlooker
        self._clock = clock

    async def take(
        self, turn: Turn, utterance: Utterance, playback: Playback, *, speaking: Callable[[], object]
    ) -> None:
        """From an utterance to the end of its answer; calls `speaking` when the first clause is ready."""
        with bound(turn=turn.id, trace=turn.trace.trace_id):
            await self._take(
                _Progress(turn, utterance, Stopwatch(self._clock, turn.decided_at)), playback, speaking
            )

    async def _take(self, progress: _Progress, playback: Playback, speaking: Callable[[], object]) -> None:
        utterance = progress.utterance
        hearing = await self._governor.run(Work.HEARING, self._recogniser.transcribe, utterance.pcm)
        progress.watch.lap("hearing")
        if not hearing.text and utterance.speech < WORTH_ASKING:
            return
        progress.hearing = hearing
        await self._record(progress, TurnBegun(speech_ms=ear_ms(utterance.speech)))
        progress.watch.lap("journal")
        try:
            answer = await self._answer(progress, hearing)
            await self._say(progress, answer, playback, speaking)
            await playback.drained()
            await self._end(progress, playback, "asked_back" if answer.asked_back else "answered")
        except asyncio.CancelledError:
            await self._end(progress, playback, "interrupted")
            raise

    async def _answer(self, progress: _Progress, hearing: Hearing) -> Answer:
        turn, talk = progress.turn, await self._memory.recall()
        heard = Heard(text=hearing.text, confidence=hearing.confidence, band=turn.band)
        doubtful = hearing.doubtful or not hearing.text
        answer = await self._answering.answer(
            heard, talk.recent, doubtful=doubtful, asked_back=talk.asked_back
        )
        progress.answer = answer
        if answer.verdict.decision is Decision.COMFORT_AND_ALERT:
            await self._alert(progress, answer)
        progress.watch.lap("answering")
        return answer

    async def _alert(self, progress: _Progress, answer: Answer) -> None:
        """On disk before a word of comfort is said: power can go at any instruction."""
        for category, advice in self._scripts.alerts(answer.verdict.categories):
            alert = SafetyAlertRaised(category=category, advice=advice)
            await self._record(progress, alert, even_if_stale=True)

    async def _say(
        self, progress: _Progress, answer: Answer, playback: Playback, speaking: Callable[[], object]
    ) -> None:
        turn = progress.turn
        async for number, words in _numbered(self._answering.safe_clauses(answer.reply.text, turn.band)):
            progress.watch.lap("guard")
            pcm = await self._voice.speak(words)
            progress.watch.lap("voice_first" if number == 0 else "voice_rest")
            progress.said.append(words.text)
            await playback.room()
            if number == 0:
                speaking()
            self._mouth.say(Spoken(pcm, turn.generation, number))
            progress.watch.lap("waiting")
        self._mouth.finish(turn.generation)

    async def _end(self, progress: _Progress, playback: Playback, outcome: Outcome) -> None:
        turn, answer = progress.turn, progress.answer
        if progress.ended:
            return  # interrupted while its end was being written: one end is enough
        progress.ended = True
        if answer is not None and playback.clauses_heard == len(progress.said) > 0:
            await self._memory.keep(answer.reply, generation=turn.generation, asked_back=answer.asked_back)
        first_sound = from_last_sample = None
        if playback.first_sound is not None:
            first_sound = progress.watch.since_began_ms(playback.first_sound)
            utterance = progress.utterance
            from_last_sample = round(
                first_sound + 1000 * (utterance.decided - utterance.speech_end) / EAR_RATE, 2
            )
        ended = TurnEnded(
            topic=answer.reply.topic if answer else "unknown",
            skill=answer.reply.skill if answer else "none",
            verdict=answer.verdict.decision.value if answer else "none",
            outcome=outcome,
            speech_ms=ear_ms(progress.utterance.speech),
            reply_ms=mouth_ms(playback.samples_heard),
            stages_ms=progress.watch.stages,
            first_sound_ms=first_sound,
            from_last_sample_ms=from_last_sample,
        )
        self._meter.ended(ended)
        await self._record(progress, ended, even_if_stale=True)
        log("turn").info(
            "turn ended",
            generation=turn.generation,
            outcome=outcome,
            skill=ended.skill,
            verdict=ended.verdict,
            first_sound_ms=first_sound,
            from_last_sample_ms=from_last_sample,
        )
        self._onlooker.saw(_report(progress, ended))
        await self._turn_log.keep(turn, ended)

    async def _record(self, progress: _Progress, event: Event, *, even_if_stale: bool = False) -> None:
        recorded = await self._journal.record(progress.turn, event, even_if_stale=even_if_stale)
        if recorded is not None:
            progress.events.append(recorded)


@dataclass(slots=True)
class _Progress:
    """How far a turn has come; what is missing when it is interrupted stays empty."""

    turn: Turn
    utterance: Utterance
    watch: Stopwatch
    hearing: Hearing | None = None
    answer: Answer | None = None
    ended: bool = False
    said: list[str] = field(default_factory=list)
    events: list[Recorded] = field(default_factory=list)


def _report(progress: _Progress, ended: TurnEnded) -> TurnReport:
    hearing = progress.hearing
    return TurnReport(
        turn=progress.turn.id,
        generation=progress.turn.generation,
        heard=hearing.text if hearing else "",
        confidence=hearing.confidence if hearing else 0.0,
        verdict=ended.verdict,
        skill=ended.skill,
        reply=" ".join(progress.said),
        outcome=ended.outcome,
        stages_ms=ended.stages_ms,
        first_sound_ms=ended.first_sound_ms,
        from_last_sample_ms=ended.from_last_sample_ms,
        events=tuple(progress.events),
    )


async def _numbered(clauses: AsyncIterator[SafeText]) -> AsyncIterator[tuple[int, SafeText]]:
    number = 0
    async for words in clauses:
        yield number, words
        number += 1
