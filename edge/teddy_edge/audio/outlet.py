"""Draws from the mouth for whoever plays: the card in its own time, and real time where there is no card."""

from __future__ import annotations

from threading import Lock
from typing import Final

import numpy as np

from teddy_edge.audio.card import Format
from teddy_edge.audio.mouth import Mouth
from teddy_edge.audio.pace import Pace
from teddy_edge.audio.reference import Reference
from teddy_edge.audio.resample import Resampler, Samples
from teddy_edge.audio.samples import MOUTH_RATE
from teddy_shared.clock import Clock

LONGEST_DELAY: Final = 1.0  # seconds; a device that claims more is mistaken
FULL_SCALE: Final = 32767


class Outlet:
    """The card's thread calls `fill`, the speaker's thread the rest; a lock keeps them apart.

    `fill` asks the mouth in the card's own thread, with no queue between: the mouth's rule that nothing
    stale is heard holds up to what the device itself has buffered.
    """

    def __init__(
        self, *, mouth: Mouth, clock: Clock, ceiling: float, reference: Reference | None = None
    ) -> None:
        self._mouth = mouth
        self._reference = reference  # for the ear, which hears the bear too
        self._clock = clock
        self._limit = int(ceiling * FULL_SCALE)
        self._lock = Lock()
        self._away: Pace | None = None
        self._sounds_at: float | None = None  # when the last sample that was handed over will have sounded
        self._played = 0
        self.xruns = 0
        self.missed = 0  # samples of the mouth that no card was there for
        self._fit(Format(MOUTH_RATE, 1))

    def fit(self, form: Format) -> None:
        """Before the first `fill` in another format."""
        with self._lock:
            self._fit(form)

    def fill(self, out: memoryview, frames: int, lost: int, delay: float) -> None:
        with self._lock:
            now = self._clock.monotonic()
            self._catch_up(now)
            self._away = None
            self.xruns += lost
            sound = np.clip(self._draw(frames), -self._limit, self._limit)  # last: nothing is louder
            _interleave(sound, self._form, out)
            delay = min(max(0.0, delay), LONGEST_DELAY)
            if self._reference is not None:
                self._reference.played(sound, now + delay)
            self._sounds_at = now + delay + frames / self._form.rate

    def let_pass(self) -> None:
        """Without a card: what real time has taken since its last sample sounded is gone.

        A card that is back takes over with its next `fill`, where real time is by then.
        """
        with self._lock:
            now = self._clock.monotonic()
            if self._away is None:
                began = now if self._sounds_at is None else self._sounds_at
                self._away = Pace(rate=MOUTH_RATE, began=began)
            self._catch_up(now)

    @property
    def latency(self) -> int:
        """Samples that were drawn from the mouth and have not sounded yet."""
        with self._lock:
            return self._mouth.cursor - self._heard()

    @property
    def played(self) -> int:
        """The mouth's cursor as heard: samples that have sounded or were let pass; never goes back."""
        with self._lock:
            return self._heard()

    def _heard(self) -> int:
        cursor = self._mouth.cursor
        if self._away is not None:
            self._played = cursor
        else:
            ahead = max(0.0, (self._sounds_at or 0.0) - self._clock.monotonic())
            filtered = self._resampler.delay + len(self._over) * MOUTH_RATE / self._form.rate
            self._played = max(self._played, cursor - round(ahead * MOUTH_RATE + filtered))
        return self._played

    def _fit(self, form: Format) -> None:
        self._form = form
        self._resampler = Resampler(from_rate=MOUTH_RATE, to_rate=form.rate)
        self._over: Samples = np.zeros(0, np.float32)  # resampled and not yet asked for
        if self._reference is not None:
            self._reference.fit(form.rate)

    def _draw(self, frames: int) -> Samples:
        needed = self._resampler.needed(frames - len(self._over))
        fresh = self._resampler.feed(self._mouth.pull(needed).astype(np.float32))
        sound = np.concatenate((self._over, fresh))
        self._over = sound[frames:]
        return sound[:frames]

    def _catch_up(self, now: float) -> None:
        if self._away is None:
            return
        due = self._away.due(now)
        while due > 0:
            step = min(due, MOUTH_RATE)
            self._mouth.pull(step)
            self.missed += step
            due -= step


def _interleave(sound: Samples, form: Format, out: memoryview) -> None:
    if form.width == 2:
        samples = np.rint(sound).astype(np.int16)
        np.frombuffer(out, np.int16).reshape(-1, form.channels)[:] = samples[:, None]
    else:
        wide = (np.rint(sound).astype(np.int64) << 16).astype(np.int32)
        np.frombuffer(out, np.int32).reshape(-1, form.channels)[:] = wide[:, None]
