"""A bear that cannot connect says why, in words that tell what to do."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path

import pytest

from teddy_cloud.fleet.authority import Authorities, open_authorities
from teddy_cloud.fleet.broker_folder import write_revocations
from teddy_edge.link.broker import BrokerLink
from teddy_edge.link.noted import DOCTOR, NOTED, Notebook
from teddy_edge.link.trouble import (
    Cause,
    Trouble,
    adds_nothing,
    deaf,
    left_of,
    refused,
    sent_away,
    trouble_of,
    unsteady,
)
from teddy_shared.clock import SeededChance, SystemChance, SystemClock
from teddy_shared.envelope import BearId, Lane
from teddy_shared.messages import Online
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing
from teddy_shared.state.memory import MemoryStore
from teddy_shared.state.state import State
from teddy_shared.tls import Credentials, client_context
from tests.secure_broker import SecureBroker
from tests.servers import HOST, Server

BEAR = BearId("bear-1")
SECONDS = 8.0


class Clocked(SystemClock):
    """A clock that is wrong by so many seconds."""

    def __init__(self, wrong: float) -> None:
        super().__init__()
        self._wrong = wrong

    def wall(self) -> float:
        return super().wall() + self._wrong


class Hasty(SeededChance):
    """Waits no longer than it must."""

    def between(self, low: float, high: float) -> float:
        return low


class Bear:
    """A link, and what it told of its troubles."""

    def __init__(self, port: int, tls: ssl.SSLContext | None, *, host: str, answer: float) -> None:
        self.told: asyncio.Queue[Trouble | None] = asyncio.Queue()  # a change each: few
        self.link = BrokerLink(
            bear=BEAR,
            host=host,
            port=port,
            hello=lambda: Online(boot="boot-1", epoch="epoch-1", acked={}),
            on_settings=self._ignore,
            on_order=self._ignore,
            on_answer=self._ignore,
            clock=SystemClock(),
            chance=Hasty(),
            tls=tls,
            on_trouble=self.told.put,
            answer=answer,
        )

    async def _ignore(self, _: bytes) -> None:
        """Nobody tells this bear anything."""

    async def next(self) -> Trouble | None:
        async with asyncio.timeout(SECONDS):
            return await self.told.get()

    async def until_cause(self, cause: Cause) -> Trouble:
        while (trouble := await self.next()) is None or trouble.cause is not cause:
            pass
        return trouble


@asynccontextmanager
async def dialling(
    port: int, credentials: Credentials | None = None, *, host: str = HOST, answer: float = 5.0
) -> AsyncIterator[Bear]:
    context = None if credentials is None else await asyncio.to_thread(client_context, credentials)
    bear = Bear(port, context, host=host, answer=answer)
    task = asyncio.create_task(bear.link.stay_connected(), name="link")
    try:
        yield bear
        assert not task.done()
    finally:
        task.cancel()
        _, stuck = await asyncio.wait([task], timeout=SECONDS)
        assert not stuck


async def papers(broker: SecureBroker) -> Credentials:
    return await asyncio.to_thread(broker.authorities.enrol, BEAR)


async def test_with_its_papers_there_is_no_trouble_and_no_delay(tls_mosquitto: SecureBroker) -> None:
    async with dialling(tls_mosquitto.server.port, await papers(tls_mosquitto)) as bear:
        assert await bear.next() is None

        wire = bear.link._wire
        assert wire is not None
        plug = wire._client._client.socket()
        assert isinstance(plug, ssl.SSLSocket)
        assert plug.version() == "TLSv1.3"
        assert plug.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1


async def test_papers_that_were_taken_back_are_named(tls_mosquitto: SecureBroker) -> None:
    mine = await papers(tls_mosquitto)
    withdrawn = await asyncio.to_thread(tls_mosquitto.authorities.withdraw, BEAR)
    await asyncio.to_thread(write_revocations, tls_mosquitto.folder, withdrawn)
    await asyncio.to_thread(tls_mosquitto.obey)

    async with dialling(tls_mosquitto.server.port, mine, answer=0.5) as bear:
        trouble = await bear.until_cause(Cause.REVOKED)

        assert trouble.what == "this bear's papers were taken back"
        assert not bear.link.connected


async def test_a_bear_that_is_silenced_while_it_is_connected_says_so(tls_mosquitto: SecureBroker) -> None:
    async with dialling(tls_mosquitto.server.port, await papers(tls_mosquitto)) as bear:
        assert await bear.next() is None
        withdrawn = await asyncio.to_thread(tls_mosquitto.authorities.withdraw, BEAR)
        await asyncio.to_thread(write_revocations, tls_mosquitto.folder, withdrawn)
        await asyncio.to_thread(tls_mosquitto.obey)

        async with asyncio.timeout(SECONDS):
            while bear.link.trouble is None:
                await bear.link.send(Lane.SAFETY, b"a batch")
        assert (await bear.until_cause(Cause.MUTED)) == bear.link.trouble


async def test_papers_of_another_cloud_and_no_papers_at_all_are_told_apart(
    tls_mosquitto: SecureBroker, tmp_path: Path
) -> None:
    mine = await papers(tls_mosquitto)
    elsewhere = await asyncio.to_thread(strangers, tmp_path)
    foreign = await asyncio.to_thread(elsewhere.enrol, BEAR)
    port = tls_mosquitto.server.port

    async with dialling(port, replace(foreign, authority=mine.authority), answer=0.3) as bear:
        await bear.until_cause(Cause.NOT_BELIEVED)
    async with dialling(port, foreign) as bear:
        await bear.until_cause(Cause.STRANGER)
    async with dialling(port, answer=0.3) as bear:
        await bear.until_cause(Cause.WANTS_TLS)


async def test_a_broker_whose_certificate_does_not_fit_is_not_spoken_to(
    tls_mosquitto: SecureBroker, tmp_path: Path
) -> None:
    mine = await papers(tls_mosquitto)
    year = 366 * 24 * 3600.0
    later, earlier = (open_authorities_at(tls_mosquitto.data, wrong) for wrong in (2 * year, -3 * year))
    for cause, house, host in (
        (Cause.OTHER_NAME, tls_mosquitto.authorities, "elsewhere.example"),
        (Cause.TOO_EARLY, await asyncio.to_thread(later), HOST),
        (Cause.TOO_LATE, await asyncio.to_thread(earlier), HOST),
    ):
        shown = house.broker([host])
        await asyncio.to_thread((tmp_path / "pair").write_text, shown.certificate + shown.key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        await asyncio.to_thread(context.load_cert_chain, tmp_path / "pair")
        false = await asyncio.start_server(lambda _, writer: writer.close(), HOST, 0, ssl=context)
        async with false, dialling(false.sockets[0].getsockname()[1], mine) as bear:
            await bear.until_cause(cause)


async def test_a_port_where_nobody_speaks_tls_or_nobody_is_or_nobody_answers(
    mosquitto: Server, tls_mosquitto: SecureBroker
) -> None:
    mine = await papers(tls_mosquitto)
    with closing(socket.create_server((HOST, 0))) as silent:
        port = silent.getsockname()[1]
        async with dialling(port, answer=0.2) as bear:
            await bear.until_cause(Cause.SILENT)
    async with dialling(port) as bear:
        await bear.until_cause(Cause.AWAY)
    async with dialling(mosquitto.port, mine) as bear:
        assert (await bear.next() or pytest.fail("connected")).cause in (Cause.NO_TLS, Cause.HUNG_UP)


async def test_two_bears_with_the_same_papers_are_told_apart_from_a_bad_network(
    tls_mosquitto: SecureBroker,
) -> None:
    mine = await papers(tls_mosquitto)
    async with dialling(tls_mosquitto.server.port, mine) as bear:
        assert await bear.next() is None
        async with dialling(tls_mosquitto.server.port, mine):
            trouble = await bear.until_cause(Cause.UNSTEADY)
            assert "another bear has the same papers" in trouble.remedy

        assert bear.link.trouble == trouble  # until a connection has held


async def test_a_broker_that_restarts_is_no_trouble_worth_noting(tls_mosquitto: SecureBroker) -> None:
    async with dialling(tls_mosquitto.server.port, await papers(tls_mosquitto)) as bear:
        assert await bear.next() is None

        await asyncio.to_thread(tls_mosquitto.server.restart)
        async with asyncio.timeout(SECONDS):
            while not bear.link.connected:  # noqa: ASYNC110  # what is watched lies behind a real socket
                await asyncio.sleep(0.02)

        troubles = [bear.told.get_nowait() for _ in range(bear.told.qsize())]
        assert {each.cause for each in troubles if each is not None} <= {Cause.AWAY}


async def test_the_link_notes_its_trouble_where_a_doctor_finds_it() -> None:
    keys = MemoryKeyRing(chance=SeededChance(1))
    seal = ChaChaSeal(keys=keys, chance=SeededChance(2))
    state = State(store=MemoryStore(), seal=seal, clock=SystemClock())
    trouble = refused(0x8A, "broker:8883")

    await Notebook(bear=BEAR, state=state, clock=SystemClock()).note(trouble)

    held = await state.read(NOTED, BEAR, DOCTOR)
    assert held is not None
    assert held.value.trouble == trouble


@pytest.mark.parametrize(
    ("trouble", "cause", "says"),
    [
        (lambda: of(socket.gaierror(-2, "Name or service not known")), Cause.NAME, "nobody knows where"),
        (lambda: of(OSError(113, "No route to host")), Cause.AWAY, "No route to host"),
        (lambda: of(EOFError()), Cause.HUNG_UP, "does not speak TLS there"),
        (lambda: of(RuntimeError("x")), Cause.SILENT, "did not let the bear in"),
        (lambda: refused(0x87, "b:1"), Cause.REFUSED, "may not connect"),
        (lambda: refused(0xFF, "b:1"), Cause.REFUSED, "number 255"),
        (lambda: sent_away(0x98, "b:1"), Cause.SENT_AWAY, "number 152"),
    ],
)
def test_every_ending_has_words(trouble: Callable[[], Trouble], cause: Cause, says: str) -> None:
    assert trouble().cause is cause
    assert says in str(trouble())


def of(error: BaseException) -> Trouble:
    return trouble_of(error, where="broker:8883", secure=True)


def test_what_adds_nothing_is_not_told_again_and_what_does_is() -> None:
    away, nameless, revoked = (
        of(OSError(111, "x")),
        of(socket.gaierror(-2, "x")),
        Trouble(Cause.REVOKED, "", ""),
    )
    hung_up = of(EOFError())

    assert adds_nothing(away, nameless)
    assert adds_nothing(hung_up, revoked)
    assert not adds_nothing(revoked, hung_up)
    assert not adds_nothing(revoked, away)
    assert not adds_nothing(None, away)
    assert not adds_nothing(away, None)


def test_what_is_left_of_a_trouble_when_something_goes_through() -> None:
    assert left_of(unsteady("b:1"), steady=False) == unsteady("b:1")
    assert left_of(unsteady("b:1"), steady=True) is None
    assert left_of(deaf("b:1"), steady=True) == deaf("b:1")
    assert left_of(of(EOFError()), steady=False) is None


def strangers(folder: Path) -> Authorities:
    return open_authorities(folder / "elsewhere", clock=SystemClock(), chance=SystemChance())


def open_authorities_at(data: Path, wrong: float) -> Callable[[], Authorities]:
    """The broker's own authorities, by a clock that is wrong."""
    return lambda: open_authorities(data / "authority", clock=Clocked(wrong), chance=SystemChance())
