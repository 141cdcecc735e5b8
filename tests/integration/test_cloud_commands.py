"""`teddy cloud` as an operator meets it: clear words, no traceback, an end in order."""

from __future__ import annotations

import asyncio
import json
import socket
import stat
import tomllib
from pathlib import Path

import httpx2
import pytest

from teddy_cloud.storage.client import connect
from tests.cloud_bear import BEAR, SECONDS, ended, wire_to, wired
from tests.cloud_house import PASSWORD
from tests.processes import Teddy, ask, teddy
from tests.servers import HOST, Server

EMAIL = "parent@example.org"


def family(store: Server, folder: Path, *more: str | Path) -> list[str | Path]:
    return [
        *("cloud", "family", "add", "--store", store.url, "--data", folder / "cloud", "--email", EMAIL),
        *("--bear", BEAR, "--age-band", "5-7", "--provision", folder / "bear.toml", *more),
    ]


async def started(run: Teddy) -> str:
    said = await run.until(lambda all_: any("page" in each for each in all_))
    return str(said[0]["page"])


async def turns(page: str, password: str, count: int) -> list[str]:
    async with httpx2.AsyncClient(base_url=page) as browser:
        await browser.post("/api/sign-in", json={"email": EMAIL, "password": password})
        async with asyncio.timeout(SECONDS):
            while True:
                today = (await browser.get(f"/api/bears/{BEAR}/today")).json()
                if len(today["turns"]) >= count:
                    return [turn["turn"] for turn in today["turns"]]


def test_a_family_is_made_once_and_its_bears_file_is_for_its_eyes_only(
    redis_server: Server, tmp_path: Path
) -> None:
    grants = ("--grant", "activity", "--grant", "safety")
    code, out, errors = ask(family(redis_server, tmp_path, *grants, "--json"))
    again = ask(family(redis_server, tmp_path, *grants))

    assert (code, errors) == (0, "")
    made = json.loads(out)
    file = tmp_path / "bear.toml"
    provision = tomllib.loads(file.read_text())
    assert (provision["version"], provision["bear"], len(provision["link_key"])) == (1, BEAR, 64)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(made["password"]) >= 20
    assert made["password"] not in (tmp_path / "cloud/keys/ring.json").read_text()
    assert again == (
        2,
        "",
        f"teddy cloud: {EMAIL} has a family already; sign in with it, or use another address\n",
    )
    other = [each if each != EMAIL else "other@example.org" for each in family(redis_server, tmp_path)]
    code, _, errors = ask(other)
    assert (code, errors) == (2, f"teddy cloud: the bear {BEAR} belongs to a family already\n")
    assert tomllib.loads(file.read_text()) == provision


def test_a_family_is_made_after_all_where_the_bears_file_could_not_be_written_at_first(
    redis_server: Server, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    wanted = family(redis_server, tmp_path)
    slip = [tmp_path / "file/bear.toml" if each == tmp_path / "bear.toml" else each for each in wanted]

    code, _, errors = ask(slip)

    assert (code, len(errors.splitlines())) == (2, 1)
    assert "cannot write" in errors
    assert ask(wanted)[0] == 0


def test_a_password_may_be_given_and_is_never_shown(redis_server: Server, tmp_path: Path) -> None:
    code, out, _ = ask(family(redis_server, tmp_path, "--password-stdin", "--json"), given=f"{PASSWORD}\n")

    assert (code, json.loads(out)["password"]) == (0, None)
    assert PASSWORD not in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("run", "--broker", "http://x"), "looks like mqtt://"),
        (("run", "--store", "x"), "looks like redis://"),
        (("run", "--data", "/dev/null/x"), "cannot be made"),
        (
            ("rebuild", "nonsense", "--data", "."),
            "no read model nonsense; known: bears, conversations, ledger, orders",
        ),
        (("servers", "--data", "/dev/null/x"), "cannot be made"),
        (("state", "audit", "--noted", "5:abc"), "--noted goes with --verify"),
    ],
    ids=["broker", "store", "data", "read model", "servers", "noted"],
)
def test_what_an_operator_can_mend_is_one_sentence(
    arguments: tuple[str, ...], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    code, out, errors = ask(["cloud", *arguments])

    assert (code, out) == (2, "")
    assert says in errors
    assert len(errors.splitlines()) == 1


def test_a_taken_port_is_said(mosquitto: Server, redis_server: Server, tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = str(taken.getsockname()[1])
        code, _, errors = ask(
            [
                *("cloud", "run", "--broker", mosquitto.url, "--store", redis_server.url),
                *("--data", tmp_path, "--port", port),
            ]
        )

    assert code == 2
    assert f"port {port} for the parents' page is taken" in errors


async def test_it_starts_without_broker_and_store_and_serves_when_they_come(
    mosquitto: Server, redis_server: Server, tmp_path: Path
) -> None:
    _, out, _ = await asyncio.to_thread(ask, family(redis_server, tmp_path, "--grant", "activity", "--json"))
    made = json.loads(out)
    redis_server.stop()
    mosquitto.stop()
    where: list[str | Path] = [
        "--broker",
        mosquitto.url,
        "--store",
        redis_server.url,
        "--data",
        tmp_path / "cloud",
    ]

    async with teddy("cloud", "run", *where, "--json", log=tmp_path / "log") as run:
        page = await started(run)
        async with httpx2.AsyncClient(base_url=page, cookies={"teddy_session": "x"}) as browser:
            away = await browser.get(f"/bears/{BEAR}")
        redis_server.start()
        mosquitto.start()
        async with wire_to(mosquitto) as bear:
            turn = wired(ended(), 1, turn="turn-1", profile=made["profile"])
            async with asyncio.timeout(SECONDS):
                while bear.acks.empty():
                    await bear.send([turn], 1)
                    await bear.nothing_acknowledged(0.2)
        found = await turns(page, made["password"], 1)
        loop = asyncio.get_running_loop()
        asked = loop.time()
        code = await run.end()
        took = loop.time() - asked
    rebuilt = await asyncio.to_thread(ask, ["cloud", "rebuild", "conversations", *where[2:], "--json"])

    assert away.status_code == 503
    assert found == ["turn-1"]
    assert (code, took < 2.5) == (0, True)
    log = await asyncio.to_thread((tmp_path / "log").read_text)
    assert "broker away, trying again" in log
    assert "store away, trying again" in log
    assert "Traceback" not in log
    assert rebuilt[:2] == (0, '{"rebuilt": "conversations"}\n')
    assert rebuilt[2].splitlines()[-1] == "conversations: 256 of 256 partitions, about 0 s left"


async def test_embedded_servers_come_back_with_their_data_on_their_ports(tmp_path: Path) -> None:
    async def write(url: str) -> None:
        client = connect(url)
        await client.do("SET", "kept", "yes")
        await client.close()

    async def read(url: str) -> bytes:
        client = connect(url)
        found: bytes = await client.do("GET", "kept")
        await client.close()
        return found

    async with teddy("cloud", "servers", "--data", tmp_path / "d", "--json", log=tmp_path / "log") as one:
        (first,) = await one.until(bool)
        await write(first["store"])
        await one.kill()  # the store survives that, and must not be joined by a second one
    async with teddy("cloud", "servers", "--data", tmp_path / "d", "--json", log=tmp_path / "log") as two:
        (second,) = await two.until(bool)
        kept = await read(second["store"])
        code = await two.end()

    assert kept == b"yes"
    assert code == 0
    assert second["store"].startswith("redis://127.0.0.1:")
    assert second["broker"].startswith("mqtt://127.0.0.1:")
    assert await asyncio.to_thread((tmp_path / "log").read_text) == ""
    async with teddy("cloud", "servers", "--data", tmp_path / "d", "--json", log=tmp_path / "log") as three:
        assert await three.until(bool) == [second]
        assert await read(second["store"]) == b"yes"
