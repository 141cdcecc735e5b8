"""One turn, as a paragraph: hear, answer, speak, remember."""

from __future__ import annotations

import asyncio
import contextlib
import traceback
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from teddy_edge.audio.mouth import Mouth, Spoken
from teddy_edge.audio.samples import EAR_RATE, Pcm, ear_ms, mouth_ms
from teddy_edge.conversation.answering import Answer, Answering, Passed, as_said
from teddy_edge.conversation.guard_alarm import GuardAlarm
from teddy_edge.conversation.hearing_ahead import HearingAhead, Understood
from teddy_edge.conversation.inbox import Said
from teddy_edge.conversation.journal import PATIENCE, Journal, Turn
from teddy_edge.conversation.limiting import Allowance
from teddy_edge.conversation.memory import Memory
from teddy_edge.conversation.meter import Meter
from teddy_edge.conversation.playback import Playback
from teddy_edge.conversation.report import Onlooker, Recorded, Stopwatch, TurnReport
from teddy_edge.conversation.skills.skill import Heard
from teddy_edge.conversation.turn_log import TurnLog
from teddy_edge.ear.attention import NAME_ALONE, Attention
from teddy_edge.ear.segmenter import Utterance
from teddy_edge.errors import PartDied
from teddy_edge.safety.guard import Decision, Safe, SafeText, safe_line
from teddy_edge.safety.scripts import Scripts
from teddy_edge.speech.transcriber import Hearing
from teddy_shared.clock import Clock
from teddy_shared.events import Event, Outcome, SafetyAlertRaised, TurnBegun, TurnEnded
from teddy_shared.logs import bound, log

# Seconds after which a model counts as hung: the turn fails with a safe line, a second one ends the process.
HEARING_MOST: Final = 10.0  # 15 s of speech take three on the smallest board
VOICE_MOST: Final = 5.0  # a clause
WORTH_ASKING: Final = 4 * EAR_RATE // 10
"""Samples of speech from which an empty hearing is asked back; a shorter one was a cough or a knock."""


class Speech(Protocol):
    """Safe words to sound."""

    async def speak(self, words: SafeText) -> Pcm: ...


class TurnTaker:
    """Takes one turn after another. To interrupt it is to cancel the task that runs `take`."""

    def __init__(
        self,
        *,
        hearing: HearingAhead,
        attention: Attention,
        answering: Answering,
        scripts: Scripts,
        voice: Speech,
        mouth: Mouth,
        journal: Journal,
        allowance: Allowance,
        memory: Memory,
        turn_log: TurnLog,
        meter: Meter,
        alarm: GuardAlarm,
        onlooker: Onlooker,
        clock: Clock,
    ) -> None:
        self._hearing = hearing
        self._attention = attention
        self._answering = answering
        self._scripts = scripts
        self._voice = voice
        self._mouth = mouth
        self._journal = journal
        self._allowance = allowance
        self._memory = memory
        self._turn_log = turn_log
        self._meter = meter
        self._alarm = alarm
        self._onlooker = onlooker
        self._clock = clock
        self._failures = 0  # in a row

    async def take(
        self, turn: Turn, said: Said, playback: Playback, *, speaking: Callable[[], object]
    ) -> None:
        """From an utterance to the end of its answer; calls `speaking` when the first clause is ready."""
        watch = Stopwatch(self._clock, turn.decided_at)
        with bound(turn=turn.id, trace=turn.trace.trace_id):
            await self._take(_Progress(turn, said, watch, playback.said), playback, speaking)

    async def keep_what_was_heard(self, turn: Turn, playback: Playback) -> None:
        """Of a reply that is about to be given up: the words before the play cursor, and no more."""
        answer, heard = playback.answer, playback.words_heard
        if answer and heard:
            reply = as_said(answer.reply, playback.said).worded(heard)
            whole = playback.last_clause_began
            await self._memory.keep(
                reply,
                generation=turn.generation,
                asked_back=answer.asked_back,
                whole=whole,
                profile=turn.profile,
            )

    async def _take(self, progress: _Progress, playback: Playback, speaking: Callable[[], object]) -> None:
        try:
            heard = await self._hear(progress)
            if not heard:
                return
            playback.answer = answer = await self._answer(progress, heard)
            progress.turn.understood.set()
            if answer.reply.text:  # else silence is the answer
                await self._say(progress, answer.reply.text, playback, speaking)
                await playback.drained()
            await self._end(progress, playback, "asked_back" if answer.asked_back else "answered")
            self._failures = 0
        except asyncio.CancelledError:
            await self._end(progress, playback, "interrupted")
            raise
        except Exception as error:  # barrier: a bug in one turn must not silence the bear; see _fail
            await self._fail(progress, playback, speaking, error)
        finally:
            progress.turn.understood.set()

    async def _hear(self, progress: _Progress) -> Hearing | None:
        """None where it was a cough or a knock, or a talk that was meant for somebody else."""
        utterance = progress.utterance
        async with asyncio.timeout(HEARING_MOST):
            understood = progress.heard_already or await self._hearing.hear(utterance)
        progress.watch.lap("hearing")
        hearing = understood.hearing
        if understood.ahead is not None:
            progress.watch.aside("hearing_ahead", understood.ahead)
        words = self._attention.words_for_bear(
            utterance, hearing.text, doubtful=hearing.doubtful, called=hearing.called
        )
        if words is None or (not words and utterance.speech < WORTH_ASKING):
            return None
        progress.hearing, progress.words = hearing, words
        await self._record(progress, TurnBegun(speech_ms=ear_ms(utterance.speech)))
        progress.watch.lap("journal")
        return hearing

    async def _fail(
        self, progress: _Progress, playback: Playback, speaking: Callable[[], object], error: Exception
    ) -> None:
        """A safe line once; a second failure in a row ends the process, and systemd starts a clean one.

        The error's text may hold a child's words, so only its class and its place are told.
        """
        where = traceback.extract_tb(error.__traceback__)[-1]
        log("turn").error("turn failed", error=type(error).__name__, at=f"{where.name}:{where.lineno}")
        progress.turn.understood.set()  # nothing more will be; whoever interrupts need not wait for it
        self._failures += 1
        try:
            if self._failures == 1 and not progress.said:
                broken = safe_line(Safe.BROKEN, progress.turn.band)
                with contextlib.suppress(Exception):  # the voice may be what is broken; then nothing is said
                    await self._say(progress, broken.text, playback, speaking)
                    await playback.drained()
        finally:  # also when the safe line is interrupted: a turn that began has an end
            self._mouth.finish(progress.turn.generation)
            await self._end(progress, playback, "failed")
        if self._failures > 1:
            raise PartDied("turn") from None

    async def _answer(self, progress: _Progress, hearing: Hearing) -> Answer:
        turn, talk = progress.turn, await self._memory.recall(progress.turn.profile)
        heard = Heard(text=progress.words, confidence=hearing.confidence, band=turn.band)
        # That the bear was called is sure: its name was spotted and understood.
        doubtful = (hearing.doubtful and progress.words != NAME_ALONE) or not progress.words
        answer = await self._answering.answer(
            heard, talk.recent, doubtful=doubtful, asked_back=talk.asked_back, before=talk.said
        )
        await self._memory.heard(progress.words)
        progress.answer = answer
        if answer.verdict.decision is Decision.COMFORT_AND_ALERT:
            await self._alert(progress, answer)
        await self._memory.forget(answer.reply, turn.profile)
        if answer.verdict.failed:
            await self._tell_of_the_guard(progress)
        progress.watch.lap("answering")
        return answer

    async def _alert(self, progress: _Progress, answer: Answer) -> None:
        """On disk before a word of comfort is said: power can go at any instruction."""
        alerts = [
            SafetyAlertRaised(category=category, advice=advice)
            for category, advice in self._scripts.alerts(answer.verdict.categories)
        ]
        records = [self._journal.hand_over(progress.turn, alert) for alert in alerts]
        await asyncio.wait(records, timeout=PATIENCE)
        progress.events += [record.result() for record in records if record.done()]

    async def _tell_of_the_guard(self, progress: _Progress) -> None:
        if (alert := self._alarm.alert()) is not None:
            record = self._journal.hand_over(progress.turn, alert)
            await asyncio.wait([record], timeout=PATIENCE)
            progress.events += [record.result()] if record.done() else []

    async def _say(
        self, progress: _Progress, text: str, playback: Playback, speaking: Callable[[], object]
    ) -> None:
        turn = progress.turn
        async for number, passed in _numbered(self._answering.safe_clauses(text, turn.band)):
            progress.watch.lap("guard" if number == 0 else "guard_rest")
            if passed.unjudged:
                await self._tell_of_the_guard(progress)
            async with asyncio.timeout(VOICE_MOST):
                pcm = await self._voice.speak(passed.words)
            voiced = progress.watch.lap("voice_first" if number == 0 else "voice_rest")
            progress.voiced = voiced if number == 0 else progress.voiced
            progress.said.append(passed)
            await playback.room()
            if number == 0:
                speaking()
            self._mouth.say(Spoken(pcm, turn.generation, number))
            progress.watch.lap("waiting")
        playback.whole = True
        self._mouth.finish(turn.generation)

    async def _end(self, progress: _Progress, playback: Playback, outcome: Outcome) -> None:
        turn, answer = progress.turn, progress.answer
        if progress.ended or progress.hearing is None:
            return  # interrupted while its end was being written, or before anything was understood
        progress.ended = True
        reply = as_said(answer.reply, progress.said) if answer and progress.said else None
        heard = outcome != "interrupted" and playback.clauses_heard == len(progress.said)
        if answer and reply and heard:
            await self._memory.keep(
                reply, generation=turn.generation, asked_back=answer.asked_back, profile=turn.profile
            )
        first_sound = from_last_sample = None
        if playback.first_sound is not None:
            pause = (progress.utterance.decided - progress.utterance.speech_end) / EAR_RATE
            progress.watch.aside("pause", pause)
            progress.watch.aside("mouth", playback.first_sound - progress.voiced)
            first_sound = progress.watch.since_began_ms(playback.first_sound)
            from_last_sample = round(first_sound + 1000 * pause, 2)
        ended = TurnEnded(
            topic=(reply or answer.reply).topic if answer else "unknown",
            skill=(reply or answer.reply).skill if answer else "none",
            verdict=_verdict(answer, progress.said),
            outcome=outcome,
            speech_ms=ear_ms(progress.utterance.speech),
            reply_ms=mouth_ms(playback.samples_heard),
            stages_ms=progress.watch.stages,
            first_sound_ms=first_sound,
            from_last_sample_ms=from_last_sample,
        )
        self._meter.ended(ended)
        overtaken = ended.model_copy(update={"outcome": "interrupted"})
        await self._record(progress, ended, if_stale=overtaken if outcome != "interrupted" else None)
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
        if not (answer and answer.at_limit):
            spoke_for = (progress.utterance.decided - progress.utterance.speech_start) / EAR_RATE
            await self._allowance.talked(turn.decided_at - spoke_for, self._clock.monotonic())

    async def _record(self, progress: _Progress, event: Event, *, if_stale: Event | None = None) -> None:
        progress.events.append(await self._journal.record(progress.turn, event, if_stale=if_stale))


@dataclass(slots=True)
class _Progress:
    """How far a turn has come; what is missing when it is interrupted stays empty."""

    turn: Turn
    spoken: Said
    watch: Stopwatch
    said: list[Passed]  # the playback's too
    hearing: Hearing | None = None
    words: str = ""  # of it, what is to be answered
    answer: Answer | None = None
    ended: bool = False
    voiced: float = 0.0  # seconds on the monotonic clock: when the first clause was sound
    events: list[Recorded | None] = field(default_factory=list)  # none for what the card has not taken yet

    @property
    def utterance(self) -> Utterance:
        return self.spoken.utterance

    @property
    def heard_already(self) -> Understood | None:
        return self.spoken.understood


def _report(progress: _Progress, ended: TurnEnded) -> TurnReport:
    hearing = progress.hearing
    return TurnReport(
        turn=progress.turn.id,
        generation=progress.turn.generation,
        heard=hearing.text if hearing else "",
        confidence=hearing.confidence if hearing else 0.0,
        verdict=ended.verdict,
        skill=ended.skill,
        reply=" ".join(each.words.text for each in progress.said),
        outcome=ended.outcome,
        stages_ms=ended.stages_ms,
        first_sound_ms=ended.first_sound_ms,
        from_last_sample_ms=ended.from_last_sample_ms,
        events=tuple(each for each in progress.events if each is not None),
    )


def _verdict(answer: Answer | None, said: Sequence[Passed]) -> str:
    """What parents read of the guard: its judgement of the child's words, or that it refused the reply."""
    if answer is None:
        return "none"
    return "refused" if any(each.instead for each in said) else answer.verdict.decision.value


async def _numbered(clauses: AsyncIterator[Passed]) -> AsyncIterator[tuple[int, Passed]]:
    number = 0
    async for passed in clauses:
        yield number, passed
        number += 1
