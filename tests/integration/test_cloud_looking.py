"""`teddy cloud events`: an operator sees what is stored, and never what it says."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from teddy_cloud.eventstore.redis import RedisEventStore
from teddy_cloud.eventstore.store import Item
from teddy_cloud.storage.client import connect
from teddy_shared.codec import encode_head
from teddy_shared.events import BearStarted, Event, to_bytes
from teddy_shared.purposes import Purpose
from tests.cloud_bear import BEAR, EPOCH, begun, ended, head_of
from tests.processes import ask, ask_here
from tests.servers import Server


async def store_events(store: Server, *events: Event) -> None:
    client = connect(store.url)
    for seq, event in enumerate(events, 1):
        head = encode_head(head_of(event, seq))
        item = Item(head, Purpose.DEVICE, profile=None, owner="", sealed=to_bytes(event))
        await RedisEventStore(client=client).append_batch(
            bear=BEAR, epoch=EPOCH, lane=event.label.lane, first=seq, items=[item]
        )
    await client.close()


def test_the_newest_heads_are_shown_and_no_payload_is(
    redis_server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(store_events(redis_server, BearStarted(software="1"), begun(), ended("whales")))
    looking: list[str | Path] = ["cloud", "events", "--store", redis_server.url, "--data", tmp_path]

    code, out, errors = ask_here(capsys, [*looking, "--limit", "2", "--json"])
    _, lines, _ = ask_here(capsys, [*looking, "--kind", "system"])
    _, rest, _ = ask_here(capsys, [*looking, "--after", json.loads(out)["events"][0]["at"], "--json"])
    nothing = ask_here(capsys, [*looking, "--bear", "bear-2"])

    assert (code, errors) == (0, "")
    shown = json.loads(out)["events"]
    assert [each["type"] for each in shown] == ["turn.begun", "turn.ended"]
    assert shown[1]["place"] == f"{BEAR}/{EPOCH}/1/3"
    assert shown[1]["size"] == len(to_bytes(ended("whales")))
    assert "whales" not in out
    assert json.loads(rest)["events"] == shown[1:]
    assert len(lines.splitlines()) == 1
    assert "bear.started  system  device" in lines
    assert nothing == (0, "nothing of that is stored\n", "")


@pytest.mark.parametrize("at", ["256/0-0", "17/99999999999999999999-0", "17/1-99999999999999999999", "17"])
def test_a_place_that_cannot_be_in_the_store_is_said(at: str, tmp_path: Path) -> None:
    code, out, errors = ask(["cloud", "events", "--data", tmp_path, "--after", at])

    assert (code, out) == (2, "")
    assert errors.endswith(
        f"argument --after: {at} is no place in the store; it looks like 17/1788264000000-0\n"
    )
