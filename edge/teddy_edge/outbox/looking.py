"""A look into the outbox from outside, also while a bear writes into it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from teddy_edge.outbox.tables import VERSION, Tables
from teddy_shared.envelope import Lane
from teddy_shared.errors import ConfigError, StoreDamaged
from teddy_shared.state.database import is_damage, read_database


@dataclass(frozen=True, slots=True)
class Look:
    waiting: Mapping[Lane, int]  # events that the cloud has not acknowledged, those of gaps included
    dropped: Mapping[Lane, int]  # of these, the ones that made room and are gone
    used: int  # bytes


def look(path: Path) -> Look:
    """Blocks. Raises StoreDamaged, and ConfigError where it may not be read."""
    connection = read_database(path, {VERSION})
    with closing(connection):
        try:
            tables = Tables(connection)
            marks = {lane: tables.marks(lane) for lane in Lane}
            gaps = {lane: tables.gaps(lane) for lane in Lane}
            used = tables.used()
        except sqlite3.Error as error:
            if is_damage(error):
                raise StoreDamaged(path, str(error)) from None
            raise ConfigError(f"cannot read the outbox {path} ({error})") from None
    return Look(
        waiting={lane: mark.last - mark.acked for lane, mark in marks.items()},
        dropped={
            lane: sum(max(0, gap.last - max(gap.first - 1, marks[lane].acked)) for gap in found)
            for lane, found in gaps.items()
        },
        used=used,
    )
