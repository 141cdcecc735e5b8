"""Today as JSON, for tools that act for a parent."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from teddy_cloud.identity.passwords import LONGEST
from teddy_cloud.identity.signin import Refused
from teddy_cloud.web.doors import Doors, address_of, bear_named, check_origin, remember
from teddy_cloud.web.today import today_of


class Credentials(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    email: Annotated[str, Field(max_length=254)]
    password: Annotated[str, Field(max_length=LONGEST)]


def api_router(doors: Doors) -> APIRouter:
    router = APIRouter(prefix="/api")

    @router.post("/sign-in")
    async def sign_in(request: Request, credentials: Credentials) -> Response:
        """Answers with the family's bears and the session's cookie."""
        check_origin(request)
        found = await doors.sign_in.sign_in(credentials.email, credentials.password, address_of(request))
        if isinstance(found, Refused):
            status = 429 if found is Refused.TOO_OFTEN else 401
            return JSONResponse({"error": found.value}, status)
        response = JSONResponse({"bears": list(await doors.fleet.bears(found.account.family))})
        remember(response, found.token, request)
        return response

    @router.get("/bears/{bear}/today")
    async def today(request: Request, bear: str) -> Response:
        session = await doors.session(request)
        shown = await today_of(doors.queries, doors.caller(session), doors.clock, bear_named(bear))
        return JSONResponse(
            {
                "awake": shown.awake,
                "software": shown.state.software,
                "healed": list(shown.state.healed),
                "settings_version": shown.state.settings_version,
                "dropped": {lane.name.lower(): count for lane, count in shown.state.dropped.items()},
                "unreadable": shown.state.unreadable,
                "withheld": shown.state.withheld,
                "turns": [turn.model_dump() for turn in shown.turns],
                "topics": dict(shown.topics),
                "minutes_by_hour": list(shown.minutes_by_hour),
                "alerts": [alert.model_dump() for alert in shown.alerts],
            }
        )

    return router
