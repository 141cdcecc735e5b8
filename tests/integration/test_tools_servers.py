"""The servers that tests run against accept, die, come back with their data, and end alone."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests import servers
from tests.servers import Server, ServerFailed, ServerMissing, free_ports


def ask(server: Server, command: bytes) -> bytes:
    with socket.create_connection((server.host, server.port), timeout=2) as connection:
        connection.sendall(command + b"\r\n")
        return connection.recv(1000)


def test_a_broker_accepts_as_soon_as_it_is_handed_over(broker: Server) -> None:
    socket.create_connection((broker.host, broker.port), timeout=1).close()

    assert broker.url == f"mqtt://127.0.0.1:{broker.port}"


def test_a_broker_that_was_killed_comes_back_on_its_port(broker: Server) -> None:
    port, first = broker.port, broker.pid

    broker.kill()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((broker.host, port), timeout=1)
    broker.restart()

    socket.create_connection((broker.host, port), timeout=1).close()
    assert broker.port == port
    assert broker.pid != first


def test_a_broker_listens_on_loopback_alone(broker: Server) -> None:
    listening = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
    wanted = f":{broker.port:04X} "

    mine = [line.split()[1] for line in listening.splitlines() if wanted in line and line.split()[3] == "0A"]

    assert mine == [f"0100007F:{broker.port:04X}"]


def test_a_store_keeps_what_it_wrote_through_an_orderly_restart(single_store: Server) -> None:
    ask(single_store, b"SET bear awake")

    single_store.restart()

    assert ask(single_store, b"GET bear") == b"$5\r\nawake\r\n"


def test_a_killed_store_comes_back_with_its_appended_file(single_store: Server) -> None:
    ask(single_store, b"SET bear awake")

    single_store.kill()  # the process, not the machine: what it handed to the kernel is not lost
    single_store.restart()

    assert ask(single_store, b"GET bear") == b"$5\r\nawake\r\n"


def test_each_test_finds_the_store_empty(single_store: Server) -> None:
    assert ask(single_store, b"DBSIZE") == b":0\r\n"


def test_a_server_that_cannot_start_says_its_last_words(tmp_path: Path) -> None:
    stubborn = Server(
        name="stubborn",
        scheme="none",
        folder=tmp_path,
        command=lambda port, folder: ["sh", "-c", "echo I do not want to; exit 3"],
        accepts=lambda port: False,
    )

    with pytest.raises(ServerFailed, match="I do not want to"):
        stubborn.start()


def test_a_missing_program_names_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)

    with pytest.raises(ServerMissing, match="sudo apt install mosquitto"), servers.mosquitto(tmp_path):
        pass


def test_stopping_ends_its_own_process_only(tmp_path: Path) -> None:
    with servers.valkey(tmp_path / "a") as first, servers.valkey(tmp_path / "b") as second:
        first.stop()

        assert not first.alive
        assert ask(second, b"PING") == b"+PONG\r\n"


async def test_a_server_can_be_restarted_in_the_middle_of_an_async_test(redis_server: Server) -> None:
    redis_server.kill()
    redis_server.restart()

    assert redis_server.alive


def test_free_ports_stay_clear_of_the_callers_own_range() -> None:
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])

    assert all(port < lowest for port in free_ports(20))
