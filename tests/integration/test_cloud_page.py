"""A real browser on a phone's screen: what a parent sees, and that it changes by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from playwright.async_api import Page, async_playwright, expect

from teddy_shared.events import SafetyAlertRaised
from tests.cloud_bear import BEAR, begun, ended, wire_to, wired
from tests.cloud_house import EMAIL, PASSWORD, House, living
from tests.servers import Server

CHROMIUM: Final = "/usr/bin/chromium"
QUIET: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
)


@asynccontextmanager
async def phone(house: House, profile: Path) -> AsyncIterator[Page]:
    """A browser at the door. Whatever it complains about, or fetches from elsewhere, fails the test."""
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch_persistent_context(
            profile,
            executable_path=CHROMIUM,
            args=list(QUIET),
            viewport={"width": 390, "height": 844},
        )
        page = await browser.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request",
            lambda asked: None if asked.url.startswith(house.page) else complaints.append(asked.url),
        )
        await page.goto(house.page)
        try:
            yield page
        finally:
            await browser.close()
    assert complaints == []


async def sign_in(page: Page) -> None:
    await page.get_by_label("E-mail").fill(EMAIL)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_role("heading", name="Today").wait_for()


async def test_a_turn_an_alert_and_the_chart_appear_without_reloading(
    mosquitto: Server, redis_server: Server, tmp_path: Path
) -> None:
    async with living(mosquitto, redis_server, tmp_path) as house, phone(house, tmp_path / "p") as page:
        child = house.family.profile
        await sign_in(page)
        await expect(page.get_by_text("Teddy has not said hello yet")).to_be_visible()
        await expect(page.get_by_text("Nobody has talked yet today.")).to_be_visible()
        await page.evaluate("document.body.dataset.mark = 'never reloaded'")

        async with wire_to(mosquitto) as bear:
            await bear.hello()
            await expect(page.get_by_text("Teddy is awake")).to_be_visible()
            first = [
                wired(begun(), 1, turn="turn-1", profile=child),
                wired(ended(), 2, turn="turn-1", profile=child),
            ]
            await bear.send(first[:1], 1)
            await expect(page.get_by_text("Talking")).to_be_visible()
            await bear.send(first[1:], 2)
            await expect(page.locator(".turn")).to_contain_text("Dinosaurs")
            before = await page.locator("svg.chart").inner_html()

            alert = SafetyAlertRaised(category="being_lost", advice="Call your child now.")
            await bear.send([wired(alert, 1, profile=child)], 1, lane=alert.label.lane)
            await expect(page.get_by_role("alert")).to_contain_text("Call your child now.")
            long = ended("the moon", reply_ms=200_000)
            second = [
                wired(begun(), 3, turn="turn-2", profile=child),
                wired(long, 4, turn="turn-2", profile=child),
            ]
            await bear.send(second, 3)
            await expect(page.locator(".turn").first).to_contain_text("The moon")

        assert await page.locator("svg.chart").inner_html() != before
        await expect(page.get_by_role("table", name="Minutes of talk by hour")).to_be_attached()
        await expect(page.get_by_text("New at")).to_contain_text("The moon")
        assert await page.evaluate("document.body.dataset.mark") == "never reloaded"


async def test_wishes_are_set_by_sliders_and_switches_and_signing_out_closes_the_door(
    mosquitto: Server, redis_server: Server, tmp_path: Path
) -> None:
    async with living(mosquitto, redis_server, tmp_path) as house, phone(house, tmp_path / "p") as page:
        await sign_in(page)
        await page.get_by_role("link", name="Settings").click()
        await page.get_by_role("slider", name="Volume").fill("25")
        await expect(page.locator("output[for=volume]")).to_have_text("25 %")
        await page.get_by_role("switch", name="Talks").uncheck()
        await page.get_by_role("button", name="Save").click()

        await expect(page.get_by_role("status").first).to_contain_text("Saved.")
        await expect(page.get_by_role("slider", name="Volume")).to_have_value("25")
        await expect(page.get_by_role("switch", name="Talks")).not_to_be_checked()
        await expect(page.get_by_role("switch", name="Safety alerts")).to_be_checked()
        await page.get_by_role("button", name="Sign out", exact=True).click()
        await expect(page.get_by_role("button", name="Sign in")).to_be_visible()
        await page.goto(f"{house.page}bears/{BEAR}")
        await expect(page.get_by_role("button", name="Sign in")).to_be_visible()
