"""What is said aloud in an authored file, and to whom. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from teddy_edge.authoring.documents import Document
from teddy_shared.ages import AgeBand

ALL: Final = tuple(AgeBand)
_UP: Final = {AgeBand.LITTLE: ALL, AgeBand.MIDDLE: ALL[1:], AgeBand.BIG: ALL[2:]}
_BANDS: Final = {band.value: band for band in AgeBand}
_SHORTENED: Final = frozenset(("text", "say"))  # what `little` beside it says in fewer words
_FOR_PARENTS: Final = frozenset(("advice",))  # is read, not spoken
_FOR_GROWN_UPS: Final = frozenset(("spoken.toml",))  # said by a bear that fetches one
_SPOKEN: Final = re.compile(
    r"[A-Z0-9{].*[.!?]", re.S
)  # what is listened for is written small and without an end
_GAP: Final = re.compile(r"\{(\w+)\}")
_FILLED: Final = "rabbits"


@dataclass(frozen=True, slots=True)
class SpokenLine:
    file: str
    place: str
    text: str  # gaps are filled with a word
    bands: tuple[AgeBand, ...]  # who is told this; empty where it is for grown-ups
    has_gaps: bool = False


def spoken_lines(document: Document) -> Iterator[SpokenLine]:
    """Every line of a file, in order."""
    table = document.table()
    bands = () if document.stem + ".toml" in _FOR_GROWN_UPS else _UP.get(_band(table.get("band")), ALL)
    for place, text, who in _lines(table, "", bands):
        yield SpokenLine(document.name, place, _GAP.sub(_FILLED, text), who, "{" in text)


def _band(value: object) -> AgeBand:
    return _BANDS.get(str(value), AgeBand.LITTLE)


def _lines(
    inside: Any, place: str, bands: tuple[AgeBand, ...]
) -> Iterator[tuple[str, str, tuple[AgeBand, ...]]]:
    if isinstance(inside, dict):
        for key, value in inside.items():
            if key not in _FOR_PARENTS:
                yield from _lines(value, f"{place}.{key}" if place else key, _whom(key, inside, bands))
    elif isinstance(inside, list):
        for at, value in enumerate(inside, 1):
            yield from _lines(value, f"{place}.{_named(value) or at}", bands)
    elif isinstance(inside, str) and _SPOKEN.fullmatch(inside):
        yield place, inside, bands


def _whom(key: str, beside: Mapping[str, Any], bands: tuple[AgeBand, ...]) -> tuple[AgeBand, ...]:
    """Of those who hear the table who hears this."""
    if key == "little":
        return (AgeBand.LITTLE,)
    if key in _SHORTENED and beside.get("little"):
        return tuple(band for band in bands if band is not AgeBand.LITTLE)
    if key in _BANDS:
        return (_BANDS[key],)
    if key == "all":
        return tuple(band for band in bands if band.value not in beside)
    return bands


def _named(row: Any) -> str:
    """What a row of a list calls itself."""
    return (
        next((str(row[key]) for key in ("id", "name", "topic", "who") if key in row), "")
        if isinstance(row, dict)
        else ""
    )
