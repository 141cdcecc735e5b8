"""What a bear swears it did: one line a deed, in a file that outlives a kill -9."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


class Oath:
    """Each line is one write to a file opened for appending, so it is whole or not there."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def trying(self, event: str) -> None:
        """From now on the event may be in the outbox."""
        self._say("try", event)

    def recorded(self, event: str) -> None:
        """The outbox has acknowledged it: from now on it may not be lost."""
        self._say("have", event)

    def began(self, order: str) -> None:
        self._say("began", order)

    def _say(self, what: str, which: str) -> None:
        os.write(self._descriptor, f"{what} {which}\n".encode())


@contextmanager
def under_oath(file: Path) -> Iterator[Oath]:
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        yield Oath(descriptor)
    finally:
        os.close(descriptor)


@dataclass(frozen=True)
class Truth:
    """All that the bears swore."""

    tried: frozenset[str]
    recorded: frozenset[str]
    began: Counter[str]  # how often each order was begun


def read_truth(files: list[Path]) -> Truth:
    found: dict[str, Counter[str]] = {"try": Counter(), "have": Counter(), "began": Counter()}
    for file in files:
        for line in file.read_text().splitlines() if file.exists() else []:
            what, which = line.split(" ", 1)
            found[what][which] += 1
    return Truth(frozenset(found["try"]), frozenset(found["have"]), found["began"])
