"""Hops in, utterances out: a pure core that one thread drives in the bear and tests drive inline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from teddy_edge.audio.ring import Hop, Overrun
from teddy_edge.audio.samples import EAR_RATE, HOP, Pcm
from teddy_edge.ear.endpointing import Endpointing, WordsSoFar
from teddy_edge.ear.history import History
from teddy_edge.ear.segmenter import FRAME, STIR, Judged, Segmenter, SegmenterEvent, SpeechGoesOn
from teddy_edge.waking.features import STEP
from teddy_edge.waking.spotter import LOOKED_BACK, Spotted, Woke

LOOK_BACK = EAR_RATE // 2  # samples the network hears again from before the gate opened
_SILENCE = np.zeros(HOP, np.int16)


class SpeechNet(Protocol):
    """The neural authority on what is speech."""

    def probability(self, frame: Pcm) -> float:
        """Of int16 [512] at 16 kHz, given all frames since `reset`."""

    def reset(self) -> None: ...


class SpeechGate(Protocol):
    """A cheap look that saves the network's work."""

    def admits(self, hop: Pcm) -> bool: ...


class WordSpotter(Protocol):
    """Knows the bear's name and "stop" by their sound."""

    def resume(self, at: int, before: Pcm) -> None:
        """What comes next begins at this sample index and follows `before`."""

    def hear(self, pcm: Pcm) -> list[Spotted]:
        """What these samples complete."""


EarEvent = SegmenterEvent | SpeechGoesOn | Spotted | Overrun


class Ear:
    """Knows no clock, thread or socket: the same samples give the same utterances."""

    def __init__(
        self,
        *,
        gate: SpeechGate,
        net: SpeechNet,
        endpointing: Endpointing,
        spotter: WordSpotter | None = None,
    ) -> None:
        self._gate = gate
        self._net = net
        self._spotter = spotter
        self._history = History()
        self._sounds = History(kept=2 * LOOKED_BACK)  # the same for the spotter, with what is drowned
        self._segmenter = Segmenter(history=self._history, endpointing=endpointing)
        self._judged = 0  # sample index up to which the network has heard
        self._spotted: int | None = None  # sample index up to which the spotter has
        self._open = False
        self._stirs = False  # whether there are signs of speech

    @property
    def busy(self) -> bool:
        """Whether somebody is speaking."""
        return self._segmenter.busy

    @property
    def endpointing(self) -> Endpointing:
        """How long it waits at the moment."""
        return self._segmenter.endpointing

    def listen_with(self, endpointing: Endpointing) -> None:
        """Another child, or another wish of the parents; in force from the next frame on."""
        self._segmenter.endpointing = endpointing

    def words_so_far(self, speech_end: int, words: WordsSoFar) -> None:
        """How the utterance that pauses at `speech_end` sounds; too late is no harm. From any thread."""
        self._segmenter.judged = Judged(speech_end, words)

    def forget(self) -> None:
        """The ears have gone off: what was being said is dropped, and what was said is no longer kept."""
        self._segmenter.drop()
        self._history.forget()
        self._spotted = None
        self._stirs = False

    def step(self, heard: Hop | Overrun) -> list[EarEvent]:
        """Take 10 ms (or the news that some were lost) and tell what it means."""
        if isinstance(heard, Overrun):
            return [heard]
        pcm = _SILENCE if heard.drowned else heard.pcm
        self._history.add(pcm, heard.index)
        self._sounds.add(heard.pcm, heard.index)
        admitted = self._gate.admits(heard.pcm)
        if not (admitted or self._segmenter.busy):
            self._open = False
            self._segmenter.forget()
            return self._going_on(self._history.end)
        if not self._open:
            self._open = True
            self._net.reset()
            self._judged = max(self._judged, heard.index + HOP - LOOK_BACK)
        spotted = self._spot()
        return [*self._believed(spotted, heard), *spotted, *self._judge()]

    def _spot(self) -> list[Spotted]:
        """The spotter hears on from where it was, or begins anew where that would take longer.

        It begins on the spotter's grid and with the same sound before it as if it had always listened, so
        what it tells does not depend on when the gate let it.
        """
        if self._spotter is None:
            return []
        begin, end = self._spotted, self._history.end
        if begin is None or end - begin > LOOKED_BACK:
            begin = (end - HOP) // STEP * STEP
            _, before = self._sounds.cut(begin - LOOKED_BACK, begin)
            self._spotter.resume(begin, before)
        _, pcm = self._sounds.cut(begin, end)
        self._spotted = end
        return self._spotter.hear(pcm)

    def _believed(self, spotted: Sequence[Spotted], heard: Hop) -> list[EarEvent]:
        """The bear's name is speech, except where only its own voice was heard."""
        if heard.drowned:
            return []
        events = [self._segmenter.believe(each.at) for each in spotted if isinstance(each, Woke)]
        return [event for event in events if event is not None]

    def _judge(self) -> list[EarEvent]:
        events: list[EarEvent] = []
        while self._history.end - self._judged >= FRAME:
            start, frame = self._history.cut(self._judged, self._judged + FRAME)
            if len(frame) == FRAME:
                event = self._segmenter.judge(self._net.probability(frame), start)
                events += [event] if event is not None else self._going_on(start + FRAME)
            self._judged += FRAME
        return events

    def _going_on(self, at: int) -> list[EarEvent]:
        """Until the last sign is gone, which is told too."""
        speech, silence = self._segmenter.so_far
        told = self._stirs
        self._stirs = speech >= STIR
        return [SpeechGoesOn(at, speech, silence)] if self._stirs or told else []
