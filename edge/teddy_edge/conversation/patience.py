"""How long the bear waits for this child: as the parents wish, and as the child has shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Protocol

from teddy_edge.audio.samples import EAR_RATE
from teddy_edge.conversation.habits import Habits
from teddy_edge.conversation.turns import Child
from teddy_edge.ear.endpointing import Endpointing, WordsSoFar
from teddy_edge.ear.habit import Habit
from teddy_edge.ear.segmenter import SpeechResumed, UtteranceEnded
from teddy_shared.ages import AgeBand
from teddy_shared.envelope import ProfileId

CUT_OFF_WITHIN: Final = EAR_RATE
"""Samples from the decision that a turn is over to words that show that it was not. Who speaks later has
listened to the answer, and interrupts it."""

HESITATION: Final = EAR_RATE // 5
"""Samples of silence from which a pause says how a child hesitates; shorter ones lie between words, and are
told only so that what was said can be heard ahead."""


class Listener(Protocol):
    """Whoever waits for the child; the ear fits."""

    @property
    def endpointing(self) -> Endpointing: ...

    def listen_with(self, endpointing: Endpointing) -> None: ...


class Patience:
    """Learns from every pause and every turn of one talk, and tells the ear at once."""

    def __init__(self, *, ear: Listener, habits: Habits, child: Child) -> None:
        self._ear = ear
        self._habits = habits
        self._child = child
        self._profile: ProfileId | None = None  # whose habit it is
        self._last: UtteranceEnded | None = None

    async def wish(self, band: AgeBand, patience: float) -> None:
        """What holds from now on, and perhaps for another child."""
        self._profile, self._last = self._child.profile, None
        habit = await self._habits.recall(self._profile)
        self._ear.listen_with(Endpointing(band, patience, habit))

    def learn(self, event: SpeechResumed | UtteranceEnded) -> None:
        """Of an utterance only where it is meant for the bear."""
        match event:
            case SpeechResumed(pause=pause) if pause < HESITATION:
                pass
            case SpeechResumed(pause=pause, words=words):
                self._learn(self._habit.with_pause(pause / EAR_RATE, sounded_finished=_finished(words)))
            case UtteranceEnded():
                self._learn_from_end(event)

    async def keep(self) -> None:
        """What was learned, for the next talk."""
        await self._habits.keep(self._profile, self._habit)

    async def forget_child(self, _: ProfileId) -> None:
        """Whoever talks now: one talk is with one child."""
        self._learn(Habit())

    def _learn_from_end(self, ended: UtteranceEnded) -> None:
        last, self._last = self._last, ended
        habit = self._habit
        if last is not None and ended.utterance.speech_start - last.utterance.decided < CUT_OFF_WITHIN:
            silence = ended.utterance.speech_start - last.utterance.speech_end
            habit = habit.with_cut_off(silence / EAR_RATE, sounded_finished=_finished(last.words))
        self._learn(habit.with_end() if _finished(ended.words) else habit)

    @property
    def _habit(self) -> Habit:
        return self._ear.endpointing.habit

    def _learn(self, habit: Habit) -> None:
        self._ear.listen_with(replace(self._ear.endpointing, habit=habit))


def _finished(words: WordsSoFar) -> bool:
    return words is WordsSoFar.FINISHED
