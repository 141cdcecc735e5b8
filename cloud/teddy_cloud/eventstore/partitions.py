"""Which partition a bear belongs to, and the names of the keys that lie there."""

from __future__ import annotations

import itertools
import zlib
from functools import cache
from typing import Final

from teddy_shared.envelope import BearId

PARTITIONS: Final = 256  # fixed for life: changing it would lose every position

DOORBELL: Final = "doorbell"  # the channel on which partitions ring by their number
ARCHIVE: Final = "archive"  # the key with the name of the archive that holds what was cut off


def partition_of(bear: str) -> int:
    return zlib.crc32(bear.encode()) % PARTITIONS


def nobody_in(partition: int) -> BearId:
    """A name that no bear can have, in this partition: for what is kept about all of its bears together."""
    return _nobodies()[partition]


def events(partition: int) -> str:
    return f"ev:{{{partition}}}"


def dead(partition: int) -> str:
    return f"dead:{{{partition}}}"


def letter_facts(partition: int) -> str:
    return f"dead-facts:{{{partition}}}"


def redriven(partition: int) -> str:
    return f"dead-redriven:{{{partition}}}"


def of_bear(kind: str, bear: str, *rest: str) -> str:
    """A key that lies in the bear's partition. The braces are what a cluster hashes."""
    return ":".join((f"{kind}:{{{partition_of(bear)}}}:{bear}", *rest))


def marks(bear: BearId, epoch: str) -> str:
    return of_bear("mark", bear, epoch)


def consent(bear: BearId) -> str:
    return of_bear("consent", bear)


def profiles(bear: BearId) -> str:
    return of_bear("profiles", bear)


@cache
def _nobodies() -> dict[int, BearId]:
    names: dict[int, BearId] = {}
    for number in itertools.count():
        name = f"_{number}"  # a bear's name begins with a letter or a digit
        names.setdefault(partition_of(name), BearId(name))
        if len(names) == PARTITIONS:
            return names
    raise AssertionError("counting never ends")
