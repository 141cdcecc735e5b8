"""The microphone of a sound card: real sound into the ring, and a card that goes is waited for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Event, Thread
from typing import Final

import numpy as np

from teddy_edge.audio.card import CardNews, Cards, Format, OnBlock
from teddy_edge.audio.intake import Intake, ToEar
from teddy_edge.audio.keeper import CardKeeper
from teddy_edge.audio.negotiation import Negotiation
from teddy_edge.audio.pace import Pace
from teddy_edge.audio.reference import Reference
from teddy_edge.audio.ring import Ring
from teddy_edge.audio.samples import EAR_RATE, Pcm
from teddy_shared.clock import Chance, Clock

RATES: Final = (EAR_RATE, 48_000, 44_100, 32_000, 96_000, 22_050, 8_000)
BUFFERED: Final = 0.1  # seconds that the device may hold for us: costs no delay, only an xrun when full
TICK: Final = 0.02  # seconds between looks at the card


class CardMicrophone:
    """Fills the ring from a device, in its format, resampled once.

    While the card is away the ring gets silence in real time, so that a sentence which was cut off ends,
    and is not joined to what is said when the card is back.
    """

    def __init__(
        self,
        *,
        ring: Ring,
        cards: Cards,
        told: Callable[[CardNews], None],
        failed: Callable[[BaseException], None],
        clock: Clock,
        chance: Chance,
        device: str | int | None = None,
        reference: Reference | None = None,
        rates: Sequence[int] = RATES,
    ) -> None:
        self._ring = ring
        self._reference = reference  # what the speaker plays meanwhile
        self._clock = clock
        self._failed = failed
        self._stop = Event()
        self._thread = Thread(target=self._run, name="microphone")
        self._negotiation = Negotiation(
            cards=cards, direction="microphone", device=device, rates=rates, buffered=BUFFERED
        )
        self._keeper = CardKeeper(
            opening=lambda: self._negotiation.open(self._fit),
            xruns=lambda: self.xruns,
            told=told,
            clock=clock,
            chance=chance,
        )
        self._intake: Intake | None = None
        self._to_ear: ToEar | None = None
        self._xruns_before = 0
        self._silence: Pace | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._ring.close()
        if self._thread.ident is not None:
            self._thread.join()

    @property
    def xruns(self) -> int:
        """How often samples were lost since the start."""
        return self._xruns_before + (0 if self._intake is None else self._intake.xruns)

    def _run(self) -> None:
        try:
            self._listen()
        except BaseException as error:  # a dead microphone must end the process, not deafen it
            self._failed(error)
            raise

    def _listen(self) -> None:
        try:
            while not self._stop.is_set():
                self._pump()
                self._keeper.tend()
        finally:
            self._keeper.close()

    def _pump(self) -> None:
        if self._intake is not None and self._to_ear is not None:
            frames = self._intake.drain(TICK)
            if len(frames):
                self._silence = None
                pcm = self._to_ear.turn(frames)
                self._ring.write(pcm, self._played_meanwhile(len(pcm)))
        else:
            self._stop.wait(TICK)
        if self._keeper.lost:
            self._be_silent()

    def _played_meanwhile(self, samples: int) -> Pcm | None:
        return None if self._reference is None else self._reference.take(samples, self._clock.monotonic())

    def _be_silent(self) -> None:
        now = self._clock.monotonic()
        if self._silence is None:
            self._silence = Pace(rate=EAR_RATE, began=now)
        self._ring.write(np.zeros(min(self._silence.due(now), EAR_RATE), np.int16))

    def _fit(self, form: Format) -> OnBlock:
        self._xruns_before = self.xruns
        self._intake, self._to_ear = Intake(form=form), ToEar(form=form)
        return self._intake.take
