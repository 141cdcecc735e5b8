"""Metrics over a real socket: one answer a visitor, and no visitor can hold the bear up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from teddy_edge.telemetry.endpoint import HOST, LARGEST, VISITORS, Endpoint, open_endpoint
from teddy_shared.errors import PortTaken

TEXT = b"teddy_turns_total 3.0\n"
GET = b"GET /metrics HTTP/1.1\r\nHost: bear\r\n\r\n"


@asynccontextmanager
async def serving(*, patience: float = 5.0) -> AsyncIterator[Endpoint]:
    with open_endpoint(port=0, text=lambda: TEXT, content_type="text/x", patience=patience) as endpoint:
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(endpoint.serve(), name="metrics")
            yield endpoint
            task.cancel()


async def asked(endpoint: Endpoint, request: bytes) -> bytes:
    """Everything until the endpoint hangs up."""
    async with asyncio.timeout(5):
        reader, writer = await asyncio.open_connection(HOST, endpoint.port)
        writer.write(request)
        try:
            return await reader.read()
        except ConnectionError:
            return b""
        finally:
            writer.close()


async def test_the_numbers_are_there_for_who_asks() -> None:
    async with serving() as endpoint:
        head, body = (await asked(endpoint, GET)).split(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"Content-Type: text/x\r\n" in head
    assert body == TEXT


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", b"404"),
        (b"GET /metrics/../etc/passwd HTTP/1.1\r\n\r\n", b"404"),
        (b"GET /metrics?name=teddy HTTP/1.0\r\n\r\n", b"200"),
        (b"POST /metrics HTTP/1.1\r\n\r\n", b"405"),
        (b"GET /metrics\r\n\r\n", b"400"),
        (b"\xff\x00 hello\r\n\r\n", b"400"),
        (b"GET /metrics SPDY/9\r\n\r\n", b"400"),
        (b"GET /metrics HTTP/1.1\r\nX: " + b"x" * LARGEST + b"\r\n\r\n", b"431"),
    ],
)
async def test_anything_else_gets_its_refusal(request_: bytes, status: bytes) -> None:
    async with serving() as endpoint:
        answer = await asked(endpoint, request_)

        assert answer.split(b" ")[1] == status
        assert (await asked(endpoint, GET)).endswith(TEXT)


async def test_a_visitor_who_says_nothing_is_sent_away_in_time() -> None:
    async with serving(patience=0.1) as endpoint:
        assert await asked(endpoint, b"GET /metr") == b""
        assert (await asked(endpoint, GET)).endswith(TEXT)


async def test_a_crowd_is_not_let_in_and_there_is_room_again_when_it_has_left() -> None:
    async with serving() as endpoint:
        crowd = [await asyncio.open_connection(HOST, endpoint.port) for _ in range(VISITORS)]
        assert await asked(endpoint, GET) == b""

        for _, writer in crowd:
            writer.close()
            await writer.wait_closed()
        answers = [await asked(endpoint, GET) for _ in range(3)]  # the first may still meet the last to leave

        assert answers[-1].endswith(TEXT)


async def test_the_bear_does_not_wait_for_visitors_when_it_goes_down() -> None:
    async with asyncio.timeout(3):
        async with serving(patience=60) as endpoint:
            reader, writer = await asyncio.open_connection(HOST, endpoint.port)
            writer.write(b"GET")
            await asyncio.sleep(0.05)

        with pytest.raises(ConnectionError):
            await asyncio.open_connection(HOST, endpoint_port(writer))
        assert await gone(reader)
        writer.close()


async def test_a_port_that_is_taken_is_named_before_anything_is_served() -> None:
    with open_endpoint(port=0, text=lambda: TEXT, content_type="text/x") as first:
        with (
            pytest.raises(PortTaken, match=f"port {first.port} for metrics"),
            open_endpoint(port=first.port, text=lambda: TEXT, content_type="text/x"),
        ):
            pass
        port = first.port

    with open_endpoint(port=port, text=lambda: TEXT, content_type="text/x") as again:
        assert again.port == port


def endpoint_port(writer: asyncio.StreamWriter) -> int:
    return int(writer.get_extra_info("peername")[1])


async def gone(reader: asyncio.StreamReader) -> bool:
    try:
        return await reader.read() == b""
    except ConnectionError:
        return True
