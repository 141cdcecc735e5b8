"""What the school reads: files of sentences, each of one concern or its twins, as they were thought of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import workshop.guard_school
from teddy_edge.safety.policy import Policy
from teddy_edge.safety.verdict import Side
from teddy_shared.errors import ConfigError

ROOM: Final = Path(workshop.guard_school.__file__).parent
TAUGHT: Final = ROOM / "sentences"
HELD_BACK: Final = ROOM / "held_back"
"""For the bench alone: school never opens it."""

FOLDS: Final = 3
"""Parts of a file. Authors think of one situation after another: each part has some that others lack."""

TWINS: Final = "twins"
HARMLESS: Final = "harmless"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A line of a file."""

    text: str
    category: str | None  # None: harmless
    source: str  # the file's name without its ending
    fold: int

    @property
    def twin(self) -> bool:
        """Harmless, and written to look like a concern."""
        return self.source.endswith(f".{TWINS}")


def read_sentences(side: Side, policy: Policy, *, folder: Path = TAUGHT) -> tuple[Sentence, ...]:
    """All of a side. Raises ConfigError for a file of no category, an empty folder, or a line twice."""
    found: list[Sentence] = []
    for file in sorted((folder / side.value).glob("*.txt")):
        found += _sentences(file, policy)
    if not found:
        raise ConfigError(f"there are no sentences in {folder / side.value}")
    seen: dict[str, str] = {}
    for each in found:
        if each.text in seen:
            raise ConfigError(f"{each.source}: a line stands in {seen[each.text]} too: {each.text!r}")
        seen[each.text] = each.source
    return tuple(found)


def _sentences(file: Path, policy: Policy) -> Iterator[Sentence]:
    category, _, kind = file.stem.partition(".")
    if category == HARMLESS or kind == TWINS:
        label = None
    elif not kind and category in policy.categories:
        label = category
    else:
        raise ConfigError(f"{file.name}: the policy knows no category {category}")
    lines = [line.strip() for line in file.read_text("utf-8").splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    for at, line in enumerate(lines):
        yield Sentence(line, label, file.stem, at * FOLDS // len(lines))
