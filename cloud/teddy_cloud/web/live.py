"""The page's live part: pieces of it, sent again whenever they change."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from teddy_cloud.web.doors import Doors, SignedOut, bear_named
from teddy_cloud.web.today import Today, today_of
from teddy_shared.envelope import BearId
from teddy_shared.errors import LinkError

PIECES: Final = ("status", "alerts", "chart", "turns")
TICK: Final = 0.5  # seconds in which a stream notices that the server wants to stop
BEAT: Final = 30  # ticks until the stream shows that it lives, and asks whether the session still does
MOST: Final = 128  # streams at the same time; one more is asked to come back later
RETRY: Final = b"retry: 2000\n\n"  # milliseconds after which a browser connects again


class Live:
    """The open streams of this process."""

    def __init__(self) -> None:
        self.closing = asyncio.Event()
        self._open = 0

    def router(self, doors: Doors) -> APIRouter:
        router = APIRouter()

        @router.get("/bears/{bear}/live")
        async def live(request: Request, bear: str) -> Response:
            session = await doors.session(request)
            await doors.fleet.bear(session.family, bear_named(bear))
            if self._open >= MOST:
                return PlainTextResponse("too many open pages", 503, {"Retry-After": "30"})
            return StreamingResponse(
                self._stream(doors, request, bear_named(bear)),
                media_type="text/event-stream",
                headers={"X-Accel-Buffering": "no"},
            )

        return router

    async def _stream(self, doors: Doors, request: Request, bear: BearId) -> AsyncIterator[bytes]:
        self._open += 1
        try:
            yield RETRY
            session = await doors.session(request)
            async with doors.watch.of(bear) as changes:
                shown: dict[str, str] = {}
                seen: Today | None = None
                while not self.closing.is_set():
                    today = await today_of(doors.queries, doors.caller(session), doors.clock, bear)
                    for name, html in _pieces(doors, today, seen):
                        if shown.get(name) != html:
                            shown[name] = html
                            yield _event(name, html)
                    seen = today
                    for _ in range(BEAT):
                        if self.closing.is_set() or await changes.changed(TICK):
                            break
                    else:
                        yield b": still here\n\n"
                    session = await doors.session(request)  # signed out elsewhere: the stream ends
        except (LinkError, SignedOut):
            return  # the browser connects again, and is told then
        finally:
            self._open -= 1


def _pieces(doors: Doors, today: Today, seen: Today | None) -> list[tuple[str, str]]:
    pieces = [(name, doors.pages.render(f"_{name}.html", today=today)) for name in PIECES]
    if seen is not None and today.turns and today.turns[0] != next(iter(seen.turns), None):
        # A sentence for those who listen to the page; the whole list would be read out otherwise.
        pieces.append(("news", doors.pages.render("_news.html", turn=today.turns[0])))
    return pieces


def _event(name: str, html: str) -> bytes:
    lines = "".join(f"data: {line}\n" for line in html.splitlines() if line.strip())
    body = lines or "data:\n"
    return f"event: {name}\n{body}\n".encode()
