"""The web application: routers, static files, and how errors are said."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp

from teddy_cloud.bus.callers import NotForYou
from teddy_cloud.bus.middleware import Misfit
from teddy_cloud.bus.once import KeyMisused, StillAtWork
from teddy_cloud.fleet.fleet import BeingErased, NotYours
from teddy_cloud.web.api import api_router
from teddy_cloud.web.doors import Doors, Forged, SignedOut
from teddy_cloud.web.live import Live
from teddy_cloud.web.pages import SEE_OTHER, pages_router
from teddy_cloud.web.rendering import Pages
from teddy_cloud.web.shell import Shell
from teddy_shared.errors import LinkError
from teddy_shared.logs import log

_log = log("web")

_SENTENCES: Final = {
    400: ("Not understood", "Open the page again and repeat what you did."),
    401: ("Signed out", "Sign in first."),
    403: ("Not from here", "This form did not come from this page. Open the page again and repeat it."),
    404: ("Not found", "There is no such page in your family."),
    409: ("Sent before", "This was sent already. Open the page again, and repeat it if need be."),
    423: ("Being erased", "What is known about this child is being erased. Wish again when that is done."),
    503: ("One moment", "Teddy's memory does not answer. The bear keeps everything; try again in a minute."),
}


def make_app(doors: Doors, live: Live) -> ASGIApp:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.include_router(api_router(doors))
    app.include_router(live.router(doors))
    app.include_router(pages_router(doors))

    @app.get("/static/{name}")
    async def static(name: str) -> Response:
        asset = doors.pages.assets.get(name)
        if asset is None:
            raise HTTPException(404)
        kept = "public, max-age=31536000, immutable"  # the address changes with the content
        return Response(asset.content, media_type=asset.type, headers={"Cache-Control": kept})

    _say_errors(app, doors.pages)
    return Shell(app)


def _say_errors(app: FastAPI, pages: Pages) -> None:
    def said(request: Request, status: int) -> Response:
        title, sentence = _SENTENCES.get(status, _SENTENCES[400])
        if request.url.path.startswith("/api/"):
            return JSONResponse({"error": sentence}, status)
        return HTMLResponse(pages.render("error.html", title=title, sentence=sentence), status)

    @app.exception_handler(SignedOut)
    async def signed_out(request: Request, _: Exception) -> Response:
        if request.method == "GET" and not request.url.path.startswith("/api/"):
            return RedirectResponse("/sign-in", SEE_OTHER)
        return said(request, 401)

    @app.exception_handler(NotYours)
    async def not_yours(request: Request, _: Exception) -> Response:
        return said(request, 404)

    @app.exception_handler(Forged)
    async def forged(request: Request, _: Exception) -> Response:
        return said(request, 403)

    @app.exception_handler(NotForYou)
    async def not_for_you(request: Request, _: Exception) -> Response:
        return said(request, 403)

    @app.exception_handler(Misfit)
    async def misfit(request: Request, _: Exception) -> Response:
        return said(request, 400)

    @app.exception_handler(BeingErased)
    async def being_erased(request: Request, _: Exception) -> Response:
        return said(request, 423)

    @app.exception_handler(KeyMisused)
    @app.exception_handler(StillAtWork)
    async def sent_before(request: Request, _: Exception) -> Response:
        return said(request, 409)

    @app.exception_handler(LinkError)
    async def away(request: Request, error: Exception) -> Response:
        _log.warning("store away", path=request.url.path, reason=str(error))
        return said(request, 503)

    @app.exception_handler(RequestValidationError)
    async def misread(request: Request, _: Exception) -> Response:
        return said(request, 400)  # the library's own answer would repeat what was sent

    @app.exception_handler(HTTPException)
    async def other(request: Request, error: Exception) -> Response:
        return said(request, error.status_code if isinstance(error, HTTPException) else 400)
