"""The speaker of a sound card: the mouth at the last moment, and turns that end even without a card."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Event, Thread
from typing import Final

from teddy_edge.audio.card import CardNews, Cards, Format, OnBlock
from teddy_edge.audio.keeper import CardKeeper
from teddy_edge.audio.mouth import Mouth
from teddy_edge.audio.negotiation import Negotiation
from teddy_edge.audio.outlet import Outlet
from teddy_edge.audio.reference import Reference
from teddy_edge.audio.samples import MOUTH_RATE
from teddy_shared.clock import Chance, Clock

RATES: Final = (MOUTH_RATE, 48_000, 44_100, 96_000, 32_000, 16_000)
BUFFERED: Final = 0.03  # seconds in the device, 0.05 with a block: all of it is heard after an interruption
TICK: Final = 0.02  # seconds between looks at the card


class CardSpeaker:
    """Plays on a device, in its format, resampled once, never louder than `ceiling` of full scale.

    While the card is away the mouth goes on in real time, so that turns end; when the card is back the
    reply continues where it would have been.
    """

    def __init__(
        self,
        *,
        mouth: Mouth,
        cards: Cards,
        told: Callable[[CardNews], None],
        failed: Callable[[BaseException], None],
        clock: Clock,
        chance: Chance,
        device: str | int | None = None,
        ceiling: float = 1.0,
        reference: Reference | None = None,
        rates: Sequence[int] = RATES,
    ) -> None:
        self._failed = failed
        self._stop = Event()
        self._thread = Thread(target=self._run, name="mouth")
        self._outlet = Outlet(mouth=mouth, clock=clock, ceiling=ceiling, reference=reference)
        self._negotiation = Negotiation(
            cards=cards, direction="speaker", device=device, rates=rates, buffered=BUFFERED
        )
        self._keeper = CardKeeper(
            opening=lambda: self._negotiation.open(self._fit),
            xruns=lambda: self._outlet.xruns,
            told=told,
            clock=clock,
            chance=chance,
        )

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    @property
    def played(self) -> int:
        """The mouth's cursor as heard: 24 kHz samples that have sounded, or were let pass with no card."""
        return self._outlet.played

    @property
    def latency_samples(self) -> int:
        """24 kHz samples that were drawn from the mouth and have not sounded yet."""
        return self._outlet.latency

    @property
    def missed(self) -> int:
        """24 kHz samples that were let pass because there was no card."""
        return self._outlet.missed

    @property
    def xruns(self) -> int:
        """How often the card had to wait for us."""
        return self._outlet.xruns

    def _run(self) -> None:
        try:
            self._play()
        except BaseException as error:  # a mute bear must end the process, not go on unheard
            self._failed(error)
            raise

    def _play(self) -> None:
        try:
            while not self._stop.is_set():
                self._keeper.tend()
                if self._keeper.lost:
                    self._outlet.let_pass()
                self._stop.wait(TICK)
        finally:
            self._keeper.close()

    def _fit(self, form: Format) -> OnBlock:
        self._outlet.fit(form)
        return self._outlet.fill
