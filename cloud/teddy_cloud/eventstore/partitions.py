"""Which partition a bear belongs to, and the names of the keys that lie there."""

from __future__ import annotations

import zlib
from typing import Final

from teddy_shared.envelope import BearId

PARTITIONS: Final = 256  # fixed for life: changing it would lose every position


def partition_of(bear: str) -> int:
    return zlib.crc32(bear.encode()) % PARTITIONS


def events(partition: int) -> str:
    return f"ev:{{{partition}}}"


def dead(partition: int) -> str:
    return f"dead:{{{partition}}}"


def of_bear(kind: str, bear: str, *rest: str) -> str:
    """A key that lies in the bear's partition. The braces are what a cluster hashes."""
    return ":".join((f"{kind}:{{{partition_of(bear)}}}:{bear}", *rest))


def marks(bear: BearId, epoch: str) -> str:
    return of_bear("mark", bear, epoch)


def consent(bear: BearId) -> str:
    return of_bear("consent", bear)


def profiles(bear: BearId) -> str:
    return of_bear("profiles", bear)
