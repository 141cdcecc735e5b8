"""What parents and operators do through the buses, and the ledger that tells of it."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import httpx2
import pytest

from teddy_cloud import settings
from teddy_cloud.bus.callers import operator
from teddy_cloud.commands.looking_back import look_back
from teddy_shared.errors import ConfigError
from tests.cloud_bear import BEAR, SECONDS, begun, ended, wire_to, wired
from tests.cloud_house import EMAIL, House, living, move_in
from tests.processes import ask
from tests.servers import Server

Servers = tuple[Server, Server, Path]
CLERK = operator("clerk")


@pytest.fixture
def servers(mosquitto: Server, redis_server: Server, tmp_path: Path) -> Servers:
    return mosquitto, redis_server, tmp_path


async def form_of(browser: httpx2.AsyncClient) -> dict[str, object]:
    """The settings form as the page sends it."""
    page = (await browser.get(f"/bears/{BEAR}/settings")).text
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', page))
    return {**hidden, "volume": "25", "patience": "30", "consent": ["activity"]}


async def audit(house: House, *more: str) -> list[dict[str, object]]:
    where = ["--store", house.settings.store, "--data", str(house.settings.data)]
    code, out, errors = await asyncio.to_thread(ask, ["cloud", "audit", *where, "--json", *more])
    assert (code, errors) == (0, "")
    return list(json.loads(out)["ledger"])


async def test_every_deed_and_every_look_is_in_the_ledger_once_and_without_an_address(
    servers: Servers,
) -> None:
    async with living(*servers) as house, house.parent() as browser:
        await move_in(house.settings, house.folder, email="other@example.org", bear="bear-2")
        for _ in range(3):
            await browser.get(f"/api/bears/{BEAR}/today")
        form = await form_of(browser)
        saved = [await browser.post(f"/bears/{BEAR}/settings", data=form) for _ in range(2)]
        changed = await browser.post(f"/bears/{BEAR}/settings", data={**form, "volume": "90"})
        async with asyncio.timeout(SECONDS):
            while len(await look_back(house.settings, BEAR, 1, CLERK)) < 5:
                pass
        lines = await audit(house, "--bear", BEAR)
        everyones = await look_back(house.settings, None, 1, CLERK)

    assert [each.status_code for each in (*saved, changed)] == [303, 303, 409]
    told = [(each["verb"], each["what"], each["outcome"]) for each in lines[:5]]
    assert told == [
        ("did", "bear.adopt", "done"),
        ("looked", "bear.day", ""),
        ("looked", "bear.settings", ""),
        ("looked", "bear.state", ""),
        ("did", "settings.wish", "done"),
    ]
    who = [str(each["who"]).split(":")[0] for each in lines[:5]]
    assert who == ["operator", "parent", "parent", "parent", "parent"]
    assert EMAIL not in json.dumps(lines)
    assert {each.bear for each in everyones} == {BEAR, "bear-2"}
    assert [each.line.wall_ms for each in everyones] == sorted(each.line.wall_ms for each in everyones)


async def test_a_page_that_is_kept_in_the_cache_changes_with_its_bear(servers: Servers) -> None:
    async with living(*servers) as house, house.parent() as browser, wire_to(servers[0]) as bear:
        child = house.family.profile
        for number in range(1, 4):
            said = (await browser.get(f"/api/bears/{BEAR}/today")).json()  # from now on it is kept
            name, first = f"turn-{number}", 2 * number - 1
            turn = [
                wired(begun(), first, turn=name, profile=child),
                wired(ended(), first + 1, turn=name, profile=child),
            ]
            await bear.send(turn, first)
            async with asyncio.timeout(SECONDS):
                while len(said["turns"]) < number or not said["turns"][0]["outcome"]:
                    said = (await browser.get(f"/api/bears/{BEAR}/today")).json()

    assert [turn["turn"] for turn in said["turns"]] == ["turn-3", "turn-2", "turn-1"]


async def test_nobody_is_told_about_a_bear_that_no_family_owns(redis_server: Server, tmp_path: Path) -> None:
    where = settings.load(environment={}, overrides={"store": redis_server.url, "data": tmp_path / "cloud"})

    with pytest.raises(ConfigError, match="no family owns a bear bear-9"):
        await look_back(where, "bear-9", 1, CLERK)


def test_more_days_than_there_ever_were_are_all_of_them(redis_server: Server, tmp_path: Path) -> None:
    code, out, errors = ask(
        ["cloud", "audit", "--days", "99999999", "--store", redis_server.url, "--data", tmp_path / "cloud"]
    )

    assert (code, out, errors) == (0, "nothing was done and nobody looked in the last 1100 days\n", "")
