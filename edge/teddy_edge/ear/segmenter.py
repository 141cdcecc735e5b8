"""Speech probabilities in, utterances out. No clock, no threads, no models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from teddy_edge.audio.samples import EAR_RATE, Pcm
from teddy_edge.ear.endpointing import Endpointing, WordsSoFar
from teddy_edge.ear.history import History

FRAME: Final = 512  # samples that the network judges at once (32 ms)
ON: Final = 0.5
OFF: Final = 0.35
ONSET: Final = 3 * FRAME  # speech within a moment that begins an utterance
STIR: Final = FRAME  # speech that is a sign of more; an utterance need not come of it
ONSET_WITHIN: Final = EAR_RATE  # samples; what is older is not the beginning of what is said now
LEAST_SPEECH: Final = 5 * FRAME  # less than this in a whole utterance was a cough or a knock
PRE_ROLL: Final = EAR_RATE // 2
PAUSE: Final = 4 * FRAME  # samples (0.13 s) behind the last speech after which it may be one
TAIL: Final = PAUSE  # kept behind the last speech; as much as a pause has, so that it can be heard ahead
NAME: Final = 4 * EAR_RATE // 5  # samples before a spotting in which the spotted words were said
LONGEST: Final = 15 * EAR_RATE  # hard cap of a turn


@dataclass(frozen=True, slots=True)
class Utterance:
    """What a child said in one go, with half a second before it."""

    pcm: Pcm  # int16 [n], 16 kHz mono
    start: int  # sample index of pcm[0]
    speech_start: int
    speech_end: int
    decided: int  # sample index at which the turn was taken to be over

    @property
    def speech(self) -> int:
        """Samples from the first to the last sound of speech."""
        return self.speech_end - self.speech_start


@dataclass(frozen=True, slots=True)
class SpeechBegan:
    at: int  # sample index


@dataclass(frozen=True, slots=True)
class SpeechGoesOn:
    """Told frame by frame from the first sign of speech on, for whoever is spoken over."""

    at: int
    speech: int  # samples of speech so far; less than before where it came to nothing
    silence: int  # samples since the last of it


@dataclass(frozen=True, slots=True)
class SpeechDropped:
    """What had begun was too short to be speech."""

    at: int


@dataclass(frozen=True, slots=True)
class UtteranceEnded:
    utterance: Utterance
    words: WordsSoFar = WordsSoFar.UNKNOWN  # how it sounded when it was taken to be over


@dataclass(frozen=True, slots=True)
class PauseBegan:
    """The child may have finished. If so, the turn ends with this utterance, sample for sample."""

    utterance: Utterance  # so far


@dataclass(frozen=True, slots=True)
class SpeechResumed:
    """The child had not finished."""

    at: int  # sample index
    pause: int  # samples from the last sound of speech before to the first one behind
    words: WordsSoFar = WordsSoFar.UNKNOWN  # how what was said before it sounded


@dataclass(frozen=True, slots=True)
class Judged:
    """How the words up to a pause sound, from somebody who listened to them."""

    speech_end: int  # of the utterance so far
    words: WordsSoFar


SegmenterEvent = SpeechBegan | SpeechDropped | PauseBegan | SpeechResumed | UtteranceEnded


class Segmenter:
    """Opens on speech and closes on silence.

    Two thresholds and leaky counters, so that a probability that wavers around one of them
    neither chops a word in half nor lets one loud click reset a pause.
    """

    def __init__(self, *, history: History, endpointing: Endpointing) -> None:
        self._history = history
        self.endpointing = endpointing  # replaced whole when a parent moves the slider
        self.judged = Judged(0, WordsSoFar.UNKNOWN)  # replaced whole, from any thread
        self._speech: _Speech | None = None
        self._onset = 0  # samples of what may become speech
        self._onset_start = 0

    @property
    def busy(self) -> bool:
        """Whether an utterance is under way."""
        return self._speech is not None

    @property
    def so_far(self) -> tuple[int, int]:
        """Samples of speech in what is or may become an utterance, and of silence since."""
        return (self._onset, 0) if self._speech is None else (self._speech.voiced, self._speech.silence)

    def forget(self) -> None:
        """Nobody is near: what may have become speech will not."""
        self._onset = 0

    def drop(self) -> None:
        """What was being said is not to be heard."""
        self._speech = None
        self._onset = 0

    def believe(self, at: int) -> SegmenterEvent | None:
        """The bear was called by its name about here: that was speech, whatever the network makes of it.

        A short call of a high voice is at times no speech to the network at all.
        """
        if self._speech is not None:
            self._speech.voiced = max(self._speech.voiced, LEAST_SPEECH)
            return None
        began = max(0, at - NAME)
        self._speech = _Speech(start=began, end=at, voiced=LEAST_SPEECH, resumed=began)
        self._onset = 0
        return SpeechBegan(at)

    def judge(self, probability: float, start: int) -> SegmenterEvent | None:
        """Take the probability of the frame that begins at sample `start`."""
        if self._speech is None:
            return self._await_speech(probability, start)
        return self._follow(self._speech, probability, start)

    def _follow(self, speech: _Speech, probability: float, start: int) -> SegmenterEvent | None:
        now, words = start + FRAME, self._words(speech)
        pause = speech.hear(probability, start)
        if speech.is_over(now, self.endpointing.wait(words)):
            return self._end(speech, now, words)
        if pause:
            return SpeechResumed(now, pause, words)
        if speech.voiced >= LEAST_SPEECH and speech.pauses(now):
            return PauseBegan(self._utterance(speech, now))
        return None

    def _words(self, speech: _Speech) -> WordsSoFar:
        """A judgement on words that were gone on with is none on these."""
        judged = self.judged
        return judged.words if judged.speech_end >= speech.resumed else WordsSoFar.UNKNOWN

    def _await_speech(self, probability: float, start: int) -> SegmenterEvent | None:
        if probability >= ON:
            if self._onset == 0:
                self._onset_start = start
            self._onset += FRAME
        else:
            self._onset = max(0, self._onset - _doubt(probability))
        if self._onset < ONSET:
            return None
        began = max(self._onset_start, start + FRAME - ONSET_WITHIN)
        self._speech = _Speech(start=began, end=start + FRAME, voiced=self._onset, resumed=began)
        self._onset = 0
        return SpeechBegan(start + FRAME)

    def _end(self, speech: _Speech, now: int, words: WordsSoFar) -> SegmenterEvent:
        self._speech = None
        if speech.voiced < LEAST_SPEECH:
            return SpeechDropped(now)
        return UtteranceEnded(self._utterance(speech, now), words)

    def _utterance(self, speech: _Speech, now: int) -> Utterance:
        start, pcm = self._history.cut(speech.start - PRE_ROLL, min(speech.end + TAIL, now))
        return Utterance(pcm, start, speech.start, speech.end, now)


@dataclass(slots=True)
class _Speech:
    """An utterance under way, in samples."""

    start: int
    end: int
    voiced: int
    resumed: int  # where it began, or began again behind a pause
    silence: int = 0
    run: int = 0  # of speech without a break
    told: int = -1  # the `end` that a pause was told behind
    paused: int | None = None  # the first `end` of the pause that is under way

    def hear(self, probability: float, start: int) -> int:
        """The samples of the pause that this frame ends; 0 where it ends none."""
        if probability < ON:
            self.run = 0
            self.silence += _doubt(probability)
            return 0
        self.voiced += FRAME
        self.run += FRAME
        self.end = start + FRAME
        if self.run < ONSET:  # perhaps a click
            self.silence = max(0, self.silence - 4 * FRAME)
            return 0
        self.silence = 0
        if self.paused is None:
            return 0
        self.resumed = self.end - self.run
        pause, self.paused = self.resumed - self.paused, None
        return pause

    def pauses(self, now: int) -> bool:
        """Whether a pause has to be told: once for each last sound before it."""
        if now - self.end < PAUSE or self.told == self.end:
            return False
        self.told = self.end
        self.paused = self.end if self.paused is None else self.paused
        return True

    def is_over(self, now: int, wait: int) -> bool:
        """Not right behind a click, before a pause was told there: what was heard ahead is all of it."""
        told = self.told == self.end or self.voiced < LEAST_SPEECH
        return (self.silence >= wait and told) or now - self.start >= LONGEST


def _doubt(probability: float) -> int:
    """Samples by which a frame speaks against speech; a steady maybe must neither hold nor prepare a turn."""
    return FRAME if probability < OFF else FRAME // 2
