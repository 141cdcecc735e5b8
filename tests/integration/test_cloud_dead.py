"""`teddy cloud dead`: an operator looks at what could not be read, opens it under an audit, tries again."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from teddy_cloud import settings
from teddy_cloud.container.cloud import open_office
from teddy_cloud.eventstore.own import AUDIT
from teddy_cloud.eventstore.replay import Wanted, replay
from teddy_cloud.eventstore.store import Poison
from teddy_cloud.fleet.household import device_owner
from teddy_cloud.settings import Settings
from teddy_shared.codec import encode_head
from teddy_shared.envelope import Kind, Lane
from teddy_shared.events import ActionTaken, from_bytes, to_bytes
from tests.cloud_bear import BEAR, EPOCH, ended, head_of
from tests.cloud_house import move_in
from tests.processes import ask_here
from tests.servers import Server


async def two_letters(where: Settings, folder: Path) -> None:
    """One that this release understands, and one that it does not."""
    family = await move_in(where, folder)
    head = head_of(ended("whales"), 1, turn="turn-1", profile=family.profile)
    async with open_office(where) as office:
        poison = [
            Poison("too new", await asyncio.to_thread(office.seal.seal, device_owner(BEAR), raw, bound_to))
            for raw, bound_to in (
                (encode_head(head) + b"\n" + to_bytes(ended("whales")), b"dead/" + head.place.bytes()),
                (b"{}\n\x1b[2J", f"dead/{BEAR}/{EPOCH}/1/2".encode()),
            )
        ]
        await office.store.append_batch(bear=BEAR, epoch=EPOCH, lane=Lane.INTERACTION, first=1, items=poison)


async def audited(where: Settings) -> list[ActionTaken]:
    found = []
    async with open_office(where) as office:
        async for each in replay(office.store, Wanted(kind=Kind.AUDIT)):
            assert each.head.place.epoch == AUDIT
            payload = await asyncio.to_thread(
                office.seal.open, each.entry.owner, each.entry.sealed, each.head.place.bytes()
            )
            event = from_bytes(each.head.type, each.head.version, payload)
            assert isinstance(event, ActionTaken)
            found.append(event)
    return found


def test_letters_are_listed_shown_and_redriven(
    redis_server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = settings.load(environment={}, overrides={"store": redis_server.url, "data": tmp_path / "cloud"})
    asyncio.run(two_letters(where, tmp_path))
    here: list[str | Path] = ["--store", redis_server.url, "--data", tmp_path / "cloud"]

    _, listed, errors = ask_here(capsys, ["cloud", "dead", "list", *here, "--bear", BEAR, "--json"])
    good, bad = json.loads(listed)["letters"]
    _, shown, _ = ask_here(capsys, ["cloud", "dead", "show", good["id"], *here, "--json"])
    unseen = asyncio.run(audited(where))
    _, revealed, _ = ask_here(capsys, ["cloud", "dead", "show", bad["id"], *here, "--reveal"])
    seen = asyncio.run(audited(where))
    code, redriven, _ = ask_here(capsys, ["cloud", "dead", "redrive", "--all", *here])
    done = asyncio.run(audited(where))
    again = ask_here(capsys, ["cloud", "dead", "redrive", good["id"], *here])
    _, left, _ = ask_here(capsys, ["cloud", "dead", "list", *here])
    _, events, _ = ask_here(capsys, ["cloud", "events", *here, "--bear", BEAR, "--kind", "domain"])

    assert errors == ""
    assert (good["bear"], good["what"], good["kept"]) == (BEAR, "event", True)
    assert (good["place"], good["reason"]) == (f"{BEAR}/{EPOCH}/1/1", "too new")
    assert json.loads(shown) == good
    assert "dead.reveal" not in [event.action for event in unseen]
    assert seen[-1].action == "dead.reveal"
    assert seen[-1].who.startswith("operator:")
    assert [event.action for event in done[len(seen) :]] == ["dead.redrive"]  # the one that is not dead still
    assert r'"{}\n\u001b[2J"' in revealed  # what was sent does not reach the terminal as it is
    assert code == 1
    assert f"{good['id']}  redriven  {BEAR}/cloud-redriven/1/1" in redriven
    assert f"{bad['id']}  still dead  cannot read 2 bytes: the head does not fit at place" in redriven
    assert again[0] == 2
    assert f"there is no dead letter {good['id']}" in again[2]
    (line,) = left.splitlines()
    assert line.startswith(bad["id"])
    assert f"{BEAR}/cloud-redriven/1/1  turn.ended" in events
    assert "whales" not in listed + shown + redriven + events
