"""The authored files that are checked: those of the product, and those that an author brings."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from teddy_edge.conversation.skills.content import FOLDER, PACKAGE
from teddy_edge.safety.authored import read_authored, read_folder
from teddy_shared.errors import ConfigError

_ELSEWHERE: Final = (("teddy_edge.safety", "scripts.toml"), ("teddy_edge.health", "spoken.toml"))
_LARGEST: Final = 1_000_000  # bytes; a story has five thousand


@dataclass(frozen=True, slots=True)
class Document:
    name: str  # of a product's file as it stands in its room; of an author's file as it was given
    data: bytes
    ours: bool  # whether it is the product's

    @property
    def stem(self) -> str:
        return Path(self.name).stem

    @property
    def is_story(self) -> bool:
        return b"[scene." in self.data

    def table(self) -> dict[str, Any]:
        """Empty for a file that cannot be read: `schema` has told why."""
        try:
            return tomllib.loads(self.data.decode())
        except (tomllib.TOMLDecodeError, UnicodeDecodeError):
            return {}


def product_documents() -> tuple[Document, ...]:
    """Everything that the bear says or hears by an authored file; blocks."""
    names = sorted(each.name for each in files(PACKAGE).iterdir() if each.name.endswith(".toml"))
    tales = read_folder(PACKAGE, FOLDER)
    return (
        *(Document(name, read_authored(PACKAGE, name), ours=True) for name in names),
        *(Document(f"{FOLDER}/{tale}.toml", data, ours=True) for tale, data in tales.items()),
        *(Document(name, read_authored(room, name), ours=True) for room, name in _ELSEWHERE),
    )


def documents_at(paths: Iterable[Path]) -> tuple[Document, ...]:
    """An author's files, and those in an author's folders; blocks. Raises ConfigError."""
    return tuple(Document(str(file), _read(file), ours=False) for path in paths for file in _files(path))


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    found = sorted(path.rglob("*.toml"))
    if not found:
        raise ConfigError(f"{path} has no file that ends in .toml: begin one with `teddy content new`")
    yield from found


def _read(file: Path) -> bytes:
    try:
        if file.stat().st_size > _LARGEST:
            raise ConfigError(f"{file} is too large to be a story: it has more than a million bytes")
        return file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}") from None
