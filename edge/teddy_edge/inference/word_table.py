"""A dictionary on disk, looked up where it lies: the same answers as in memory, for a tenth of the memory.

The file is mapped. It holds a number of buckets, where each of them begins, and the buckets: lines of
key, tab and value, both in JSON, which writes neither tabs nor line ends.
"""

from __future__ import annotations

import json
import mmap
import struct
import zlib
from collections.abc import Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Final

from teddy_shared.errors import ConfigError

MAGIC: Final = b"teddy-words-1\n"
_A_BUCKET: Final = 2  # entries, more or less
_KEPT: Final = 1024  # answers a space; the least recently used gives way
_NUMBERS: Final = struct.Struct("<I")
_BOUNDS: Final = struct.Struct("<II")
_START: Final = len(MAGIC) + _NUMBERS.size


class WordTable:
    """Read-only; any number of threads may ask."""

    def __init__(self, data: bytes | mmap.mmap, buckets: int) -> None:
        self._data = data
        self._buckets = buckets
        self._body = _START + _NUMBERS.size * (buckets + 1)

    def get(self, space: str, key: str) -> Any:
        """The value of a key; None where there is none, as of a dict."""
        head = _head(space, key)
        begin, end = _BOUNDS.unpack_from(
            self._data, _START + _NUMBERS.size * (zlib.crc32(head) % self._buckets)
        )
        lines = self._data[self._body + begin : self._body + end]
        at = lines.find(head)
        return None if at < 0 else json.loads(lines[at + len(head) : lines.index(b"\n", at + 1)])


class Words:
    """One space of a table, with as much of a dict as its readers use. What was asked for lately is kept."""

    def __init__(self, table: WordTable, space: str) -> None:
        self._get = lru_cache(maxsize=_KEPT)(partial(table.get, space))

    def get(self, key: str) -> Any:
        return self._get(key)

    def __contains__(self, key: str) -> bool:
        return self.get(key) is not None


def write_words(path: Path, spaces: Mapping[str, Mapping[str, object]]) -> None:
    """The same entries give the same bytes."""
    entries = [
        (_head(space, key), _text(value)) for space, words in spaces.items() for key, value in words.items()
    ]
    lines: list[list[bytes]] = [[] for _ in range(max(1, len(entries) // _A_BUCKET))]
    for head, value in entries:
        lines[zlib.crc32(head) % len(lines)].append(head + value + b"\n")
    # Every head begins with a line end, so that it is found at the start of a line alone.
    buckets = [b"".join(bucket) for bucket in lines]
    with path.open("wb") as file:
        file.write(MAGIC + _NUMBERS.pack(len(buckets)))
        total = 0
        for bucket in (b"", *buckets):
            total += len(bucket)
            file.write(_NUMBERS.pack(total))
        file.writelines(buckets)


def open_words(path: Path) -> WordTable:
    """Map a table. Raises ConfigError for a file that is none."""
    try:
        with path.open("rb") as file:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        if data[: len(MAGIC)] != MAGIC:
            raise ValueError
        (buckets,) = _NUMBERS.unpack_from(data, len(MAGIC))
    except (OSError, ValueError, struct.error):
        raise ConfigError(f"{path} is no table of words: run `teddy models prepare`") from None
    data.madvise(mmap.MADV_WILLNEED)  # else a card is asked for every word of the first sentence
    return WordTable(data, buckets)


def _head(space: str, key: str) -> bytes:
    return b"\n" + _text(f"{space}:{key}") + b"\t"


def _text(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
