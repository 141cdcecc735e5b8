"""The pages a parent sees: sign in, today, settings."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from teddy_cloud.fleet.asking import SettingsOfBear, WishSettings
from teddy_cloud.identity.sessions import Session
from teddy_cloud.identity.signin import Refused
from teddy_cloud.projections.queries import StateOfBear
from teddy_cloud.web.doors import COOKIE, Doors, Forged, SignedOut, address_of, bear_named, forget, remember
from teddy_cloud.web.today import today_of
from teddy_shared.envelope import BearId
from teddy_shared.purposes import Consent, Purpose

SEE_OTHER = 303

REFUSALS = {
    Refused.WRONG: (401, "That e-mail address and password do not belong together."),
    Refused.TOO_OFTEN: (429, "Too many attempts. Wait a quarter of an hour, then try again."),
}


def pages_router(doors: Doors) -> APIRouter:
    router = APIRouter()

    @router.get("/")
    async def home(request: Request) -> Response:
        session = await doors.session(request)
        bears = await doors.fleet.bears(session.family)
        if not bears:
            return HTMLResponse(doors.pages.render("no_bear.html", session=session))
        return RedirectResponse(f"/bears/{bears[0]}", SEE_OTHER)

    @router.get("/sign-in")
    async def sign_in_page(request: Request) -> Response:
        try:
            await doors.session(request)
        except SignedOut:
            return HTMLResponse(doors.pages.render("sign_in.html", refusal="", email=""))
        return RedirectResponse("/", SEE_OTHER)

    @router.post("/sign-in")
    async def sign_in(request: Request) -> Response:
        form = await doors.form(request, None)
        email, password = (form.get(name, [""])[0] for name in ("email", "password"))
        found = await doors.sign_in.sign_in(email, password, address_of(request))
        if isinstance(found, Refused):
            status, sentence = REFUSALS[found]
            return HTMLResponse(
                doors.pages.render("sign_in.html", refusal=sentence, email=email[:254]), status
            )
        response = RedirectResponse("/", SEE_OTHER)
        remember(response, found.token, request)
        return response

    @router.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        session = await doors.session(request)
        form = await doors.form(request, session)
        if "everywhere" in form:
            await doors.sessions.end_all(session.email)
        else:
            await doors.sessions.end(request.cookies[COOKIE])
        response = RedirectResponse("/sign-in", SEE_OTHER)
        forget(response)
        return response

    @router.get("/bears/{bear}")
    async def today(request: Request, bear: str) -> Response:
        session = await doors.session(request)
        shown = await today_of(doors.queries, doors.caller(session), doors.clock, bear_named(bear))
        return HTMLResponse(
            doors.pages.render(
                "today.html", session=session, bear=bear, today=shown, bears=await _bears(session)
            )
        )

    @router.get("/bears/{bear}/settings")
    async def settings(request: Request, bear: str) -> Response:
        session = await doors.session(request)
        return await _settings_page(session, bear_named(bear), saved="saved" in request.query_params)

    @router.post("/bears/{bear}/settings")
    async def save(request: Request, bear: str) -> Response:
        session = await doors.session(request)
        form = await doors.form(request, session)
        wish = WishSettings(
            bear=bear_named(bear),
            volume=_share(form, "volume"),
            patience=_share(form, "patience"),
            consent=_consent(form),
        )
        await doors.commands.handle(wish, doors.caller(session), key=_once(form))
        return RedirectResponse(f"/bears/{bear}/settings?saved", SEE_OTHER)

    async def _settings_page(session: Session, bear: BearId, *, saved: bool) -> Response:
        caller = doors.caller(session)
        document = await doors.queries.ask(SettingsOfBear(bear), caller)
        state = await doors.queries.ask(StateOfBear(bear), caller)
        return HTMLResponse(
            doors.pages.render(
                "settings.html",
                session=session,
                bear=bear,
                bears=await _bears(session),
                document=document,
                state=state,
                saved=saved,
                once=doors.chance.token(),
            )
        )

    async def _bears(session: Session) -> list[BearId]:
        return list(await doors.fleet.bears(session.family))

    return router


def _share(form: dict[str, list[str]], name: str) -> float:
    """A slider of 0 to 100 as a share. Raises Forged: our own page sends nothing else."""
    match form.get(name):
        case [text] if text.isascii() and text.isdigit() and int(text) <= 100:
            return int(text) / 100
    raise Forged


def _once(form: dict[str, list[str]]) -> str | None:
    """What makes a form that is sent twice one wish. A page from before an update has none."""
    return form.get("once", [None])[0]


def _consent(form: dict[str, list[str]]) -> Consent:
    try:
        return frozenset(Purpose(value) for value in form.get("consent", []))
    except ValueError:
        raise Forged from None
