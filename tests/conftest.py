"""Servers, virtual time and the rules that every test runs under."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from types import FrameType
from typing import TypeVar

import pytest
import structlog
from blockbuster import BlockBuster

from teddy_edge.inference.models import ModelStore, default_cache
from teddy_edge.speech.hibari import HibariSynthesizer, open_hibari
from teddy_edge.speech.opening import open_transcriber
from teddy_edge.speech.transcriber import Transcriber
from tests import servers
from tests.secure_broker import SecureBroker, secure_mosquitto
from tests.servers import AnyStore, Server, StoreCluster
from tests.speaking import Speaking
from tests.virtual_time import VirtualLoop

Running = TypeVar("Running")
Store = TypeVar("Store", Server, StoreCluster)

ROOT = Path(__file__).parent.parent
READING_ROOM = ROOT.parent / "shared"  # lies beside a developer's clone and may be absent


# --- servers -----------------------------------------------------------------------------------------


@pytest.fixture
def mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A fresh Debian mosquitto."""
    yield from _server(servers.mosquitto, tmp_path_factory)


@pytest.fixture
def tls_mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureBroker]:
    """A fresh Debian mosquitto with the configuration that `teddy cloud broker-config` writes."""
    yield from _server(secure_mosquitto, tmp_path_factory)


@pytest.fixture
def iotcore(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A fresh embedded broker."""
    yield from _server(servers.iotcore, tmp_path_factory)


@pytest.fixture(params=["mosquitto", "iotcore"])
def broker(request: pytest.FixtureRequest) -> Server:
    """Each broker in turn."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Server)
    return found


@pytest.fixture
def redis_server(_redis_process: Server) -> Server:
    """An empty Debian redis-server. One process serves all tests; a test may kill it."""
    return _emptied(_redis_process)


@pytest.fixture
def valkey(_valkey_process: Server) -> Server:
    """An empty embedded store. One process serves all tests; a test may kill it."""
    return _emptied(_valkey_process)


@pytest.fixture
def redis_cluster(_redis_cluster_processes: StoreCluster) -> StoreCluster:
    """Three empty nodes of Debian's redis-server. They serve all tests; a test may kill one."""
    return _emptied(_redis_cluster_processes)


@pytest.fixture(params=["redis_server", "valkey"])
def single_store(request: pytest.FixtureRequest) -> Server:
    """Each store of one server in turn."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Server)
    return found


@pytest.fixture(params=["redis_server", "valkey", "redis_cluster"])
def store_server(request: pytest.FixtureRequest) -> AnyStore:
    """Each store in turn, a cluster too."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, AnyStore)
    return found


@pytest.fixture(scope="session")
def _redis_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    yield from _server(servers.redis_server, tmp_path_factory)


@pytest.fixture(scope="session")
def _valkey_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    yield from _server(servers.valkey, tmp_path_factory)


@pytest.fixture(scope="session")
def _redis_cluster_processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreCluster]:
    yield from _server(servers.cluster, tmp_path_factory)


def _server(
    kind: Callable[[Path], AbstractContextManager[Running]], folders: pytest.TempPathFactory
) -> Iterator[Running]:
    try:
        running = kind(folders.mktemp("server"))
        server = running.__enter__()
    except servers.ServerMissing as missing:
        pytest.fail(str(missing), pytrace=False)
    try:
        yield server
    finally:
        running.__exit__(None, None, None)


def _emptied(store: Store) -> Store:
    store.start()  # the test before may have killed it
    store.flush()
    return store


# --- models ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def models() -> ModelStore:
    """The released models; converted once a machine and kept in the user's cache, like the bear's."""
    store = ModelStore(default_cache(os.environ))
    store.prepare(lambda _: None)
    return store


@pytest.fixture(scope="session")
def transcriber(models: ModelStore) -> Transcriber:
    """The real one, warm."""
    return open_transcriber(models, by_name=True)


@pytest.fixture(scope="session")
def synthesizer(models: ModelStore) -> HibariSynthesizer:
    """The bear's real voice, warm."""
    return open_hibari(models)


@pytest.fixture(scope="session")
def speaking(synthesizer: HibariSynthesizer) -> Speaking:
    """Sentences as a child's sound."""
    return Speaking(synthesizer)


# --- time and blocking -------------------------------------------------------------------------------


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    if item.get_closest_marker("virtual_time"):
        return {"virtual": VirtualLoop}
    return {"real": asyncio.new_event_loop}


_SERVER_FUNCTIONS = {
    *(
        "mosquitto",
        "iotcore",
        "redis_server",
        "valkey",
        "cluster",
        "watched_pair",
        "flush",
        "ask",
        "_running",
    ),
    *("start", "kill", "stop", "restart", "log"),
}


@pytest.fixture(autouse=True, scope="session")
def _blocking_is_an_error() -> Iterator[None]:
    """A blocking call on a running loop raises. What may block here says why."""
    guard = BlockBuster()
    functions = guard.functions
    # redis-py looks for a unix socket or certificate file when a connection is made.
    functions["os.stat"].can_block_in("redis/asyncio/connection.py", {"__init__"})
    # Whether the file of a key ring has changed.
    functions["os.stat"].can_block_in("teddy_shared/seal.py", {"at_hand"})
    for function in functions.values():
        # Our own servers: a test kills and restarts them in the middle of what it watches.
        function.can_block_in("workshop/servers.py", _SERVER_FUNCTIONS)
        function.can_block_in("workshop/clusters.py", _SERVER_FUNCTIONS)
        function.can_block_in("tests/sound_server.py", {"listening"})
        # Playwright looks for its driver when a test opens a browser.
        function.can_block_in("playwright/_impl/transport.py", {"connect"})
        # Importing reads files, once; whoever must not wait for it imports beforehand.
        function.can_block_in("<frozen importlib._bootstrap>", {"_find_and_load"})
        # A traceback that is being printed reads source lines.
        function.can_block_in("linecache.py", {"getlines", "checkcache", "updatecache"})
    guard.activate()
    try:
        yield
    finally:
        guard.deactivate()


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    """A command run in this process logs to what was captured of it, which is closed behind its test."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


# --- an honest ending ---------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--duplex", action="store_true", help="also the bear that hears itself through a room")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is opt-in is not there, rather than skipped: a skip fails the run."""
    if not config.getoption("--duplex"):
        items[:] = [each for each in items if each.get_closest_marker("duplex") is None]


def pytest_configure(config: pytest.Config) -> None:
    # SIGTERM would end us without our fixtures, and leave servers behind.
    signal.signal(signal.SIGTERM, _end_in_order)


def _end_in_order(number: int, frame: FrameType | None) -> None:
    pytest.exit("ended by SIGTERM", returncode=143)


class _Skips:
    """Why each skipped test was skipped."""

    def __init__(self) -> None:
        self.unforgiven: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail"):
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            self._judge(report.nodeid, reason)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self._judge(report.nodeid, str(report.longrepr))

    def _judge(self, where: str, reason: str) -> None:
        if "../shared" in reason and not READING_ROOM.exists():
            return
        self.unforgiven.append(f"{where}: {reason}")


def pytest_sessionstart(session: pytest.Session) -> None:
    session.config.pluginmanager.register(_Skips(), "teddy-skips")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A skipped test proves nothing, so it fails the run; no test at all already does (exit code 5)."""
    skips = session.config.pluginmanager.get_plugin("teddy-skips")
    if isinstance(skips, _Skips) and skips.unforgiven and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skips = terminalreporter.config.pluginmanager.get_plugin("teddy-skips")
    if isinstance(skips, _Skips) and skips.unforgiven:
        terminalreporter.section("skipped tests fail the run", red=True)
        for line in skips.unforgiven:
            terminalreporter.write_line(line)
