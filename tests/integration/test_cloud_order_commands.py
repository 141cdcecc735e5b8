"""`teddy cloud order` as an operator meets it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from teddy_cloud import settings
from teddy_cloud.commands.ordering import Wanted, list_orders, send_order
from teddy_cloud.commands.rebuilding import rebuild
from teddy_cloud.commands.saying import this_operator
from teddy_cloud.settings import Settings
from teddy_shared.errors import ConfigError
from tests.cloud_bear import BEAR
from tests.cloud_house import move_in
from tests.processes import ask
from tests.servers import Server


@pytest.fixture
async def cloud(redis_server: Server, tmp_path: Path) -> Settings:
    """A cloud that has a family with a bear; nothing of it runs."""
    where = settings.load(environment={}, overrides={"store": redis_server.url, "data": tmp_path / "cloud"})
    await move_in(where, tmp_path)
    return where


def wanted(**changes: Any) -> Wanted:
    fields: dict[str, Any] = {"bear": BEAR, "what": "report", "profile": None, "expires_in": 60.0, "wait": 0}
    return Wanted(**(fields | changes))


async def test_an_order_is_given_and_stands_in_the_list(cloud: Settings) -> None:
    where: list[str | Path] = ["--bear", BEAR, "--store", cloud.store, "--data", cloud.data]
    before = await list_orders(cloud, BEAR)

    code, out, errors = await asyncio.to_thread(
        ask, ["cloud", "order", "send", "erase", "--expires", "60", "--json", *where]
    )
    await rebuild(cloud, "orders", anew=True)

    await rebuild(cloud, "ledger", anew=True)
    code_of_audit, audit, _ = await asyncio.to_thread(ask, ["cloud", "audit", "--json", *where])

    assert (before, code, errors, code_of_audit) == ([], 0, "", 0)
    given_by = [each["who"] for each in json.loads(audit)["ledger"] if each["what"] == "order.child.erase"]
    assert given_by == [this_operator().who]
    given = json.loads(out)
    assert (given["type"], given["standing"]) == ("child.erase", "waiting")
    assert given["expires_wall_ms"] - given["issued_wall_ms"] == 60_000
    (told,) = await list_orders(cloud, BEAR)
    assert told.facts() == given
    assert told.sentence.endswith(f"{given['id']}  child.erase: waiting")


async def test_an_answer_that_does_not_come_in_time_leaves_the_order_waiting(cloud: Settings) -> None:
    assert (await send_order(cloud, wanted(wait=0.05))).standing == "waiting"


@pytest.mark.parametrize(
    ("slip", "says"),
    [
        ({"bear": "bear-9"}, "no family owns a bear called bear-9"),
        ({"bear": "no bear"}, "no family owns a bear called no bear"),
        ({"expires_in": 0}, "1 second to 30 days"),
        ({"expires_in": float("nan")}, "1 second to 30 days"),
        ({"expires_in": 31 * 24 * 3600.0}, "1 second to 30 days"),
        ({"wait": float("nan")}, "--wait takes a number of seconds"),
        ({"wait": float("inf")}, "--wait takes a number of seconds"),
        ({"what": "erase", "profile": "A child"}, "no child's profile"),
    ],
)
async def test_what_an_operator_can_mend_is_said(slip: dict[str, Any], says: str, cloud: Settings) -> None:
    with pytest.raises(ConfigError, match=says):
        await send_order(cloud, wanted(**slip))
