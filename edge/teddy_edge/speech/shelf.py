"""Common lines as sound, rendered before they are needed and kept on disk by text, voice and speed."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
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

MOST: Final = 3000  # clauses, about 190 MB; the shelf is for what is said again and again
BREATH: Final = 1.0  # seconds of rest at most behind a clause
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

    def wanting(self, texts: Sequence[str]) -> list[str]:
        """Those of the clauses that are not there. What is none of them is cleared away. Blocks."""
        wanted = {self._place(text): text for text in texts}
        there = set(self._folder.glob("*.pcm")) if self._folder.is_dir() else set()
        for place in there - wanted.keys():
            with suppress(OSError):
                place.unlink()  # of an older release, or of another voice
        return [text for place, text in wanted.items() if place not in there]

    def keep(self, text: str) -> None:
        """Render a clause for later. Blocks; a disk that is full costs only time."""
        place = self._place(text)
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
            # Cut off by a power cut, or rotten: at the next start it is made anew.
            with suppress(OSError):
                place.unlink()
            return None
        return np.frombuffer(samples, "<i2").astype(np.int16)


async def render_ahead(
    shelf: Shelf, governor: Governor, *, lines: Iterable[str], openers: Iterable[str] = ()
) -> None:
    """Fill the shelf behind everything that somebody waits for: lines clause by clause, then openers.

    It takes half of a core at most, and leaves the other half to whatever else has just started.
    """
    known = dict.fromkeys((*(clause for line in lines for clause in clauses(line)), *openers))
    loop = asyncio.get_running_loop()
    try:
        wanting = await governor.run(Work.AHEAD, shelf.wanting, list(known)[:MOST])
        for clause in wanting:
            began = loop.time()
            await governor.run(Work.AHEAD, shelf.keep, clause)
            await asyncio.sleep(min(loop.time() - began, BREATH))
    except (TimeoutError, OSError) as error:  # the voice hangs or the card is ill; whoever talks will notice
        log("voice").warning("rendering ahead is given up", error=type(error).__name__)
        return
    log("voice").info("common lines are rendered", clauses=min(len(known), MOST), anew=len(wanting))


def _check(samples: bytes) -> bytes:
    return hashlib.sha256(samples).digest()[:CHECK]
