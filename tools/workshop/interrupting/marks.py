"""Sound that tells for each of its samples which reply it belongs to, however low it is played. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from teddy_edge.audio.samples import MOUTH_HOP, MOUTH_RATE, Pcm

LOUD: Final = 8000  # of 32767; at a 240th of it a sample is still not 0
CODES: Final = 24  # more than are on their way at any time
LONGEST: Final = 4 * MOUTH_RATE  # samples of a clause
SURE: Final = 24  # samples that are alike by chance once in ten million
SEED: Final = 5


@dataclass(frozen=True, slots=True)
class Piece:
    """Samples in a row that belong together."""

    owner: int  # as the marks were given out
    first: int  # sample of the clause
    samples: int
    at: int  # in what was read
    loudness: float  # of the last, 0 to 1


class Marks:
    """Clauses are told apart by the signs of their samples, which no volume changes."""

    def __init__(self) -> None:
        chance = np.random.default_rng(SEED)
        self._codes = [np.where(chance.integers(0, 2, LONGEST), 1, -1).astype(np.int8) for _ in range(CODES)]
        self._owners: list[int] = [0] * CODES
        self._given = 0

    def give(self, owner: int, samples: int) -> Pcm:
        """A clause of about that length."""
        code = self._given % CODES
        self._given += 1
        self._owners[code] = owner
        whole = min(LONGEST, -(-samples // MOUTH_HOP) * MOUTH_HOP)
        return self._codes[code][:whole].astype(np.int16) * np.int16(LOUD)

    def beginning(self, signs: NDArray[np.int8]) -> int | None:
        """The clause that begins like that; None where none does."""
        return next((code for code in range(CODES) if self.alike(code, 0, signs[:SURE]) >= SURE), None)

    def owner(self, code: int) -> int:
        return self._owners[code]

    def alike(self, code: int, first: int, signs: NDArray[np.int8]) -> int:
        """How many of the signs are the clause's from there on."""
        own = self._codes[code][first : first + len(signs)]
        wrong = np.flatnonzero(own != signs[: len(own)])
        return int(wrong[0]) if wrong.size else len(own)


class Reader:
    """Takes what a speaker played, a hop at a time, and tells what it was."""

    def __init__(self, marks: Marks, *, volume: float) -> None:
        self._marks = marks
        self._full = LOUD * volume
        self._code, self._next = 0, LONGEST  # where the clause that was last heard would go on
        self._carried: Pcm = np.zeros(0, np.int16)  # too few samples to tell what begins with them
        self.unknown = 0  # samples of no clause

    def read(self, pcm: Pcm) -> list[Piece]:
        pieces = []
        early = len(self._carried)
        whole, self._carried = np.concatenate((self._carried, pcm)), pcm[:0]
        sounding = np.flatnonzero(whole)
        at, end = (int(sounding[0]), int(sounding[-1]) + 1) if sounding.size else (0, 0)
        signs = np.sign(whole).astype(np.int8)
        while at < end:
            left = end - at
            samples = self._marks.alike(self._code, self._next, signs[at:end])
            if samples < min(left, SURE):
                if left < SURE and end == len(whole):
                    self._carried = whole[at:end]
                    break
                code = self._marks.beginning(signs[at:end])
                if code is None:
                    self.unknown += left
                    break
                self._code, self._next = code, 0
                continue
            loudness = abs(int(whole[at + samples - 1])) / self._full
            pieces.append(Piece(self._marks.owner(self._code), self._next, samples, at - early, loudness))
            self._next += samples
            at += samples
        return pieces
