"""Common lines as sound, rendered before they are needed and kept on disk by text, voice and speed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np

from teddy_edge.audio.samples import Pcm
from teddy_edge.inference.governor import Governor, Work
from teddy_edge.speech.clauses import clauses
from teddy_edge.speech.voice import Synthesizer
from teddy_shared.errors import ConfigError
from teddy_shared.logs import log
from teddy_shared.seal import write_private

MOST: Final = 400  # clauses, about 25 MB; the shelf is for what is said again and again
CHECK: Final = 16  # bytes of the hash that stands before the samples


class Shelf:
    """A synthesizer that looks on the shelf first. Its files may be deleted at any time.

    Only the bear's own voice lies here, saying lines that were written for it; whether a line may be said
    is decided each time anew, by the guard.
    """

    def __init__(self, *, folder: Path, synthesizer: Synthesizer, voice: str, speed: float = 1.0) -> None:
        self._folder = folder
        self._synthesizer = synthesizer
        self._sort = f"{voice}\0{speed}\0"

    def render(self, text: str) -> Pcm:
        """int16 [n] at MOUTH_RATE, the same samples with and without the shelf. Blocks."""
        kept = self._read(self._place(text))
        return self._synthesizer.render(text) if kept is None else kept

    def keep(self, text: str) -> None:
        """Render a clause for later, unless it is there. Blocks; a disk that is full costs only time."""
        place = self._place(text)
        if self._read(place) is not None:
            return
        samples = self._synthesizer.render(text).astype("<i2").tobytes()
        try:
            write_private(place, _check(samples) + samples)
        except ConfigError as error:
            log("voice").warning("a line cannot be kept", reason=str(error))

    def _place(self, text: str) -> Path:
        return self._folder / f"{hashlib.sha256((self._sort + text).encode()).hexdigest()}.pcm"

    def _read(self, place: Path) -> Pcm | None:
        try:
            data = place.read_bytes()
        except OSError:
            return None
        check, samples = data[:CHECK], data[CHECK:]
        if len(samples) % 2 or check != _check(samples):
            return None  # cut off by a power cut, or rotten: it will be rendered again
        return np.frombuffer(samples, "<i2").astype(np.int16)


async def render_ahead(shelf: Shelf, lines: Iterable[str], governor: Governor) -> None:
    """Fill the shelf clause by clause, behind everything that somebody waits for."""
    wanted = dict.fromkeys(clause for line in lines for clause in clauses(line))
    for clause in list(wanted)[:MOST]:
        try:
            await governor.run(Work.AHEAD, shelf.keep, clause)
        except TimeoutError:  # the voice hangs; whoever is spoken to will notice, and this can wait
            log("voice").warning("rendering ahead is given up")
            return
    log("voice").info("common lines are rendered", clauses=min(len(wanted), MOST))


def _check(samples: bytes) -> bytes:
    return hashlib.sha256(samples).digest()[:CHECK]
