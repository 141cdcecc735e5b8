"""`teddy cloud erase` over real servers: what parents saw is gone, and an operator can show it."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

from teddy_cloud.bus.callers import operator
from teddy_cloud.commands.dead_letters import list_letters
from teddy_cloud.commands.erasing import check, erase
from teddy_cloud.commands.looking_back import look_back
from teddy_cloud.commands.saga_looking import list_sagas
from teddy_cloud.processes.erase_child import saga_id
from teddy_shared.events import CommandEnded, SafetyAlertRaised
from tests.cloud_bear import BEAR, SECONDS, Wire, begun, ended, wire_to, wired
from tests.cloud_house import GRANTED, House, living
from tests.processes import ask
from tests.servers import Server


async def teddy_cloud(house: House, *arguments: str) -> tuple[int, dict[str, Any], str]:
    where = ["--store", house.settings.store, "--data", str(house.settings.data), "--json"]
    code, out, errors = await asyncio.to_thread(ask, ["cloud", *arguments, *where])
    return code, json.loads(out) if out else {}, errors


async def live_a_day(house: House, bear: Wire) -> None:
    """Turns, an alert, and bytes that nobody can read."""
    child = house.family.profile
    alert = SafetyAlertRaised(category="lost", advice="Call your child now.")
    await bear.hello()
    await bear.send([wired(alert, 1, profile=child)], 1, lane=alert.label.lane)
    await bear.send_raw(b"words of a child that are no batch")
    turn = [
        wired(begun(), 1, turn="turn-1", profile=child),
        wired(ended(), 2, turn="turn-1", profile=child),
    ]
    await bear.send(turn, 1)
    await bear.rewinds_until(turn)


async def today(house: House) -> dict[str, Any]:
    async with house.parent() as browser:
        return dict((await browser.get(f"/api/bears/{BEAR}/today")).raise_for_status().json())


async def wish_everything(house: House) -> int:
    """What the settings page answers to a parent who grants all there is."""
    async with house.parent() as browser:
        page = (await browser.get(f"/bears/{BEAR}/settings")).text
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', page))
        form = {**hidden, "volume": "50", "patience": "50", "consent": [each.value for each in GRANTED]}
        return (await browser.post(f"/bears/{BEAR}/settings", data=form)).status_code


async def test_a_child_is_erased_with_a_receipt_and_a_scan_that_finds_nothing(
    mosquitto: Server, redis_server: Server, tmp_path: Path
) -> None:
    async with living(mosquitto, redis_server, tmp_path) as house, wire_to(mosquitto) as bear:
        child = house.family.profile
        await live_a_day(house, bear)
        async with asyncio.timeout(SECONDS):
            while not (before := await today(house))["turns"] or not before["alerts"]:
                pass
            while not (await list_letters(house.settings, BEAR)).letters:
                pass
        checked_before = await check(house.settings, bear=BEAR, profile=None)

        async with asyncio.TaskGroup() as tasks:
            erasing = tasks.create_task(
                teddy_cloud(house, "erase", "--bear", BEAR, "--yes", "--wait", "30"), name="erasing"
            )
            async with asyncio.timeout(SECONDS):
                await bear.orders.get()
            refused = await wish_everything(house)
            done = CommandEnded(command=saga_id(child), type="child.erase", ending="done")
            await bear.send([wired(done, 3, correlation=saga_id(child))], 3)
        code, told, errors = await erasing

        checked = await teddy_cloud(house, "erase", "--check", "--profile", child)
        again = await erase(house.settings, bear=None, profile=child, wait=0, caller=operator("clerk"))
        late = [wired(begun(), 4, turn="turn-2", profile=child)]  # the bear has not heard of it yet
        await bear.send(late, 4)
        async with asyncio.timeout(SECONDS):
            while await bear.acknowledged() < 4:
                pass
        checked_late = await check(house.settings, bear=None, profile=child)
        after = await today(house)
        sagas = await list_sagas(house.settings)
        dead = (await list_letters(house.settings, BEAR)).letters
        ledger = await look_back(house.settings, BEAR, 1, operator("clerk"))

    assert refused == 423
    found = checked_before.found
    assert (found.nothing_left, found.key, found.open, found.letters) == (False, True, 3, 1)
    assert (code, errors) == (0, "")
    receipt = told["receipt"]
    assert (receipt["profile"], receipt["events"], receipt["bear"]) == (child, 3, "done")
    assert (receipt["pages"], receipt["letters"]) == (2, 1)
    assert (checked[0], checked[1]["nothing_left"], checked[1]["closed"]) == (0, True, 3)
    assert again.facts()["receipt"] == receipt
    assert (checked_late.found.nothing_left, checked_late.found.closed) == (True, 3)
    assert (before["turns"] != [], after["turns"], after["alerts"], after["awake"]) == (True, [], [], True)
    assert [(each.kind, each.standing) for each in sagas] == [("erase-child", "done")]
    assert list(dead) == []
    assert child not in await asyncio.to_thread((tmp_path / "cloud/keys/ring.json").read_text)
    whats = [each.line.what for each in ledger]
    assert whats.index("child.erase") < whats.index("order.child.erase") < whats.index("audit.child_erased")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--bear", BEAR), "nobody is there to ask; say --yes"),
        (("--bear", "bear-9", "--yes"), "no family owns a bear bear-9"),
        (("--profile", "child-9", "--yes"), "no bear talks with a child child-9"),
    ],
    ids=["unsure", "bear", "child"],
)
def test_what_cannot_be_erased_is_one_sentence(
    arguments: tuple[str, ...], says: str, redis_server: Server, tmp_path: Path
) -> None:
    where = ["--store", redis_server.url, "--data", str(tmp_path / "cloud")]

    code, out, errors = ask(["cloud", "erase", *where, *arguments])

    assert (code, out) == (2, "")
    assert says in errors
    assert len(errors.splitlines()) == 1


def test_operators_see_what_is_stuck_and_what_no_handler_could_handle(
    redis_server: Server, tmp_path: Path
) -> None:
    where = ["--store", redis_server.url, "--data", str(tmp_path / "cloud")]

    answers = [
        ask(["cloud", "sagas", "retry", "saga-9", *where]),
        ask(["cloud", "handlers", "dead", "redrive", "--all", *where]),
    ]

    assert answers == [
        (2, "", "teddy cloud: there is no saga saga-9\n"),
        (0, "every handler has handled everything\n", ""),
    ]
