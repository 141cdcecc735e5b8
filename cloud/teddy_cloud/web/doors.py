"""What the pages reach of the rest of the cloud, and who may pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from fastapi import Request, Response

from teddy_cloud.bus.callers import Caller, parent
from teddy_cloud.bus.commands import CommandBus
from teddy_cloud.bus.queries import QueryBus
from teddy_cloud.bus.watch import Watch
from teddy_cloud.fleet.fleet import Fleet, NotYours
from teddy_cloud.identity.sessions import SECONDS, Session, Sessions
from teddy_cloud.identity.signin import SignIn
from teddy_cloud.web.rendering import Pages
from teddy_shared.clock import Chance, Clock
from teddy_shared.envelope import NAME, BearId
from teddy_shared.errors import TeddyError

COOKIE: Final = "teddy_session"
LARGEST_FORM: Final = 50  # fields


class SignedOut(TeddyError):
    """Nobody is signed in here."""

    def __init__(self) -> None:
        super().__init__("sign in first")


class Forged(TeddyError):
    """A form that our own page did not send."""

    def __init__(self) -> None:
        super().__init__("this form did not come from this page; open the page again and repeat it")


@dataclass(frozen=True, slots=True)
class Doors:
    sign_in: SignIn
    sessions: Sessions
    fleet: Fleet
    commands: CommandBus
    queries: QueryBus
    watch: Watch
    clock: Clock
    chance: Chance
    pages: Pages

    async def session(self, request: Request) -> Session:
        """Raises SignedOut."""
        session = await self.sessions.find(request.cookies.get(COOKIE))
        if session is None:
            raise SignedOut
        return session

    def caller(self, session: Session) -> Caller:
        """As whom this session asks the buses."""
        return parent(session.email, session.family)

    async def form(self, request: Request, session: Session | None) -> dict[str, list[str]]:
        """The fields of a form of ours. Raises Forged for any other."""
        check_origin(request)
        try:
            pairs = parse_qsl(
                (await request.body()).decode(), keep_blank_values=True, max_num_fields=LARGEST_FORM
            )
        except ValueError:
            raise Forged from None
        fields: dict[str, list[str]] = {}
        for name, value in pairs:
            fields.setdefault(name, []).append(value)
        if session is not None and fields.get("form_token") != [session.form_token]:
            raise Forged
        return fields


def bear_named(text: str) -> BearId:
    """Raises NotYours for what cannot be the name of a bear."""
    if not NAME.fullmatch(text):
        raise NotYours
    return BearId(text)


def check_origin(request: Request) -> None:
    """Browsers name the page that sends a form; tools send no such header. Raises Forged."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise Forged
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Forged


def remember(response: Response, token: str, request: Request) -> None:
    """The cookie that scripts cannot read and other sites cannot make the browser send."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=SECONDS,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
        path="/",
    )


def forget(response: Response) -> None:
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")


def address_of(request: Request) -> str:
    return request.client.host if request.client else "unknown"
