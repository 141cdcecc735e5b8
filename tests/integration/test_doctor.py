"""`teddy doctor`: each part, broken, is named with what to do; a bear that runs does not notice."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from teddy_cloud.fleet.authority import Authorities, open_authorities
from teddy_cloud.fleet.broker_folder import write_revocations
from teddy_edge.container.foundation import Foundation
from teddy_edge.container.parts import Parts, open_parts
from teddy_edge.container.way import Way
from teddy_edge.health.checks import CHECKS
from teddy_edge.health.examination import examine
from teddy_edge.health.finding import Condition, Finding
from teddy_edge.health.patient import Patient, meet
from teddy_edge.health.place import SCARCE, room
from teddy_edge.home import A_LOOK
from teddy_edge.inference.models import ModelStore
from teddy_edge.link.broker import BrokerLink
from teddy_edge.link.noted import Notebook
from teddy_edge.outbox.entry import NO_TURN
from teddy_edge.outbox.room import SPARE
from teddy_edge.outbox.store import Outbox
from teddy_edge.settings import Models, Settings, read
from teddy_shared.clock import SystemChance, SystemClock
from teddy_shared.envelope import BearId, Lane
from teddy_shared.errors import ConfigError, LinkError
from teddy_shared.events import SafetyAlertRaised, TurnBegun
from teddy_shared.seal import write_private
from teddy_shared.state.sqlite import SqliteStore
from teddy_shared.state.state import State
from teddy_shared.tls import Credentials
from tests.full_disk import open_folder, read_only
from tests.processes import ask_here
from tests.secure_broker import SecureBroker
from tests.servers import HOST, Server

BEAR = BearId("bear-1")
SECONDS = 8.0
DAY = 24 * 3600.0
SILENT = {"sound.clips": (Path("child.wav"),), "sound.speaker": "none"}  # the machine of a test has no card


class WrongClock(SystemClock):
    def __init__(self, wrong: float) -> None:
        super().__init__()
        self._wrong = wrong  # seconds

    def wall(self) -> float:
        return super().wall() + self._wrong


@dataclass(frozen=True)
class Ward:
    """A bear with papers that has lived for a while, in a folder of its own."""

    folder: Path
    authorities: Authorities
    url: str = "mqtts://127.0.0.1:1"  # nobody is there

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def provision(self) -> Path:
        return self.folder / "bear.toml"

    def settings(self, *, data: Path | None = None, broker: str | None = None) -> Settings:
        overrides = {
            "data": data or self.data,
            "link.broker": broker or self.url,
            "link.provision": self.provision,
            **SILENT,
        }
        return read(environment={}, overrides=overrides)

    def papers(self, credentials: Credentials) -> None:
        parts = "".join(
            f"{name} = '''\n{getattr(credentials, name)}'''\n" for name in ("authority", "certificate", "key")
        )
        text = f'version = 2\nbear = "{BEAR}"\nlink_key = "{"0" * 64}"\n{parts}'
        write_private(self.provision, text.encode())

    @asynccontextmanager
    async def living(self) -> AsyncIterator[Parts]:
        """A bear without senses."""
        context = {Settings: self.settings()}
        async with open_parts(Foundation(), Way(), context=context, warm=(Outbox, SqliteStore)) as parts:
            yield parts

    async def live_for_a_while(self) -> Ward:
        await asyncio.to_thread(self.papers, await asyncio.to_thread(self.authorities.enrol, BEAR))
        async with self.living() as parts:
            outbox = await parts.get(Outbox)
            await outbox.append(TurnBegun(speech_ms=1), NO_TURN)
            await outbox.append(SafetyAlertRaised(category="lost", advice="look"), NO_TURN)
            await Notebook(bear=BEAR, state=await parts.get(State), clock=SystemClock()).note(None)
        return self

    async def met(self, settings: Settings | None = None, *, wrong: float = 0.0) -> Patient:
        clock = WrongClock(wrong)
        return await asyncio.to_thread(meet, settings or self.settings(), unsettled=None, clock=clock)

    async def look(
        self, part: str, condition: Condition, settings: Settings | None = None, *, wrong: float = 0.0
    ) -> Finding:
        """At one part, which is in this condition."""
        found = (await examine(await self.met(settings, wrong=wrong), {part: CHECKS[part]}))[part]
        assert found.condition is condition, found
        return found


@pytest.fixture
async def ward(tmp_path: Path) -> Ward:
    house = await asyncio.to_thread(
        open_authorities, tmp_path / "authority", clock=SystemClock(), chance=SystemChance()
    )
    return await Ward(tmp_path, house).live_for_a_while()


@pytest.fixture
async def online(tls_mosquitto: SecureBroker, tmp_path: Path) -> Ward:
    """The same, with a broker."""
    return await Ward(tmp_path, tls_mosquitto.authorities, tls_mosquitto.url).live_for_a_while()


# --- all is well -----------------------------------------------------------------------------------------


async def test_nothing_is_wrong_with_a_bear_that_is_well(online: Ward, models: ModelStore) -> None:
    found = await examine(await online.met())

    assert list(found) == list(CHECKS)
    assert [part for part, each in found.items() if each.condition is Condition.WRONG] == []
    assert found["broker"].what.endswith("lets the bear in")
    assert found["outbox"].what.endswith("waiting: 1 safety, 1 interaction")
    assert "accounted for" in found["state"].what
    assert found["certificate"].condition is Condition.WELL


async def test_a_bear_that_has_not_lived_yet_is_not_ill(tmp_path: Path, models: ModelStore) -> None:
    settings = read(environment={}, overrides={"data": tmp_path / "data", **SILENT})
    patient = await asyncio.to_thread(meet, settings, unsettled=None, clock=SystemClock())

    found = await examine(patient)

    assert {each.condition for each in found.values()} <= {Condition.WELL, Condition.NOTE, Condition.UNSEEN}
    assert not await asyncio.to_thread((tmp_path / "data").exists)


@asynccontextmanager
async def connected(ward: Ward) -> AsyncIterator[tuple[BrokerLink, Parts, list[object]]]:
    """A bear that runs and is connected, and what its link told of that."""
    async with ward.living() as parts:
        link = await parts.get(BrokerLink | None)  # type: ignore[arg-type]  # a union is a key too
        assert link is not None
        openings: list[object] = []

        async def listen() -> None:
            async for heard in link.heard():
                openings.append(heard)

        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(link.stay_connected()), tasks.create_task(listen())]
            async with asyncio.timeout(SECONDS):
                while not openings:  # noqa: ASYNC110  # what is watched lies behind a real socket
                    await asyncio.sleep(0.01)
            yield link, parts, openings
            for task in running:
                task.cancel()


async def test_a_bear_that_runs_does_not_notice_the_doctor(online: Ward, models: ModelStore) -> None:
    async with connected(online) as (link, parts, openings):
        found = await examine(await online.met())
        await (await parts.get(Outbox)).append(TurnBegun(speech_ms=2), NO_TURN)

        assert found["link"].condition is Condition.WELL
        assert "the bear that runs has the connection" in found["broker"].what
        assert (link.connected, len(openings)) == (True, 1)


async def test_a_bear_that_starts_while_the_doctor_looks_is_not_taken_for_a_second_one(ward: Ward) -> None:
    has_it = threading.Event()

    def look_slowly() -> None:
        lock = os.open(ward.data / "lock", os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_SH)
        has_it.set()
        time.sleep(A_LOOK)
        os.close(lock)

    looking = asyncio.create_task(asyncio.to_thread(look_slowly))
    await asyncio.to_thread(has_it.wait)
    async with ward.living():
        assert (await ward.met()).runs
    await looking


# --- each part, broken -------------------------------------------------------------------------------------


async def test_settings_that_cannot_be_read_are_named_and_the_rest_is_looked_at(
    ward: Ward, models: ModelStore, capsys: pytest.CaptureFixture[str]
) -> None:
    file = ward.folder / "settings.toml"
    await asyncio.to_thread(file.write_text, "[linc]\nbroker = 1\n")
    where: list[str | Path] = ["--data", ward.data, "--provision", ward.provision]

    code, out, _ = await asyncio.to_thread(ask_here, capsys, ["doctor", "--settings", file, *where, "--json"])

    told = json.loads(out)
    parts = {each["part"]: each for each in told["parts"]}
    assert (code, told["well"], told["bear"]) == (1, False, BEAR)
    assert "unknown setting linc; did you mean link?" in parts["settings"]["what"]
    assert parts["outbox"]["condition"] == "well"


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (lambda file: file.unlink(), "there is no provisioning file"),
        (lambda file: file.write_text("nonsense"), "is not a provisioning file"),
        (lambda file: file.chmod(0o644), "others on this machine may read the keys"),
    ],
    ids=["missing", "damaged", "open"],
)
async def test_provisioning(harm: Any, says: str, ward: Ward) -> None:
    await asyncio.to_thread(harm, ward.provision)

    assert says in (await ward.look("provisioning", Condition.WRONG)).what


async def test_certificate(ward: Ward) -> None:
    mine = await asyncio.to_thread(ward.authorities.enrol, BEAR)
    other = await asyncio.to_thread(ward.authorities.enrol, BearId("bear-2"))

    async def says(credentials: Credentials, condition: Condition, *, wrong: float = 0.0) -> str:
        await asyncio.to_thread(ward.papers, credentials)
        return (await ward.look("certificate", condition, wrong=wrong)).what

    assert await says(other, Condition.WRONG) == "it is for bear-2, and this bear is bear-1"
    assert "do not fit together" in await says(replace(mine, key=other.key), Condition.WRONG)
    assert "it ran out on" in await says(mine, Condition.WRONG, wrong=11 * 365 * DAY)
    assert "the certificate counts from" in await says(mine, Condition.WRONG, wrong=-40 * 365 * DAY)
    assert "it runs out on" in await says(mine, Condition.NOTE, wrong=(10 * 365 - 30) * DAY)


async def test_clock(ward: Ward) -> None:
    assert "it shows 19" in (await ward.look("clock", Condition.WRONG, wrong=-40 * 365 * DAY)).what


@pytest.fixture
def card() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder


async def test_folder(ward: Ward, card: Path) -> None:
    in_the_way = ward.settings(data=ward.provision)
    assert "is no folder" in (await ward.look("folder", Condition.WRONG, in_the_way)).what

    patient = await ward.met(ward.settings(data=card))
    async with read_only(card):
        found = await examine(patient, {"folder": CHECKS["folder"]})
    assert "this user may not write" in found["folder"].what


@pytest.mark.parametrize(
    ("free", "condition"), [(SPARE - 1, Condition.WRONG), (SPARE, Condition.NOTE), (SCARCE, Condition.WELL)]
)
def test_space(free: int, condition: Condition) -> None:
    assert room(free).condition is condition


@pytest.mark.parametrize(
    ("name", "harm", "says"),
    [
        ("master.key", lambda file: file.unlink(), "is gone, and without it nothing opens"),
        ("master.key", lambda file: file.write_bytes(bytes(32)), "does not open with its master key"),
        ("master.key", lambda file: file.chmod(0o640), "others on this machine may read"),
        ("keys.json", lambda file: file.write_bytes(b"nonsense"), "does not open with its master key"),
    ],
    ids=["no master", "another master", "open", "damaged"],
)
async def test_keys(name: str, harm: Any, says: str, ward: Ward) -> None:
    await asyncio.to_thread(harm, ward.data / name)

    assert says in (await ward.look("keys", Condition.WRONG)).what


@pytest.mark.parametrize("part", ["outbox", "state"])
async def test_databases(part: str, ward: Ward) -> None:
    file = ward.data / f"{part}.db"
    whole = await asyncio.to_thread(file.read_bytes)
    await asyncio.to_thread(file.with_name(f"{part}.db.damaged-1").write_bytes, b"an earlier one")
    assert f"{part}.db.damaged-1" in (await ward.look(part, Condition.NOTE)).what

    await asyncio.to_thread(file.write_bytes, whole[:4096] + bytes(len(whole) - 4096))
    assert "damaged" in (await ward.look(part, Condition.WRONG)).what
    await asyncio.to_thread(file.write_bytes, b"nonsense" * 1000)
    assert "start the bear again" in (await ward.look(part, Condition.WRONG)).remedy


@pytest.mark.parametrize("part", ["outbox", "state"])
async def test_a_database_of_an_earlier_release_is_no_damage(part: str, ward: Ward) -> None:
    def age() -> None:
        with closing(sqlite3.connect(ward.data / f"{part}.db")) as database:
            database.execute("PRAGMA user_version = 1")

    await asyncio.to_thread(age)

    assert "of an earlier release" in (await ward.look(part, Condition.NOTE)).what


async def test_a_state_that_somebody_wrote_into(ward: Ward) -> None:
    def write() -> None:
        with closing(sqlite3.connect(ward.data / "state.db")) as database, database:
            database.execute("UPDATE audit SET who = 'somebody else'")

    await asyncio.to_thread(write)

    assert "its audit was changed from outside" in (await ward.look("state", Condition.WRONG)).what


async def test_models(ward: Ward) -> None:
    elsewhere = Models(cache=ward.folder / "empty")
    empty = ward.settings().model_copy(update={"models": elsewhere})

    found = await ward.look("models", Condition.WRONG, empty)

    assert "whisper-encoder" in found.what
    assert "teddy models prepare" in found.remedy


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mqtts://127.0.0.1:1", "the way to 127.0.0.1:1 is closed"),
        ("http://127.0.0.1", "is not the address of a broker"),
        ("mqtt://broker.example", "in the open"),
    ],
)
async def test_a_broker_that_is_not_there(url: str, says: str, ward: Ward) -> None:
    assert says in (await ward.look("broker", Condition.WRONG, ward.settings(broker=url))).what


async def test_a_broker_that_is_dialled_in_the_wrong_way(online: Ward, mosquitto: Server) -> None:
    async def says(url: str, condition: Condition = Condition.WRONG) -> str:
        found = await online.look("broker", condition, online.settings(broker=url))
        return f"{found.what}: {found.remedy}"

    assert "does not speak TLS" in await says(f"mqtts://{HOST}:{mosquitto.port}")
    assert "dial it by mqtts://" in await says(online.url.replace("mqtts", "mqtt"))
    assert "for another name" in await says(online.url.replace(HOST, "[::ffff:127.0.0.1]"))
    assert "lets the bear in" in await says(mosquitto.url, Condition.WELL)


async def test_a_bear_that_was_revoked_says_so_whether_it_runs_or_not(
    online: Ward, tls_mosquitto: SecureBroker
) -> None:
    withdrawn = await asyncio.to_thread(online.authorities.withdraw, BEAR)
    await asyncio.to_thread(write_revocations, tls_mosquitto.folder, withdrawn)
    await asyncio.to_thread(tls_mosquitto.obey)

    found = [await online.look("broker", Condition.WRONG)]
    async with online.living():
        found.append(await online.look("broker", Condition.WRONG))

    assert {each.what for each in found} == {"this bear's papers were taken back"}
    assert "provision the bear again" in found[0].remedy


async def test_a_bear_that_was_silenced_noted_it_for_the_doctor(
    online: Ward, tls_mosquitto: SecureBroker
) -> None:
    async with connected(online) as (link, _, _):
        withdrawn = await asyncio.to_thread(online.authorities.withdraw, BEAR)
        await asyncio.to_thread(write_revocations, tls_mosquitto.folder, withdrawn)
        await asyncio.to_thread(tls_mosquitto.obey)
        async with asyncio.timeout(SECONDS):
            while link.trouble is None:
                with suppress(LinkError):
                    await link.send(Lane.SAFETY, b"anybody?")
                await asyncio.sleep(0.01)

        assert "takes nothing that it says" in (await online.look("link", Condition.WRONG)).what


# --- the examination itself ------------------------------------------------------------------------------


async def test_a_look_that_breaks_or_hangs_is_told_and_the_others_go_on(ward: Ward) -> None:
    async def breaks(_: Patient) -> Finding:
        raise RuntimeError("out of paper")

    async def hangs(_: Patient) -> Finding:
        await asyncio.Event().wait()
        raise AssertionError

    async def foresaw(_: Patient) -> Finding:
        raise ConfigError("turn it on")

    checks = {"one": breaks, "two": hangs, "three": foresaw, "settings": CHECKS["settings"]}

    found = await examine(await ward.met(), checks, patience=0.05)

    assert "out of paper" in found["one"].what
    assert "0.05 s" in found["two"].what
    assert found["three"].what == "turn it on"
    assert found["settings"].condition is Condition.WELL


def test_at_the_command_line_it_is_a_table_and_an_exit_code(
    tmp_path: Path, models: ModelStore, capsys: pytest.CaptureFixture[str]
) -> None:
    silent = tmp_path / "bear.toml"
    silent.write_text('[sound]\nclips = ["child.wav"]\nspeaker = "none"\n')
    where: list[str | Path] = ["doctor", "--settings", silent, "--data", tmp_path / "data"]
    healthy = ask_here(capsys, where)
    ill = ask_here(capsys, [*where, "--broker", "mqtt://127.0.0.1:1"])

    assert (healthy[0], healthy[2]) == (0, "")
    assert "ok    models" in healthy[1]
    assert ill[0] == 1
    assert "WRONG broker" in ill[1]
    assert "-> look whether the broker runs there" in ill[1]
