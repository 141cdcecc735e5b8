"""Keeps a card open: notices when it is gone, and opens it again with backoff. No thread, no waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from teddy_edge.audio.card import CardLost, CardNews, CardOpened, CardUnavailable, Xrun
from teddy_edge.audio.negotiation import OpenCard
from teddy_shared.backoff import delays
from teddy_shared.clock import Chance, Clock

FIRST_BLOCK: Final = 3.0  # seconds that a card may take to its first block; a sound server took 1.9
SILENT: Final = 1.0  # seconds without a block after which a card that runs counts as gone
RETRY_FIRST: Final = 0.2  # seconds: a child waits
RETRY_MOST: Final = 5.0  # asking for a card that is away costs milliseconds
STEADY: Final = 10.0  # seconds after which a card that goes again is a new loss, not the old one
TELL_XRUNS: Final = 1.0  # seconds: a storm of them is told in sums


class CardKeeper:
    """The owner's thread calls `tend` every few hundredths of a second."""

    def __init__(
        self,
        *,
        opening: Callable[[], OpenCard],
        xruns: Callable[[], int],
        told: Callable[[CardNews], None],
        clock: Clock,
        chance: Chance,
    ) -> None:
        self._opening = opening
        self._xruns = xruns  # times since the start
        self._told = told
        self._clock = clock
        self._chance = chance
        self._waits = self._fresh_waits()
        self._card: OpenCard | None = None
        self._next_try = 0.0
        self._alive_since: float | None = None
        self._blocks = 0
        self._moved = 0.0  # when a block was last seen
        self._xruns_told = 0
        self._xruns_at = 0.0
        self.lost = False  # between a loss, or a failure to open, and the first block of the next card

    def tend(self) -> None:
        """Look after the card. Raises what the owner's own `OnBlock` raised."""
        now = self._clock.monotonic()
        if self._card is None:
            self._try(now)
        else:
            self._watch(self._card, now)
        self._tell_xruns(now)

    def close(self) -> None:
        if self._card is not None:
            self._card.stream.close()
            self._card = None

    def _try(self, now: float) -> None:
        if now < self._next_try:
            return
        try:
            self._card = self._opening()
        except CardUnavailable as error:
            self._next_try = now + next(self._waits)
            self._mourn(str(error))
            return
        self._alive_since, self._blocks = None, 0
        self._moved = self._clock.monotonic()  # opening takes its time

    def _watch(self, card: OpenCard, now: float) -> None:
        if card.stream.error is not None:
            raise card.stream.error
        if card.stream.blocks != self._blocks:
            self._blocks, self._moved = card.stream.blocks, now
            if self._alive_since is None:
                self._greet(card, now)
        elif card.stream.ended:
            self._lose(now, f"{card.device.name} has gone")
        elif now - self._moved > (FIRST_BLOCK if self._alive_since is None else SILENT):
            self._lose(now, f"{card.device.name} gives no sign of life")

    def _greet(self, card: OpenCard, now: float) -> None:
        self._alive_since, self.lost = now, False
        self._told(CardOpened(card.form.rate, card.form.channels, card.device.name))

    def _lose(self, now: float, reason: str) -> None:
        self._mourn(reason)  # first: closing a frozen device may take long
        self.close()
        if self._alive_since is not None and now - self._alive_since > STEADY:
            self._waits = self._fresh_waits()
            self._next_try = now  # a device that was only set anew is back at once
        else:
            self._next_try = now + next(self._waits)

    def _fresh_waits(self) -> Iterator[float]:
        return delays(self._chance, first=RETRY_FIRST, most=RETRY_MOST)

    def _mourn(self, reason: str) -> None:
        if not self.lost:
            self.lost = True
            self._told(CardLost(reason))

    def _tell_xruns(self, now: float) -> None:
        count = self._xruns() - self._xruns_told
        if count and now - self._xruns_at >= TELL_XRUNS:
            self._xruns_told, self._xruns_at = self._xruns_told + count, now
            self._told(Xrun(count))
