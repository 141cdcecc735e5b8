"""What the project itself wrote: lines that the bear says and requests that it knows, all harmless."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final

from teddy_edge.conversation.skills.by_meaning import load_examples
from teddy_edge.safety.guard import safe_lines
from teddy_edge.safety.scripts import load_scripts
from teddy_edge.safety.verdict import Side
from teddy_edge.speech.clauses import clauses

_SKILLS: Final = "teddy_edge.conversation.skills"
_SPOKEN: Final = re.compile(r"[A-Z].* .*[.!?]")  # how a line looks that is said aloud
_GAP: Final = re.compile(r"\{\w+\}")


def authored(side: Side) -> tuple[str, ...]:
    """Of the heard side, requests as children make them; of the said side, lines and their clauses."""
    if side is Side.HEARD:
        return tuple(dict.fromkeys(example.text for example in load_examples()))
    lines = [line.text for line in safe_lines()] + [line for _, line in load_scripts().every_line()]
    for file in _data_files(files(_SKILLS)):
        lines += _spoken(tomllib.loads(file.read_text("utf-8")))
    lines = [_GAP.sub("rabbits", line) for line in lines]
    return tuple(dict.fromkeys(part for line in lines for part in (line, *clauses(line))))


def _data_files(folder: Traversable) -> Iterator[Traversable]:
    for each in sorted(folder.iterdir(), key=lambda each: each.name):
        if each.is_dir():
            yield from _data_files(each)
        elif each.name.endswith(".toml"):
            yield each


def _spoken(table: Any) -> Iterator[str]:
    if isinstance(table, dict):
        for inside in table.values():
            yield from _spoken(inside)
    elif isinstance(table, list):
        for inside in table:
            yield from _spoken(inside)
    elif isinstance(table, str) and _SPOKEN.fullmatch(table):
        yield table
