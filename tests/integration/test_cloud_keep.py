"""`teddy cloud keep`: what is old leaves the store, and an operator still finds it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from teddy_cloud.eventstore.partitions import events, partition_of
from teddy_cloud.storage.client import connect
from teddy_shared.clock import SystemClock
from teddy_shared.codec import encode_head
from tests.cloud_bear import BEAR, ended, head_of
from tests.processes import ask_here
from tests.servers import Server

AGES_AGO = 1_577_836_800_000  # 2020-01-01, in ms


async def store_old_events(store: Server, count: int, *, since: int) -> None:
    client = connect(store.url)
    for seq in range(1, count + 1):
        head = encode_head(head_of(ended(), seq))
        position = f"{since + seq}-0"
        await client.do(
            "XADD", events(partition_of(BEAR)), position, "head", head, "owner", "", "sealed", b"x"
        )
    await client.close()


async def live_count(store: Server) -> int:
    client = connect(store.url)
    count: int = await client.do("XLEN", events(partition_of(BEAR)))
    await client.close()
    return count


def test_what_is_old_is_archived_and_what_is_over_is_gone(
    redis_server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recently = int(SystemClock().wall() * 1000)
    asyncio.run(store_old_events(redis_server, 2, since=AGES_AGO))
    asyncio.run(store_old_events(redis_server, 3, since=recently - 120 * 86_400_000))
    asyncio.run(store_old_events(redis_server, 1, since=recently))
    here: list[str | Path] = ["--store", redis_server.url, "--data", tmp_path / "cloud"]

    code, out, errors = ask_here(capsys, ["cloud", "keep", *here, "--json"])
    _, again, _ = ask_here(capsys, ["cloud", "keep", *here])
    _, shown, _ = ask_here(capsys, ["cloud", "events", *here, "--bear", BEAR, "--json"])

    assert (code, errors) == (0, "")
    kept = json.loads(out)
    assert (kept["archived"], kept["ended"], kept["written"], kept["damaged"]) == (3, 2, 1, 0)
    assert asyncio.run(live_count(redis_server)) == 1
    assert again.startswith("0 events archived")
    assert [each["place"].rsplit("/")[-1] for each in json.loads(shown)["events"]] == ["1", "2", "3", "1"]


def test_damage_is_said_with_another_exit_code(
    redis_server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    room = tmp_path / "cloud" / "archive" / "066"
    room.mkdir(parents=True)
    (room / "1-0_2-0.segment").write_bytes(b"no segment")
    keep: list[str | Path] = ["cloud", "keep", "--store", redis_server.url, "--data", tmp_path / "cloud"]

    code, said, _ = ask_here(capsys, keep)
    later = ask_here(capsys, keep)

    assert code == 1
    assert "1-0_2-0.segment is damaged" in said
    assert (later[0], later[1].splitlines()[-1]) == (
        0,
        "1 damaged segments lie aside; what they hold is missing",
    )
