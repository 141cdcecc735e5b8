"""Whether the books of the product are as rich as it promises, and comfort never comes without a person."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from teddy_edge.authoring.documents import Document
from teddy_edge.authoring.findings import Finding

STORIES: Final = 12
STORIES_A_BAND: Final = 3
RIDDLES_AND_JOKES: Final = 60
FACTS: Final = 150
SONGS: Final = 8

_BOOKS: Final = ("animals.toml", "space.toml", "nature.toml")
_PERSON: Final = re.compile(r"grown-up|famil|hug|cuddle")
_ALONE: Final = frozenset(
    ("breathing", "cannot_sleep", "wind_down")
)  # what one does, not what one hears in need


def promised(documents: Sequence[Document]) -> Iterator[Finding]:
    """Of all files of the product together."""
    tables = {document.name: document.table() for document in documents}
    bands = [table.get("band", "") for table in tables.values() if "scene" in table]
    yield from _fewer(len(bands), STORIES, "stories/", "stories")
    for band in sorted(set(bands)):
        yield from _fewer(bands.count(band), STORIES_A_BAND, "stories/", f"stories for {band}")
    jokes = tables.get("jokes.toml", {})
    both = len(jokes.get("joke", ())) + len(jokes.get("riddle", ()))
    yield from _fewer(both, RIDDLES_AND_JOKES, "jokes.toml", "jokes and riddles")
    facts = [fact for name in _BOOKS for fact in facts_of(tables.get(name, {}))]
    yield from _fewer(len(facts), FACTS, "animals.toml", "facts")
    asking = sum("then" in fact for fact in facts)
    yield from _fewer(asking, FACTS, "animals.toml", "facts with a question behind them")
    yield from _fewer(len(tables.get("songs.toml", {}).get("song", ())), SONGS, "songs.toml", "songs")
    yield from _comforts(tables.get("calm.toml", {}))


def facts_of(table: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The facts of a book, whichever of its two words it has for them."""
    for topic in (*table.get("topic", ()), *table.get("animal", ())):
        yield from (*topic.get("fact", ()), *topic.get("facts", ()))


def _fewer(found: int, least: int, file: str, what: str) -> Iterator[Finding]:
    if found < least:
        yield Finding(file, "", "promised", f"there are {found} {what}", f"the product promises {least}")


def _comforts(calm: dict[str, Any]) -> Iterator[Finding]:
    for topic, row in calm.get("comfort", {}).items():
        if topic in _ALONE:
            continue
        for key in ("say", "little"):
            for at, line in enumerate(row.get(key, ()), 1):
                if not _PERSON.search(line):
                    yield Finding(
                        "calm.toml", f"comfort.{topic}.{key}.{at}", "person", "leads to no person",
                        "name a grown-up, the family, a hug or a cuddle: a toy is not enough",
                    )  # fmt: skip
