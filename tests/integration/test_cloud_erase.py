"""`teddy cloud erase` over real servers: what parents saw is gone, and an operator can show it."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

from teddy_cloud import settings
from teddy_cloud.bus.callers import operator
from teddy_cloud.bus.deliveries import Grave
from teddy_cloud.commands.dead_letters import list_letters
from teddy_cloud.commands.erasing import check, erase
from teddy_cloud.commands.handling import list_given_up, redrive
from teddy_cloud.commands.looking_back import look_back
from teddy_cloud.commands.saga_looking import list_sagas
from teddy_cloud.container.cloud import open_office
from teddy_cloud.eventstore.partitions import partition_of
from teddy_cloud.processes.erase_child import saga_id
from teddy_edge.outbox.entry import Context
from teddy_shared.envelope import ProfileId
from teddy_shared.errors import ConfigError
from teddy_shared.events import CommandEnded, SafetyAlertRaised, TurnBegun
from tests.cloud_bear import BEAR, SECONDS, Wire, begun, ended, wire_to, wired
from tests.cloud_house import GRANTED, House, living, move_in
from tests.processes import ask
from tests.quiet_bear import quiet_bear
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

        checked = await check(house.settings, bear=None, profile=child)
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
    assert (checked.found.nothing_left, checked.found.closed) == (True, 3)
    assert again.facts()["receipt"] == receipt
    assert (checked_late.found.nothing_left, checked_late.found.closed) == (True, 3)
    assert (before["turns"] != [], after["turns"], after["alerts"], after["awake"]) == (True, [], [], True)
    assert [(each.kind, each.standing) for each in sagas] == [("erase-child", "done")]
    assert list(dead) == []
    assert child not in await asyncio.to_thread((tmp_path / "cloud/keys/ring.json").read_text)
    whats = [each.line.what for each in ledger]
    assert whats.index("child.erase") < whats.index("order.child.erase") < whats.index("audit.child_erased")


async def test_a_bear_that_is_there_forgets_its_child_and_gets_to_know_nobody(
    mosquitto: Server, redis_server: Server, tmp_path: Path
) -> None:
    async with (
        living(mosquitto, redis_server, tmp_path) as house,
        quiet_bear(tmp_path / "bear", tmp_path / f"{BEAR}.toml", mosquitto) as bear,
    ):
        child = house.family.profile
        async with asyncio.timeout(SECONDS):
            while bear.wishes.profile != child:  # noqa: ASYNC110  # behind a real socket
                await asyncio.sleep(0.01)
        await bear.outbox.append(TurnBegun(speech_ms=800), Context(profile=ProfileId(child)))

        done = await erase(house.settings, bear=BEAR, profile=None, wait=18, caller=operator("clerk"))

        found = await check(house.settings, bear=None, profile=child)
        async with asyncio.timeout(SECONDS):
            while bear.wishes.profile in (None, child):  # noqa: ASYNC110  # behind a real socket
                await asyncio.sleep(0.01)

    assert done.receipt is not None
    assert (done.receipt.bear, found.found.nothing_left) == ("done", True)


def test_where_nobody_is_there_to_ask_nothing_is_erased(redis_server: Server, tmp_path: Path) -> None:
    where = ["--store", redis_server.url, "--data", str(tmp_path / "cloud")]

    answer = ask(["cloud", "erase", *where, "--bear", BEAR])

    said = "teddy cloud: nobody is there to ask; say --yes, and mind that it cannot be undone\n"
    assert answer == (2, "", said)


async def test_what_is_not_there_cannot_be_erased(redis_server: Server, tmp_path: Path) -> None:
    where = settings.load(environment={}, overrides={"store": redis_server.url, "data": tmp_path / "cloud"})
    clerk = operator("clerk")

    with pytest.raises(ConfigError, match="no family owns a bear bear-9"):
        await erase(where, bear="bear-9", profile=None, wait=0, caller=clerk)
    with pytest.raises(ConfigError, match="no bear talks with a child child-9"):
        await erase(where, bear=None, profile="child-9", wait=0, caller=clerk)


def test_an_operator_is_told_that_there_is_no_such_saga(redis_server: Server, tmp_path: Path) -> None:
    where = ["--store", redis_server.url, "--data", str(tmp_path / "cloud")]

    answer = ask(["cloud", "sagas", "retry", "saga-9", *where])

    assert answer == (2, "", "teddy cloud: there is no saga saga-9\n")


async def test_an_operator_sees_what_no_handler_could_handle_and_hands_it_out_again(
    redis_server: Server, tmp_path: Path
) -> None:
    where = settings.load(environment={}, overrides={"store": redis_server.url, "data": tmp_path / "cloud"})
    await move_in(where, tmp_path)  # which leaves an event
    async with open_office(where) as office:
        (one, *_) = await office.deliveries.fetch("mail", "w1", [partition_of(BEAR)], 10)
        grave = Grave(BEAR, "audit.action_taken", "the letterbox is full", 6, 1_788_249_600_000)
        await office.deliveries.bury("mail", one, grave)

    (shown,) = await list_given_up(where)
    with pytest.raises(ConfigError, match="there is no dead letter 0/1-0 of a handler"):
        await redrive(where, "0/1-0")
    done = await redrive(where, shown.id)

    assert (shown.handler, shown.bear, shown.reason) == ("mail", BEAR, "the letterbox is full")
    assert shown.when == "2026-09-01 08:00:00"
    assert done == [(shown.id, True)]
    assert await list_given_up(where) == []
