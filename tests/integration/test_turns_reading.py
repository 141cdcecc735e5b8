"""`teddy turns` beside a living bear, after a restart, and where there is nothing to read."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from teddy_edge.commands import turns
from teddy_edge.conversation.journal import Turn
from teddy_edge.conversation.turn_log import ROLE, TURNS, TurnLog
from teddy_shared import cli
from teddy_shared.ages import AgeBand
from teddy_shared.clock import SystemChance, SystemClock
from teddy_shared.errors import ConfigError, StateError, StoreDamaged
from teddy_shared.events import TurnEnded
from teddy_shared.seal import ChaChaSeal, FileKeyRing
from teddy_shared.state.sqlite import open_sqlite_store, read_sqlite_store
from teddy_shared.state.state import State
from teddy_shared.tracing import Trace
from tests.processes import ask

ENDED = TurnEnded(
    topic="elephants",
    skill="animals",
    verdict="answer",
    outcome="answered",
    speech_ms=2_000,
    reply_ms=4_000,
    stages_ms={"hearing": 181.5, "answering": 6.0, "guard": 2.0, "voice_first": 41.0, "voice_rest": 80.0},
    first_sound_ms=250.25,
    from_last_sample_ms=1_450.25,
)


@asynccontextmanager
async def writing(data: Path) -> AsyncIterator[TurnLog]:
    """What a bear does in its own process."""
    clock, chance = SystemClock(), SystemChance()
    keys = await asyncio.to_thread(
        lambda: FileKeyRing(path=data / "keys.json", master=data / "master.key", chance=chance)
    )
    await asyncio.to_thread(keys.create, "state")
    async with open_sqlite_store(data / "state.db") as store:
        seal = ChaChaSeal(keys=keys, chance=chance)
        yield TurnLog(state=State(store=store, seal=seal, clock=clock), clock=clock)


async def talk(log: TurnLog, first: int, last: int) -> None:
    for number in range(first, last + 1):
        turn = Turn(
            id=f"turn-{number}",
            generation=number,
            trace=Trace("c" * 32, "d" * 16),
            band=AgeBand.MIDDLE,
            profile=None,
            decided_at=SystemClock().monotonic(),
        )
        await log.keep(turn, ENDED)


async def shown(data: Path, *more: str) -> list[str]:
    """By another process."""
    code, out, errors = await asyncio.to_thread(ask, ["turns", "--data", str(data), *more])
    assert (code, errors) == (0, "")
    return out.splitlines()


async def test_another_process_sees_the_last_turns_while_the_bear_writes_them(tmp_path: Path) -> None:
    async with writing(tmp_path) as log:
        await talk(log, 1, 30)
        lines = await shown(tmp_path, "--json", "-n", "2")
        await talk(log, 31, 31)
        (last,) = await shown(tmp_path, "--json", "-n", "1")

    assert [json.loads(line)["turn"] for line in lines] == ["turn-29", "turn-30"]
    found = json.loads(last)
    assert found.pop("at").endswith("+00:00")
    assert found == {
        "turn": "turn-31",
        "trace": "c" * 32,
        "generation": 31,
        "skill": "animals",
        "verdict": "answer",
        "outcome": "answered",
        "speech_ms": 2_000,
        "reply_ms": 4_000,
        "stages_ms": ENDED.stages_ms,
        "first_sound_ms": 250.25,
        "from_last_sample_ms": 1_450.25,
    }


async def test_they_are_there_after_the_bear_has_stopped_and_twenty_are_shown(tmp_path: Path) -> None:
    async with writing(tmp_path) as log:
        await talk(log, 1, 27)

    lines = await shown(tmp_path)

    assert lines[0].split() == ["time", "skill", "outcome", "first", "sound", *turns.STAGES]
    assert len(lines) == 1 + 20
    assert lines[-1].split()[2:] == ["animals", "answered", "250.2", "181.5", "6.0", "2.0", "41.0"]


async def test_reading_changes_nothing_and_may_not(tmp_path: Path) -> None:
    async with writing(tmp_path) as log:
        await talk(log, 1, 3)
    before = hashlib.sha256(await asyncio.to_thread((tmp_path / "state.db").read_bytes)).digest()

    async with read_sqlite_store(tmp_path / "state.db") as store:
        chance = SystemChance()
        keys = await asyncio.to_thread(
            lambda: FileKeyRing(path=tmp_path / "keys.json", master=tmp_path / "master.key", chance=chance)
        )
        state = State(store=store, seal=ChaChaSeal(keys=keys, chance=chance), clock=SystemClock())
        held = await state.read(TURNS, "sheet-1", ROLE)
        assert held is not None
        with pytest.raises(StateError, match="readonly"):
            await state.write(TURNS, "sheet-1", held.value, ROLE)

    after = hashlib.sha256(await asyncio.to_thread((tmp_path / "state.db").read_bytes)).digest()
    assert after == before


async def test_a_damaged_database_is_named_and_left_to_the_bear(tmp_path: Path) -> None:
    damaged = tmp_path / "state.db"
    await asyncio.to_thread(damaged.write_bytes, b"no database, but long enough to look like one " * 200)

    with pytest.raises(StoreDamaged, match=r"state\.db"):
        async with read_sqlite_store(damaged):
            pass

    assert await asyncio.to_thread(lambda: [each.name for each in tmp_path.iterdir()]) == ["state.db"]


async def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read the database"):
        async with read_sqlite_store(tmp_path / "state.db"):
            pass

    assert await asyncio.to_thread(lambda: list(tmp_path.iterdir())) == []


def test_where_no_bear_has_lived_one_is_told_what_to_do_and_nothing_is_made(tmp_path: Path) -> None:
    code, out, errors = ask(["turns", "--data", tmp_path / "nobody"])

    assert (code, out) == (2, "")
    assert "no bear has lived in" in errors
    assert "--data" in errors
    assert list(tmp_path.iterdir()) == []


async def test_a_bear_to_whom_nobody_has_talked_has_no_turns_yet(tmp_path: Path) -> None:
    async with writing(tmp_path):
        pass

    code, out, errors = await asyncio.to_thread(ask, ["turns", "--data", str(tmp_path), "--json"])

    assert (code, out) == (0, "")
    assert "no turns yet" in errors


@pytest.mark.parametrize("count", ["0", "201", "-3", "many"])
def test_a_count_that_makes_no_sense_is_refused(count: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["turns", f"-n={count}"])

    assert "a number from 1 to 200" in capsys.readouterr().err
