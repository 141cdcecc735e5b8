"""`teddy bear memory` beside a living bear and without one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from teddy_edge.conversation.children import Children
from teddy_edge.conversation.skills.known import Kind, Known, Stopped
from teddy_edge.home import open_home
from teddy_edge.identity import UNPROVISIONED
from teddy_edge.link.wishes import DOCUMENT, LINK
from teddy_shared.clock import SystemChance, SystemClock
from teddy_shared.envelope import BearId, ProfileId
from teddy_shared.messages import SettingsDocument
from teddy_shared.seal import ChaChaSeal, FileKeyRing
from teddy_shared.state.sqlite import open_sqlite_store
from teddy_shared.state.state import STATE_KEY, State
from tests.processes import ask_here

CHILD = ProfileId("child-1")
MIA = Known(name="Mia", favourites={Kind.ANIMAL: "a cat"}, stopped=Stopped("dragon", "cave"))


@asynccontextmanager
async def living(data: Path) -> AsyncIterator[State]:
    """What a bear does in its own process."""
    chance = SystemChance()
    keys = await asyncio.to_thread(
        lambda: FileKeyRing(path=data / "keys.json", master=data / "master.key", chance=chance)
    )
    await asyncio.to_thread(keys.create, STATE_KEY)
    async with open_home(data), open_sqlite_store(data / "state.db") as store:
        yield State(store=store, seal=ChaChaSeal(keys=keys, chance=chance), clock=SystemClock())


async def tell(state: State, *, family: bool = True) -> None:
    if family:
        await state.write(DOCUMENT, BearId(UNPROVISIONED), SettingsDocument(version=1, profile=CHILD), LINK)
    await Children(state=state).keep(CHILD, MIA)


async def look(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    return await asyncio.to_thread(ask_here, capsys, ["bear", "memory", *arguments])


async def test_what_is_known_is_shown_while_the_bear_lives(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with living(tmp_path) as state:
        await tell(state)
        code, said, _ = await look(capsys, "--data", tmp_path)
        _, as_json, _ = await look(capsys, "--data", tmp_path, "--json")

    assert code == 0
    assert said.split() == [
        "name:",
        "Mia",
        "favorite",
        "animal:",
        "a",
        "cat",
        "story:",
        "dragon,",
        "at",
        "cave",
    ]
    assert json.loads(as_json) == {
        "child": CHILD,
        "name": "Mia",
        "favorites": {"animal": "a cat"},
        "story": {"story": "dragon", "scene": "cave"},
        "erased": False,
    }


async def test_it_is_erased_when_the_bear_does_not_run_and_stays_while_it_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with living(tmp_path) as state:
        await tell(state)
        refused = await look(capsys, "--data", tmp_path, "--erase")
    erased = await look(capsys, "--data", tmp_path, "--erase")
    after = await look(capsys, "--data", tmp_path)

    assert (refused[0], erased[0], after[0]) == (2, 0, 0)
    assert "stop it first" in refused[2]
    assert erased[1].endswith("it is erased\n")
    assert after[1] == "nothing is known about the child\n"


async def test_a_bear_without_a_family_keeps_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with living(tmp_path) as state:
        await tell(state, family=False)
        code, said, complaint = await look(capsys, "--data", tmp_path)

    assert (code, said) == (0, "")
    assert "no family" in complaint


async def test_where_no_bear_has_lived_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, complaint = await look(capsys, "--data", tmp_path)

    assert code == 2
    assert "no bear has lived" in complaint
