"""An order from the operator's hand to the bear and back: the whole cloud, a real link, a real card."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Literal

from teddy_cloud.commands.ordering import Wanted, list_orders, send_order
from teddy_edge.identity import SOFTWARE
from teddy_edge.outbox.entry import Context
from teddy_shared.envelope import ProfileId
from teddy_shared.events import TurnBegun
from tests.cloud_bear import BEAR, SECONDS
from tests.cloud_house import House, living
from tests.quiet_bear import quiet_bear
from tests.servers import Server


def report(**changes: float) -> Wanted:
    return order("report", **changes)


def order(what: Literal["report", "erase"], **changes: float) -> Wanted:
    return Wanted(
        bear=BEAR,
        what=what,
        profile=None,
        expires_in=changes.get("expires_in", 60.0),
        wait=changes.get("wait", SECONDS),
    )


async def standing(house: House, id_: str) -> str:
    """`unknown` while the read model has not heard of it."""
    found = [each.standing for each in await list_orders(house.settings, BEAR) if each.id == id_]
    return found[0] if found else "unknown"


async def until_it_stands(house: House, id_: str, wanted: str) -> None:
    async with asyncio.timeout(SECONDS):
        while await standing(house, id_) != wanted:  # noqa: ASYNC110  # in the store
            await asyncio.sleep(0.05)


async def test_a_bear_that_is_asked_how_it_is_tells_it(
    mosquitto: Server, redis_server: Server, tmp_path: Path
) -> None:
    async with (
        living(mosquitto, redis_server, tmp_path) as house,
        quiet_bear(tmp_path / "bear", tmp_path / f"{BEAR}.toml", mosquitto),
    ):
        told = await send_order(house.settings, report())

        assert (told.type, told.standing, told.reason) == ("bear.report", "done", "")
        assert told.report is not None
        assert told.report.software == SOFTWARE
        assert told.sentence.endswith(f"\nsoftware {SOFTWARE}, {told.report.waiting} events wait")


async def test_a_bear_that_was_away_does_it_when_it_comes_back_and_reports_what_is_too_late(
    broker: Server, redis_server: Server, tmp_path: Path
) -> None:
    async with living(broker, redis_server, tmp_path) as house:
        provision = tmp_path / f"{BEAR}.toml"
        async with quiet_bear(tmp_path / "bear", provision, broker) as bear:
            async with asyncio.timeout(SECONDS):
                while not bear.link.connected:  # noqa: ASYNC110  # behind a real socket
                    await asyncio.sleep(0.01)
        waiting = await send_order(house.settings, report(wait=0))
        late = await send_order(house.settings, report(wait=0, expires_in=1.0))
        await asyncio.sleep(1.1)
        before = [await standing(house, each.id) for each in (waiting, late)]

        async with quiet_bear(tmp_path / "bear", provision, broker):
            await until_it_stands(house, waiting.id, "done")
            await until_it_stands(house, late.id, "expired")

        assert before == ["waiting", "overdue"]


async def test_an_order_survives_the_restart_of_broker_and_store(
    mosquitto: Server, redis_server: Server, tmp_path: Path
) -> None:
    async with living(mosquitto, redis_server, tmp_path) as house:
        waiting = await send_order(house.settings, report(wait=0))
        mosquitto.restart()
        redis_server.restart()

        async with quiet_bear(tmp_path / "bear", tmp_path / f"{BEAR}.toml", mosquitto):
            await until_it_stands(house, waiting.id, "done")


async def test_a_child_is_erased_from_the_bears_card(
    mosquitto: Server, redis_server: Server, tmp_path: Path
) -> None:
    folder = tmp_path / "bear"

    def files_that_name(child: str) -> set[str]:
        return {path.name for path in folder.iterdir() if child.encode() in path.read_bytes()}

    async with living(mosquitto, redis_server, tmp_path) as house:
        child = ProfileId(house.family.profile)
        async with quiet_bear(folder, tmp_path / f"{BEAR}.toml", mosquitto) as bear:
            async with asyncio.timeout(SECONDS):
                while bear.wishes.profile != child:  # noqa: ASYNC110  # behind a real socket
                    await asyncio.sleep(0.01)
            await bear.outbox.append(TurnBegun(speech_ms=800), Context(profile=child))
            before = await asyncio.to_thread(files_that_name, child)

            told = await send_order(house.settings, order("erase"))

            after = bear.wishes.profile
            async with asyncio.timeout(SECONDS):
                while await asyncio.to_thread(files_that_name, child):  # noqa: ASYNC110  # files
                    await asyncio.sleep(0.05)

    assert before
    assert (told.standing, told.reason, after) == ("done", "", None)
    assert await asyncio.to_thread(files_that_name, child) == set()
