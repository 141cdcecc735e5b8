"""Between the ring and the ear: the bear's own voice is taken out, and everything else left as it is."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from teddy_edge.audio.ring import Hop, Overrun
from teddy_edge.audio.samples import EAR_RATE, HOP, Pcm, ear_ms
from teddy_edge.echo.canceller import Canceller, open_canceller
from teddy_edge.echo.delay import LATEST, Delay, DelayMeter
from teddy_edge.echo.judge import Judge
from teddy_shared.errors import PartMissing
from teddy_shared.logs import log

FADES: Final = EAR_RATE // 4  # samples in which a room falls silent
SAME: Final = EAR_RATE // 125  # samples: rooms blur, and delays as near as 8 ms are one
CHIRP: Final = 150  # hops until a chirp is played and has died away
LAG: Final = LATEST // HOP + 1  # hops of the reference that are remembered
LOUD: Final = 100.0**2  # mean square of a reference that is worth judging by, -50 dBFS
CERTAIN: Final = 10.0  # a delay that stands out so far is believed at once where none is known
_SILENCE: Final = np.zeros(HOP, np.int16)


@dataclass(frozen=True, slots=True)
class Measured:
    """How this bear hears itself, as kept from one start to the next."""

    delay: int | None  # samples of the ear from speaker to microphone; None before it was found
    enhancement: float | None  # dB that the canceller takes away; None before there was enough to judge
    good: bool  # whether a voice may interrupt


class Echo:
    """A `Leakage`. The ear's thread calls `clean`; the rest may be asked from any thread.

    While the speaker is silent, hops pass untouched, and the canceller rests. Without a canceller, or
    while it is poor, the hops in which the bear speaks are marked as drowned.
    """

    def __init__(self, *, opening: Callable[[], Canceller] = open_canceller) -> None:
        self._opening = opening
        self._canceller: Canceller | None = None
        self._judge = Judge()
        self._meter = DelayMeter()
        self._delay: int | None = None
        self._guessed = True  # not measured since the start
        self._maybe: Delay | None = None  # another than the one in force; twice the same, and it is believed
        self._loud = deque([False] * LAG, maxlen=LAG)  # of the last references, the newest last
        self._left = 0  # hops for which the bear may still be heard
        self.heard = 0  # samples since it was attached
        self.delays_found = 0  # since then too, each surer than chance
        self._attached = False
        self._chirp = 0  # hops in which what the speaker plays is no speech, and drowns none

    def attach(self, kept: Measured | None = None) -> None:
        """Before the first hop of a bear whose speaker is near its microphone. Blocks: loads the canceller.

        What was kept serves until it is measured anew.
        """
        self._attached = True
        if kept is not None:
            self._delay = kept.delay
        try:
            self._canceller = self._opening()
        except PartMissing as error:
            log("echo").warning("nothing takes the bear's own voice away", reason=str(error))

    def expect_chirp(self) -> None:
        """What is played in the next second and a half is a chirp, or nothing."""
        self._chirp = CHIRP

    @property
    def attached(self) -> bool:
        return self._attached

    @property
    def voice_may_interrupt(self) -> bool:
        return not self._attached or self._judge.good

    @property
    def measured(self) -> Measured:
        """As of now."""
        return Measured(self._delay, self._judge.enhancement, good=self._judge.good)

    def clean(self, heard: Hop | Overrun) -> Hop | Overrun:
        """The same hop without what the bear says in it."""
        if not self._attached:
            return heard
        if isinstance(heard, Overrun):
            self._meter.conclude()
            return heard
        self.heard += HOP
        self._chirp = max(0, self._chirp - 1)
        if heard.reference is not None:
            self._left = ((LATEST if self._delay is None else self._delay) + FADES) // HOP
        elif self._left == 0:
            self._judge.rest(heard.pcm)
            return heard
        else:
            self._left -= 1
        return self._take_out(heard, _SILENCE if heard.reference is None else heard.reference)

    def _take_out(self, heard: Hop, reference: Pcm) -> Hop:
        self._measure_delay(heard.pcm, reference)
        pcm = heard.pcm
        if self._canceller is not None:
            pcm = self._canceller.process(heard.pcm, reference, self._delay or 0)
        self._loud.append(bool(_mean_square(reference) > LOUD))
        if self._echoes():
            self._judge_by(heard.pcm, pcm)
        return replace(heard, pcm=pcm, drowned=not (self._judge.good or self._chirp > 0))

    def _judge_by(self, heard: Pcm, left: Pcm) -> None:
        was_good = self._judge.good
        self._judge.speak(heard, left)
        if self._judge.good is not was_good:
            taken = self._judge.enhancement
            log("echo").info("the echo is told anew", may_interrupt=not was_good, db=taken and round(taken))

    def _echoes(self) -> bool:
        """Whether something that was played is heard in this hop."""
        if self._delay is None:
            return any(self._loud)
        return self._loud[-1 - min(max(0, self._delay) // HOP, LAG - 1)]

    def _measure_delay(self, heard: Pcm, reference: Pcm) -> None:
        found = self._meter.hear(heard, reference)
        if found is None and self._left == 0:
            found = self._meter.conclude()
        if found is None:
            return
        self.delays_found += 1
        if self._delay is not None and abs(found.samples - self._delay) <= SAME:
            return
        agreed = self._maybe is not None and abs(found.samples - self._maybe.samples) <= SAME
        if agreed or (self._guessed and found.certainty >= CERTAIN):
            log("echo").info("delay found", ms=ear_ms(found.samples), certainty=round(found.certainty))
            self._delay, self._guessed = found.samples, False
        self._maybe = found


def _mean_square(pcm: Pcm) -> float:
    wide = pcm.astype(np.float32)
    return float(np.dot(wide, wide)) / len(pcm)
