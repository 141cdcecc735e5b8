"""The chart as geometry, the words of the page, the rules around every answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teddy_cloud import settings
from teddy_cloud.identity.accounts import check_password, normal_email
from teddy_cloud.web import words
from teddy_cloud.web.chart import HEIGHT, LEFT, WIDTH, chart_of
from teddy_cloud.web.rendering import load_pages
from teddy_shared.envelope import Lane
from teddy_shared.errors import ConfigError
from teddy_shared.purposes import Purpose

Hours = st.lists(st.floats(0, 60), min_size=24, max_size=24)


@given(minutes=Hours)
def test_every_bar_lies_inside_the_chart_and_beside_its_neighbours(minutes: list[float]) -> None:
    chart = chart_of(minutes)

    assert [bar.hour for bar in chart.bars] == [hour for hour, each in enumerate(minutes) if each > 0]
    for bar in chart.bars:
        assert LEFT <= bar.x <= bar.x + bar.width <= WIDTH
        assert 0 <= bar.y <= bar.y + bar.height <= HEIGHT
    for one, other in zip(chart.bars, chart.bars[1:], strict=False):
        assert one.x + one.width <= other.x


@given(minutes=Hours)
def test_more_minutes_are_a_taller_bar(minutes: list[float]) -> None:
    bars = sorted(chart_of(minutes).bars, key=lambda bar: bar.minutes)

    assert [bar.height for bar in bars] == sorted(bar.height for bar in bars)


def test_a_day_without_talk_has_no_bars_and_no_busiest_hour() -> None:
    chart = chart_of([0.0] * 24)

    assert (chart.bars, chart.busiest, chart.total) == ([], None, 0)


@pytest.mark.parametrize(
    ("milliseconds", "said"),
    [(0, "0 s"), (59_400, "59 s"), (60_000, "1 min"), (95_000, "1 min 35 s"), (750_000, "12 min")],
)
def test_durations_are_said_as_one_speaks(milliseconds: int, said: str) -> None:
    assert words.duration(milliseconds) == said


@pytest.mark.parametrize(
    ("dropped", "said"),
    [
        ({}, ""),
        (
            {Lane.TELEMETRY: 1, Lane.BULK: 1_203},
            "1,204 of its notes could not be kept, all about how well it works",
        ),
        ({Lane.TELEMETRY: 5, Lane.INTERACTION: 1}, "6 of its notes could not be kept, 1 of them about talks"),
    ],
    ids=["nothing", "telemetry", "talks"],
)
def test_what_gave_way_on_a_full_bear_is_one_plain_sentence(dropped: dict[Lane, int], said: str) -> None:
    assert said in words.gave_way(dropped)
    assert bool(words.gave_way(dropped)) == bool(dropped)


def test_every_purpose_that_needs_consent_is_explained() -> None:
    assert set(words.PURPOSES) == {purpose for purpose in Purpose if purpose.needs_consent}


def test_the_pages_carry_no_inline_script_no_style_and_no_foreign_address() -> None:
    pages = load_pages()
    source = (
        "".join(pages.render("sign_in.html", refusal="", email=""))
        + pages.assets["teddy.css"].content.decode()
    )

    assert "style=" not in source
    assert "<script>" not in source
    assert "//" not in source.replace("http://www.w3.org", "")
    assert {"htmx.js", "htmx-sse.js", "teddy.css", "teddy.js", "teddy.svg"} == set(pages.assets)


@pytest.mark.parametrize(
    ("setting", "wrong", "says"),
    [
        ("broker", "http://somewhere", "looks like mqtt://"),
        ("broker", "mqtt://somewhere:99999", "names a port that is none"),
        ("store", "localhost:6379", "looks like redis://"),
        ("store", "redis://somewhere:port", "no port that can be"),
        ("web.port", 70000, "web.port"),
        ("stroe", "x", "did you mean store"),
    ],
)
def test_a_wrong_setting_is_said_before_anything_starts(setting: str, wrong: object, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        settings.load(environment={}, overrides={setting: wrong})


def test_the_environment_is_read_and_the_command_line_wins() -> None:
    environment = {"TEDDY_CLOUD_STORE": "redis://one:1", "TEDDY_CLOUD_WEB__PORT": "81"}

    loaded = settings.load(environment=environment, overrides={"store": "redis://two:2"})

    assert (loaded.store, loaded.web.port) == ("redis://two:2", 81)


@pytest.mark.parametrize("password", ["short", "x" * 257])
def test_a_password_that_is_too_easy_or_endless_is_refused(password: str) -> None:
    with pytest.raises(ConfigError, match="10 to 256 characters"):
        check_password(password)


@pytest.mark.parametrize("text", ["", "parent", "a@b@c", "a b@c", "@c", "a@"])
def test_what_cannot_be_an_address_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="not an e-mail address"):
        normal_email(text)


def test_an_address_is_found_however_it_is_written() -> None:
    assert normal_email(" Parent@Example.org ") == "parent@example.org"
