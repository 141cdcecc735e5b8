"""Where the skills read what they say: the product's files, and those that an author adds to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from teddy_edge.safety.authored import read_authored, read_folder
from teddy_shared.errors import ConfigError

PACKAGE: Final = "teddy_edge.conversation.skills"

FOLDER: Final = "stories"


@dataclass(frozen=True, slots=True)
class Content:
    """Reads blocks. An author's tables stand behind the product's, as if they had been written there."""

    added: Mapping[str, bytes] = field(default_factory=dict)  # by the product's file
    tales: Mapping[str, bytes] = field(default_factory=dict)  # further stories by their ids

    def read(self, name: str) -> bytes:
        """Raises PartMissing."""
        return read_authored(PACKAGE, name) + self.added.get(name, b"")

    def stories(self) -> dict[str, bytes]:
        """Raises PartMissing, or ConfigError where an author's story has the name of another."""
        ours = read_folder(PACKAGE, FOLDER)
        if twice := sorted(set(ours) & set(self.tales)):
            raise ConfigError(f"there is a story {twice[0]} already: give yours another name")
        return {**ours, **self.tales}


PRODUCT: Final = Content()
