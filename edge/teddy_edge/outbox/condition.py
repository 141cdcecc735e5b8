"""How an outbox does, for `teddy doctor` and the metrics; from within, or from beside a bear that runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from teddy_edge.outbox.entry import Mark
from teddy_edge.outbox.gaps import Gap
from teddy_edge.outbox.room import LIMIT, reserve_beside
from teddy_edge.outbox.tables import read_tables
from teddy_shared.envelope import Lane


@dataclass(frozen=True, slots=True)
class Condition:
    """By lane: events, whose numbers include those of gaps."""

    used: int  # bytes that the database holds
    limit: int  # bytes beyond which the oldest gives way
    waiting: Mapping[Lane, int]  # not acknowledged by the cloud
    dropped: Mapping[Lane, int]  # of these, the ones that gave way and are gone
    graced: Mapping[Lane, int]  # acknowledged, and kept for a cloud that loses its tail
    reserve: bool  # whether room is kept free for safety


def condition_of(
    marks: Sequence[Mark], gaps: Sequence[Iterable[Gap]], *, used: int, limit: int, reserve: bool
) -> Condition:
    return Condition(
        used=used,
        limit=limit,
        waiting={lane: marks[lane].last - marks[lane].acked for lane in Lane},
        dropped={lane: _dropped(gaps[lane], marks[lane].acked) for lane in Lane},
        graced={lane: marks[lane].acked - marks[lane].gone for lane in Lane},
        reserve=reserve,
    )


def examine(path: Path, *, limit: int = LIMIT) -> Condition:
    """Of a database that another process may be writing. Blocks.

    Raises StoreDamaged, and ConfigError where it may not be read.
    """
    reserve = reserve_beside(path)
    reserve.look()
    with read_tables(path) as tables:
        return condition_of(
            [tables.marks(lane) for lane in Lane],
            [tables.gaps(lane) for lane in Lane],
            used=tables.used(),
            limit=limit,
            reserve=reserve.kept,
        )


def _dropped(gaps: Iterable[Gap], acked: int) -> int:
    return sum(gap.last - max(gap.first - 1, acked) for gap in gaps if gap.last > acked)
