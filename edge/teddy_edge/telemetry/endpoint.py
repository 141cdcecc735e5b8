"""Numbers as text over HTTP, on this machine alone: one request, one answer, and goodbye."""

from __future__ import annotations

import asyncio
import errno
import socket
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Final

from teddy_shared.errors import ConfigError, PortTaken
from teddy_shared.logs import log

HOST: Final = "127.0.0.1"
PATH: Final = "/metrics"
LARGEST: Final = 8 * 1024  # bytes of a request
VISITORS: Final = 8  # at once; one more is sent away without an answer
PATIENCE: Final = 3.0  # seconds from a connection to the last byte of its answer


@contextmanager
def open_endpoint(
    *, port: int, text: Callable[[], bytes], content_type: str, patience: float = PATIENCE
) -> Iterator[Endpoint]:
    """The port is taken while the block lasts; 0 is any free one. Raises PortTaken, ConfigError.

    Nothing is answered until `serve` runs. `text` is called in a thread.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a bear may start at once again
        try:
            listening.bind((HOST, port))
            listening.listen(VISITORS)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortTaken(port, "metrics") from None
            raise ConfigError(
                f"cannot serve metrics at port {port} ({error.strerror}); use another"
            ) from None
        yield Endpoint(listening=listening, text=text, content_type=content_type, patience=patience)


class Endpoint:
    """Made by `open_endpoint`."""

    def __init__(
        self, *, listening: socket.socket, text: Callable[[], bytes], content_type: str, patience: float
    ) -> None:
        self._listening = listening
        self._text = text
        self._content_type = content_type
        self._patience = patience
        self._visits: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        return int(self._listening.getsockname()[1])

    async def serve(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as parent:
            open_ = True

            def welcome(reader: StreamReader, writer: StreamWriter) -> None:
                if not open_ or len(self._visits) == VISITORS:
                    writer.transport.abort()
                    return
                visit = parent.create_task(self._visit(reader, writer), name="metrics-visit")
                self._visits.add(visit)
                visit.add_done_callback(self._visits.discard)

            server = await asyncio.start_server(welcome, sock=self._listening, limit=LARGEST)
            log("metrics").info("metrics are served", url=f"http://{HOST}:{self.port}{PATH}")
            try:
                await asyncio.Event().wait()
            finally:
                open_ = False  # a visitor who was let in a moment ago has no parent any more
                server.close()

    async def _visit(self, reader: StreamReader, writer: StreamWriter) -> None:
        try:
            async with asyncio.timeout(self._patience):
                writer.write(await self._answer(reader))
                await writer.drain()
                writer.close()
                await writer.wait_closed()
        except (ConnectionError, TimeoutError, asyncio.IncompleteReadError):
            pass  # it left, or dawdled: its loss
        finally:
            writer.transport.abort()

    async def _answer(self, reader: StreamReader) -> bytes:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            return _response(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        match head.split(b"\r\n", 1)[0].decode("latin-1").split(" "):
            case ["GET", target, version] if version.startswith("HTTP/1."):
                if target.split("?", 1)[0] != PATH:
                    return _response(HTTPStatus.NOT_FOUND)
                text = await asyncio.to_thread(self._text)
                return _response(HTTPStatus.OK, text, self._content_type)
            case [_, _, version] if version.startswith("HTTP/1."):
                return _response(HTTPStatus.METHOD_NOT_ALLOWED, more="Allow: GET\r\n")
            case _:
                return _response(HTTPStatus.BAD_REQUEST)


def _response(
    status: HTTPStatus, body: bytes = b"", content_type: str = "text/plain; charset=utf-8", more: str = ""
) -> bytes:
    body = body or f"{status.value} {status.phrase}\n".encode()
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n{more}Connection: close\r\n\r\n"
    )
    return head.encode("latin-1") + body
