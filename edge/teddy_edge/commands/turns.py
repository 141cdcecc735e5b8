"""`teddy turns`: how the last turns went, also while the bear runs; it changes nothing."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from teddy_edge.commands.kept import keys_of
from teddy_edge.conversation.turn_log import KEPT, TurnLog, TurnRecord
from teddy_edge.settings import read
from teddy_shared import logs
from teddy_shared.cli import Command
from teddy_shared.clock import SystemChance, SystemClock
from teddy_shared.seal import ChaChaSeal
from teddy_shared.state.sqlite import read_sqlite_store
from teddy_shared.state.state import State

STAGES: Final = {"hearing": "hearing", "answering": "answering", "guard": "guard", "voice": "voice_first"}
HEADINGS: Final = ("time", "skill", "outcome", "first sound", *STAGES)


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-n", type=_count, default=20, metavar="N", help=f"how many (1 to {KEPT}; 20 unless told)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a turn, with all that is kept")
    parser.add_argument("--data", type=Path, metavar="DIR", help="where the bear's state and keys lie")
    parser.add_argument("--settings", type=Path, action="append", default=[], help="a TOML file")


def run(arguments: argparse.Namespace) -> int:
    logs.configure(level="warning")
    settings = read(files=tuple(arguments.settings), overrides={"data": arguments.data})
    turns = asyncio.run(_last(settings.data, arguments.n))
    if arguments.json:
        for turn in turns:
            print(json.dumps(_as_json(turn)))
    elif turns:
        print(_table(turns))
    if not turns:
        print(f"no turns yet: nobody has talked to the bear in {settings.data}", file=sys.stderr)
    return 0


async def _last(data: Path, count: int) -> Sequence[TurnRecord]:
    # Put together here: the container would load every part of a bear first, which takes a second.
    seal = ChaChaSeal(keys=await asyncio.to_thread(keys_of, data), chance=SystemChance())
    async with read_sqlite_store(data / "state.db") as store:
        clock = SystemClock()
        return await TurnLog(state=State(store=store, seal=seal, clock=clock), clock=clock).last(count)


def _as_json(turn: TurnRecord) -> dict[str, Any]:
    return {**turn.as_json(), "at": datetime.fromtimestamp(turn.at, UTC).isoformat(timespec="milliseconds")}


def _table(turns: Sequence[TurnRecord]) -> str:
    """Milliseconds, but for the time; a dash where a turn did not come so far."""
    rows = [HEADINGS, *(_row(turn) for turn in turns)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    words = HEADINGS.index("first sound")  # from here on numbers, which line up at the right
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column < words else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _row(turn: TurnRecord) -> tuple[str, ...]:
    when = datetime.fromtimestamp(turn.at, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    stages = (turn.stages_ms.get(stage) for stage in STAGES.values())
    return (when, turn.skill, turn.outcome, _ms(turn.first_sound_ms), *map(_ms, stages))


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= KEPT:
        raise argparse.ArgumentTypeError(f"a number from 1 to {KEPT}, not {text}")
    return int(text)


command = Command(
    help="show how the last turns went",
    description=(
        "One line a turn, newest last: which skill, how it ended, and how many milliseconds passed from the "
        f"end-of-turn decision to the first sound and in each stage. The last {KEPT} turns are kept, without "
        "a word of what was said. May be asked while the bear runs."
    ),
    configure=configure,
    run=run,
)
