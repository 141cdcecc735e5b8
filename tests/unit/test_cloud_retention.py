"""The table of kinds tells the truth: who writes them, who reads them, how long they stay."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from teddy_cloud.eventstore.retention import DAY_MS, SLACK_DAYS, STAYS, ends_ms, ripe_ms
from teddy_cloud.eventstore.store import Entry, Position
from teddy_shared.codec import encode_head
from teddy_shared.envelope import Kind
from teddy_shared.events import EVENTS, BearStarted
from tests.cloud_bear import ended, head_of


def types_of(kind: Kind) -> set[str]:
    return {type_ for type_, event in EVENTS.items() if event.label.kind is kind}


def test_there_is_a_row_for_each_kind_and_an_event_of_each() -> None:
    assert set(STAYS) == set(Kind)
    assert all(types_of(kind) for kind in Kind)


@pytest.mark.parametrize(
    ("kind", "module"), [(kind, each) for kind in Kind for each in STAYS[kind].producers]
)
def test_each_producer_makes_an_event_of_its_kind(kind: Kind, module: str) -> None:
    found = find_spec(module)
    assert found is not None and found.origin is not None, f"{module} is not there"
    source = Path(found.origin).read_text()

    assert any(f"{EVENTS[type_].__name__}(" in source for type_ in types_of(kind))


@pytest.mark.parametrize(("kind", "name"), [(kind, each) for kind in Kind for each in STAYS[kind].consumers])
def test_each_consumer_wants_an_event_of_its_kind(kind: Kind, name: str) -> None:
    module, _, projection = name.partition(":")

    wanted: frozenset[str] = getattr(import_module(module), projection).types

    assert wanted & types_of(kind)


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_a_producer_and_a_consumer(kind: Kind) -> None:
    assert STAYS[kind].producers
    assert STAYS[kind].consumers


def test_no_kind_ends_while_another_kind_may_still_hold_it_in_the_streams() -> None:
    longest = max(stay.live for stay in STAYS.values()) + SLACK_DAYS

    assert min(stay.total for stay in STAYS.values()) > longest


def test_an_event_ends_at_the_first_midnight_behind_its_days() -> None:
    noon = 1_788_264_000_000
    entry = Entry(Position(f"{noon}-0"), encode_head(head_of(BearStarted(software="1"), 1)), "", b"")

    assert ripe_ms(entry) == noon + STAYS[Kind.SYSTEM].live * DAY_MS
    assert ends_ms(entry) == noon + DAY_MS // 2 + STAYS[Kind.SYSTEM].total * DAY_MS


def test_what_another_release_wrote_stays_as_long_as_anything() -> None:
    unknown, known = (
        Entry(Position("0-0"), head, "", b"") for head in (b"{}", encode_head(head_of(ended(), 1)))
    )

    assert ends_ms(unknown) == max(stay.total for stay in STAYS.values()) * DAY_MS
    assert ends_ms(known) < ends_ms(unknown)
