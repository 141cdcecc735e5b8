"""The roles of the cloud: together in one process, or each in a process of its own with its own parts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from teddy_cloud import app, settings
from teddy_cloud.app import Job, Ready, run_until
from teddy_cloud.commands.moving_in import Added
from teddy_cloud.settings import Role, Settings
from tests.cloud_bear import BEAR, SECONDS, ended, wire_to, wired
from tests.cloud_house import EMAIL, PASSWORD, move_in
from tests.processes import Teddy, teddy
from tests.servers import HOST, Server


def told(broker: str, store: Server, folder: Path, *roles: Role) -> Settings:
    overrides = {"broker": broker, "store": store.url, "data": folder / "cloud", "roles": roles or None}
    return settings.load(environment={}, overrides=overrides)


@asynccontextmanager
async def running(where: Settings) -> AsyncIterator[Ready]:
    stop, ready = asyncio.Event(), asyncio.get_running_loop().create_future()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(run_until(where, stop, ready=ready.set_result), name="cloud")
        async with asyncio.timeout(SECONDS):
            yield await ready
        stop.set()


def logs(folder: Path) -> str:
    return "".join(file.read_text() for file in folder.glob("log*"))


async def the_first_turn(page: str) -> str:
    async with httpx2.AsyncClient(base_url=page) as browser:
        await browser.post("/api/sign-in", json={"email": EMAIL, "password": PASSWORD})
        async with asyncio.timeout(SECONDS):
            while True:
                today = (await browser.get(f"/api/bears/{BEAR}/today")).json()
                if today["turns"]:
                    return str(today["turns"][0]["turn"])


async def test_processes_of_several_roles_are_a_whole_cloud_and_two_of_a_role_share_its_work(
    mosquitto: Server, redis_server: Server, tmp_path: Path
) -> None:
    where = told(mosquitto.url, redis_server, tmp_path)
    family: Added = await move_in(where, tmp_path)
    common = ("--store", redis_server.url, "--data", where.data, "--broker", mosquitto.url, "--json")
    async with AsyncExitStack() as stack:

        async def start(*arguments: str) -> tuple[Teddy, dict[str, object]]:
            log = tmp_path / f"log{'-'.join(arguments)}"
            run = await stack.enter_async_context(teddy("cloud", "run", *arguments, *common, log=log))
            return run, (await run.until(bool))[0]

        started = await asyncio.gather(
            start("--role", "ingest"),
            start("--role", "ingest", "--role", "dispatcher", "--worker", "2"),
            start("--role", "projector", "--role", "web"),
        )
        (page,) = (str(said["page"]) for _, said in started if "page" in said)
        async with wire_to(mosquitto) as bear:
            async with asyncio.timeout(SECONDS):
                while bear.acks.empty():  # until somebody of the ingest is subscribed
                    await bear.send([wired(ended(), 1, turn="turn-1", profile=family.profile)], 1)
                    await bear.nothing_acknowledged(0.2)
            shown = await the_first_turn(page)
            async with asyncio.timeout(SECONDS):
                assert await bear.settings.get()
        codes = [await run.end() for run, _ in started]

    assert shown == "turn-1"
    assert [said["role"] for _, said in started] == [
        ["ingest"],
        ["ingest", "dispatcher"],
        ["projector", "web"],
    ]
    assert codes == [0, 0, 0]
    assert "Traceback" not in await asyncio.to_thread(logs, tmp_path)


@pytest.mark.parametrize(
    ("roles", "calls"),
    [((Role.PROJECTOR, Role.PROCESSES, Role.WEB), False), ((Role.DISPATCHER,), True)],
    ids=["no broker", "a broker"],
)
async def test_only_a_role_that_speaks_to_bears_calls_the_broker(
    roles: Iterable[Role], calls: bool, redis_server: Server, tmp_path: Path
) -> None:
    called = asyncio.Event()

    async def note(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        called.set()
        writer.close()

    async with await asyncio.start_server(note, HOST, 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with running(told(f"mqtt://{HOST}:{port}", redis_server, tmp_path, *roles)) as ready:
            try:
                async with asyncio.timeout(SECONDS if calls else 0.3):
                    await called.wait()
            except TimeoutError:
                pass

    assert called.is_set() == calls
    assert (ready.page is not None) == (Role.WEB in ready.roles)
    assert set(ready.roles) == set(roles)


async def test_a_task_that_ends_by_itself_ends_the_process_and_the_tasks_before_it_stop_after_it() -> None:
    order: list[str] = []

    async def lasting() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            order.append("the first stopped")

    async def leaving() -> None:
        order.append("the second left")

    with pytest.raises(ExceptionGroup) as failed:
        async with app.running(Job("first", lasting)), app.running(Job("second", leaving)):
            async with asyncio.timeout(SECONDS):
                await asyncio.Event().wait()

    assert failed.group_contains(RuntimeError, match="second ended by itself")
    assert order == ["the second left", "the first stopped"]


def test_roles_come_from_the_environment_with_commas() -> None:
    found = settings.load(environment={"TEDDY_CLOUD_ROLES": "ingest, web"})

    assert found.roles == {Role.INGEST, Role.WEB}
    assert settings.load(environment={}).roles == set(Role)
