"""Who may see what, and what a browser may do with it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from teddy_cloud.eventstore.partitions import consent
from teddy_cloud.identity.limits import PER_ACCOUNT, PER_ADDRESS
from teddy_shared.events import SafetyAlertRaised
from teddy_shared.purposes import Purpose
from tests.cloud_bear import BEAR, SECONDS, begun, ended, wire_to, wired
from tests.cloud_house import EMAIL, PASSWORD, living, move_in
from tests.servers import Server


async def today(browser: httpx2.AsyncClient, *, turns: int = 0, awake: bool = False) -> dict[str, Any]:
    """What the JSON says, once it says so much."""
    async with asyncio.timeout(SECONDS):
        while True:
            said = (await browser.get(f"/api/bears/{BEAR}/today")).raise_for_status().json()
            if len(said["turns"]) >= turns and said["awake"] >= awake:
                return dict(said)


async def form_of(browser: httpx2.AsyncClient, **changes: object) -> dict[str, object]:
    """The settings form as the page would send it."""
    page = (await browser.get(f"/bears/{BEAR}/settings")).text
    found = re.search(r'name="form_token" value="(\w+)"', page)
    assert found
    return {"form_token": found[1], "volume": "70", "patience": "30", "consent": ["activity"], **changes}


@pytest.fixture
def servers(mosquitto: Server, redis_server: Server, tmp_path: Path) -> tuple[Server, Server, Path]:
    return mosquitto, redis_server, tmp_path


Servers = tuple[Server, Server, Path]


async def test_a_turn_and_an_alert_travel_from_the_bear_to_the_parents(servers: Servers) -> None:
    async with living(*servers) as house, house.parent() as browser, wire_to(servers[0]) as bear:
        child = house.family.profile
        alert = SafetyAlertRaised(category="lost", advice="Call your child now.")
        await bear.hello()
        await bear.send([wired(alert, 1, profile=child)], 1, lane=alert.label.lane)
        await bear.send(
            [
                wired(begun(), 1, turn="turn-1", profile=child),
                wired(ended(), 2, turn="turn-1", profile=child),
            ],
            1,
        )
        said = await today(browser, turns=1, awake=True)
        async with asyncio.timeout(SECONDS):
            while not said["alerts"] or not said["topics"]:
                said = await today(browser)

    assert said["awake"] is True
    assert said["topics"] == {"dinosaurs": 1}
    assert [alert["advice"] for alert in said["alerts"]] == ["Call your child now."]
    (turn,) = said["turns"]
    assert (turn["turn"], turn["topic"], turn["outcome"]) == ("turn-1", "dinosaurs", "answered")
    assert len(said["minutes_by_hour"]) == 24


async def test_another_familys_bear_is_not_there(servers: Servers) -> None:
    async with living(*servers) as house:
        await move_in(house.settings, house.folder, email="other@example.org", bear="bear-2")
        async with house.parent("other@example.org") as other:
            asked = [
                await other.get(f"/api/bears/{BEAR}/today"),
                await other.get(f"/bears/{BEAR}"),
                await other.get(f"/bears/{BEAR}/live"),
                await other.get(f"/bears/{BEAR}/settings"),
                await other.get("/api/bears/bear-3/today"),
                await other.get("/api/bears/no%20name/today"),
            ]
            token = re.search(r'form_token" value="(\w+)"', (await other.get("/bears/bear-2")).text)
            assert token
            form = {"form_token": token[1], "volume": "0", "patience": "0"}
            asked.append(await other.post(f"/bears/{BEAR}/settings", data=form))
            own = await other.get("/api/bears/bear-2/today")

    assert [each.status_code for each in asked] == [404] * len(asked)
    assert own.status_code == 200


async def test_whoever_is_not_signed_in_sees_the_door(servers: Servers) -> None:
    async with living(*servers) as house, house.browser() as stranger:
        page = await stranger.get(f"/bears/{BEAR}")
        asked = await stranger.get(f"/api/bears/{BEAR}/today")
        stranger.cookies.set("teddy_session", "0" * 64)
        guessed = await stranger.get(f"/api/bears/{BEAR}/today")
        docs = [await stranger.get(path) for path in ("/docs", "/redoc", "/openapi.json")]

    assert (page.status_code, page.headers["location"]) == (303, "/sign-in")
    assert (asked.status_code, guessed.status_code) == (401, 401)
    assert {each.status_code for each in docs} == {404}


async def test_signing_out_ends_the_session_everywhere(servers: Servers) -> None:
    async with living(*servers) as house, house.parent() as browser, house.browser() as thief:
        thief.cookies = browser.cookies
        before = await thief.get("/api/bears/bear-1/today")
        form = await form_of(browser)
        left = await browser.post("/sign-out", data={"form_token": form["form_token"]})
        after = await thief.get("/api/bears/bear-1/today")
        stored = await house.store("KEYS", "session:*")

    assert (before.status_code, left.status_code, after.status_code) == (200, 303, 401)
    assert stored == []


async def test_signing_out_on_all_devices_ends_every_session_of_the_account(servers: Servers) -> None:
    async with living(*servers) as house, house.parent() as phone, house.parent() as lost:
        form = await form_of(phone)
        await phone.post("/sign-out", data={"form_token": form["form_token"], "everywhere": "yes"})
        answers = [await each.get("/api/bears/bear-1/today") for each in (phone, lost)]

    assert [each.status_code for each in answers] == [401, 401]


async def test_the_store_never_holds_a_token_or_a_password(servers: Servers) -> None:
    async with living(*servers) as house, house.parent() as browser:
        token = browser.cookies["teddy_session"]
        (key,) = await house.store("KEYS", "session:*")
        session = await house.store("GET", key.decode())
        (key_of_account,) = await house.store("KEYS", "account:*")
        account = await house.store("GET", key_of_account.decode())
        cookie = (await browser.post("/api/sign-in", json={"email": EMAIL, "password": PASSWORD})).headers[
            "set-cookie"
        ]

    assert token not in f"{key!r}{session!r}"
    assert PASSWORD not in repr(account)
    assert "$argon2id$v=19$m=19456,t=2,p=1$" in repr(account)
    assert all(word in cookie for word in ("HttpOnly", "SameSite=strict", "Path=/"))


async def test_guessing_stops_after_a_few_attempts(servers: Servers) -> None:
    async with living(*servers) as house, house.browser() as guesser:
        wrong = {"email": EMAIL, "password": "not-this-one"}
        answers = await asyncio.gather(
            *(guesser.post("/api/sign-in", json=wrong) for _ in range(PER_ACCOUNT + 1))
        )
        right = await guesser.post("/api/sign-in", json={"email": EMAIL, "password": PASSWORD})
        page = await guesser.post("/sign-in", data=wrong)

    assert sorted(each.status_code for each in answers) == [401] * PER_ACCOUNT + [429]
    assert right.status_code == 429
    assert page.status_code == 429
    assert "quarter of an hour" in page.text


async def test_an_address_that_tries_many_accounts_is_stopped_and_right_passwords_are_not_counted(
    servers: Servers,
) -> None:
    async with living(*servers) as house, house.browser() as guesser:
        right = {"email": EMAIL, "password": PASSWORD}
        for _ in range(3):
            assert (await guesser.post("/api/sign-in", json=right)).status_code == 200
        counts = [await house.store("GET", key.decode()) for key in await house.store("KEYS", "tries:*")]
        (address,) = await house.store("KEYS", "tries:address:*")
        await house.store("SET", address.decode(), PER_ADDRESS)
        unknown = {"email": "nobody@example.org", "password": "not-this-one"}
        stopped = await guesser.post("/api/sign-in", json=unknown)

    assert counts == [b"0"]
    assert stopped.status_code == 429


async def test_every_answer_is_covered_by_the_strict_policy(servers: Servers) -> None:
    async with living(*servers) as house, house.parent() as browser:
        pages = [
            await browser.get(path)
            for path in (
                f"/bears/{BEAR}",
                f"/bears/{BEAR}/settings",
                "/static/teddy.css",
                "/nowhere",
                "/sign-in",
            )
        ]

    for page in pages:
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert page.headers["x-content-type-options"] == "nosniff"
        assert "server" not in page.headers
    html = "".join(page.text for page in pages if "html" in page.headers.get("content-type", ""))
    assert not re.search(r"\sstyle=|<style|<script>|\son\w+=|https?://", html)
    assert "no-store" in pages[0].headers["cache-control"]
    assert "immutable" in pages[2].headers["cache-control"]


async def test_a_form_that_our_page_did_not_send_changes_nothing(servers: Servers) -> None:
    forged: list[tuple[dict[str, str], dict[str, object]]] = [
        ({"Origin": "http://elsewhere.example"}, {}),
        ({"Origin": "null"}, {}),
        ({"Sec-Fetch-Site": "cross-site"}, {}),
        ({}, {"form_token": "0" * 32}),
        ({}, {"volume": "101"}),
        ({}, {"volume": "-1"}),
        ({}, {"consent": ["everything"]}),
    ]
    async with living(*servers) as house, house.parent() as browser:
        refused = [
            await browser.post(
                f"/bears/{BEAR}/settings", data=await form_of(browser, **changes), headers=headers
            )
            for headers, changes in forged
        ]
        page = (await browser.get(f"/bears/{BEAR}/settings")).text

    assert [each.status_code for each in refused] == [403] * len(forged)
    assert "version 1, Teddy follows none yet" in page


async def test_wishes_reach_the_bear_and_what_was_switched_off_is_refused(servers: Servers) -> None:
    async with living(*servers) as house, house.parent() as browser, wire_to(servers[0]) as bear:
        form = await form_of(browser, volume="20", consent=["safety"])
        saved = await browser.post(f"/bears/{BEAR}/settings", data=form)
        page = await browser.get(saved.headers["location"])
        await bear.send([wired(ended(), 1, profile=house.family.profile)], 1)
        await bear.acknowledged()
        granted = await house.store("SMEMBERS", consent(BEAR))

    assert saved.status_code == 303
    assert "Saved." in page.text
    assert "version 2" in page.text
    assert granted == {Purpose.SAFETY.value.encode()}


async def test_what_is_too_long_is_refused_unread(servers: Servers) -> None:
    async with living(*servers) as house, house.browser() as browser:
        long = await browser.post("/sign-in", content=b"x" * 20_000)
        nonsense = await browser.post("/api/sign-in", json={"email": 7})

    assert (long.status_code, nonsense.status_code) == (413, 400)
    assert "7" not in nonsense.text


async def test_a_store_that_is_away_is_said_and_the_page_comes_back(servers: Servers) -> None:
    async with living(*servers) as house, house.parent() as browser:
        servers[1].stop()
        away = await browser.get(f"/bears/{BEAR}")
        servers[1].start()
        back = await browser.get(f"/bears/{BEAR}")

    assert (away.status_code, back.status_code) == (503, 200)
    assert "does not answer" in away.text


async def test_an_open_stream_does_not_hold_up_the_end(servers: Servers) -> None:
    async with living(*servers) as house, house.parent() as browser, live(browser) as lines:
        first = [await anext(lines) for _ in range(3)]
        house.stop.set()
        async with asyncio.timeout(1.5):
            await asyncio.wait([house.running])
        rest = [line async for line in lines]

    assert first == ["retry: 2000", "", "event: status"]
    assert "event: turns" in rest


async def test_an_open_stream_ends_with_its_session(servers: Servers) -> None:
    async with living(*servers) as house, house.parent() as browser:
        form = await form_of(browser)
        async with live(browser) as lines:
            await anext(lines)
            await browser.post("/sign-out", data={"form_token": form["form_token"]})
            await house.store("PUBLISH", f"changed:{BEAR}", BEAR)
            async with asyncio.timeout(SECONDS):
                rest = [line async for line in lines]

    assert rest


@asynccontextmanager
async def live(browser: httpx2.AsyncClient) -> AsyncIterator[AsyncIterator[str]]:
    """The lines of the page's stream."""
    async with browser.stream("GET", f"/bears/{BEAR}/live") as stream:
        assert stream.status_code == 200
        yield stream.aiter_lines()
