"""Serves the pages inside our own task group, and stops at once when asked."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from teddy_cloud.settings import WebSettings
from teddy_cloud.web.live import Live
from teddy_shared.errors import ConfigError, PortTaken


def listen(settings: WebSettings) -> socket.socket:
    """Take the port now, so that a taken one is said before anything starts. Raises PortTaken."""
    try:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        return socket.create_server((settings.host, settings.port), family=family, backlog=128)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(settings.port, "the parents' page") from None
        raise ConfigError(f"cannot listen on {settings.host}: {error.strerror}; check web.host") from None


def address_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


async def serve(app: ASGIApp, live: Live, listener: socket.socket, settings: WebSettings) -> None:
    """Answer until cancelled; then let answers finish for a second at most."""
    server = _Server(
        uvicorn.Config(
            app,
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=settings.behind_proxy,
            timeout_graceful_shutdown=1,
            limit_concurrency=512,
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[listener]), name="web-server")
    try:
        await asyncio.shield(serving)
    finally:
        live.closing.set()  # else open pages would hold up the end
        server.should_exit = True
        await asyncio.wait([serving])


class _Server(uvicorn.Server):
    """Signals are the application's business."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
