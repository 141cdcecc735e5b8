"""Lines that stand in two places: a child would hear them twice, and the bear would not know. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from teddy_edge.authoring.findings import Finding
from teddy_edge.authoring.spoken import SpokenLine

FEWEST: Final = 4  # words; "Bye bye!" may be said wherever it fits


def repeated(lines: Iterable[SpokenLine]) -> Iterator[Finding]:
    """Every line that was there before, whatever its commas."""
    seen: dict[str, SpokenLine] = {}
    for line in lines:
        plain = " ".join(re.findall(r"[a-z']+", line.text.lower()))
        if len(plain.split()) < FEWEST or line.has_gaps:
            continue  # what stands in a gap makes it another line
        first = seen.setdefault(plain, line)
        if first is not line and set(first.bands) & set(line.bands):
            yield Finding(
                line.file,
                line.place,
                "repeated",
                f"says the same as {first.file} at {first.place}",
                "say it in other words, or leave one of them out",
            )
