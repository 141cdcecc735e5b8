"""Asks the parents' page, over plain HTTP, which turns it knows."""

from __future__ import annotations

import http.client
import json
from typing import Any, Final
from urllib.parse import urlsplit

SECONDS: Final = 5.0  # for one answer on loopback


class PageFailed(Exception):
    """The page does not answer, or refuses; the message says what it said."""


class ParentsPage:
    """A signed-in parent without a browser."""

    def __init__(self, *, url: str, email: str, password: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._email, self._password = email, password
        self._cookie = ""

    def turns(self, bear: str) -> set[str]:
        """The ids of today's turns whose end is known. Raises PageFailed."""
        if not self._cookie:
            self._sign_in()
        today = self._ask("GET", f"/api/bears/{bear}/today")
        return {turn["turn"] for turn in today["turns"] if turn["ended_wall_ms"] is not None}

    def _sign_in(self) -> None:
        self._ask("POST", "/api/sign-in", {"email": self._email, "password": self._password})

    def _ask(self, method: str, path: str, body: dict[str, str] | None = None) -> Any:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=SECONDS)
        headers = {"Accept": "application/json"}
        if self._cookie:
            headers["Cookie"] = self._cookie
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            response = connection.getresponse()
            answer = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise PageFailed(f"the page does not answer {method} {path}: {error}") from None
        finally:
            connection.close()
        if response.status != http.client.OK:
            raise PageFailed(f"the page answers {method} {path} with {response.status} {response.reason}")
        if cookie := response.getheader("Set-Cookie"):
            self._cookie = cookie.split(";")[0]
        try:
            return json.loads(answer)
        except ValueError:
            raise PageFailed(f"the page answers {method} {path} with something that is not JSON") from None
