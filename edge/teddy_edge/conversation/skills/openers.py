"""How the bear's answers begin: the clauses that a child waits for, so that they can be rendered ahead."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from importlib.resources import files
from typing import Any, Final

from teddy_edge.safety.authored import read_authored, read_folder
from teddy_edge.speech.clauses import clauses

_PACKAGE: Final = "teddy_edge.conversation.skills"
_FOLDERS: Final = ("stories",)
_FIRST: Final = ("fallback.toml", "company.toml")  # what any talk comes to
_LATER: Final = frozenset(("ask", "answer", "then", "reply"))  # what stands behind something else
_SPOKEN: Final = re.compile(r"[A-Z0-9{].*[.!?]")  # what is listened for is written small and without an end


def load_openers() -> list[str]:
    """The first clauses of all that is authored here, the likeliest first. Blocks.

    One in which a skill fills a gap is not known before; it may hold what a child has said.
    """
    names = [each.name for each in files(_PACKAGE).iterdir() if each.name.endswith(".toml")]
    names.sort(key=lambda name: (name not in _FIRST, name))
    texts = [read_authored(_PACKAGE, name) for name in names]
    for folder in _FOLDERS:
        texts += read_folder(_PACKAGE, folder).values()
    begun = Counter(
        opener
        for text in texts
        for line in _lines(tomllib.loads(text.decode()))
        if "{" not in (opener := clauses(line)[0])
    )
    return [opener for opener, _ in begun.most_common()]


def _lines(table: Any) -> Iterator[str]:
    match table:
        case dict():
            for name, inside in table.items():
                if name not in _LATER:
                    yield from _lines(inside)
        case list():
            for inside in table:
                yield from _lines(inside)
        case str() if _SPOKEN.fullmatch(table):
            yield table
