"""Every version of every event that was ever released can still be read."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from teddy_shared.errors import MalformedEvent
from teddy_shared.events import EVENTS, BearStarted, Healed, from_bytes, to_bytes
from teddy_shared.upcasting import UPCASTERS

SAMPLES = Path(__file__).parent.parent / "data" / "events"
RELEASED = [
    (type_, version) for type_, event in EVENTS.items() for version in range(1, event.label.version + 1)
]
OLDER = [(type_, version) for type_, version in RELEASED if version < EVENTS[type_].label.version]


def sample(type_: str, version: int) -> bytes:
    return (SAMPLES / f"{type_}.v{version}.json").read_bytes().rstrip(b"\n")


def test_there_is_a_sample_of_every_version_and_of_nothing_else() -> None:
    names = {path.name for path in SAMPLES.iterdir()}

    assert names == {f"{type_}.v{version}.json" for type_, version in RELEASED}


@pytest.mark.parametrize("type_", EVENTS)
def test_the_newest_version_is_written_today_as_it_was_when_it_was_released(type_: str) -> None:
    """A field that is added, renamed, moved or dropped needs a new version and an upcaster."""
    known = EVENTS[type_]
    released = sample(type_, known.label.version)

    event = from_bytes(type_, known.label.version, released)

    assert event is not None
    assert to_bytes(event) == released
    left_out = {name for name, value in json.loads(released).items() if value in (None, [], "")}
    assert left_out == set(), "a sample shows every field, else a change of it would go unseen"


@pytest.mark.parametrize(("type_", "version"), OLDER)
def test_an_older_version_comes_up_to_the_newest(type_: str, version: int) -> None:
    event = from_bytes(type_, version, sample(type_, version))

    assert isinstance(event, EVENTS[type_])
    assert from_bytes(type_, event.label.version, to_bytes(event)) == event


def test_upcasters_lead_from_each_older_version_to_the_next_and_from_nowhere_else() -> None:
    assert set(UPCASTERS) == set(OLDER)


def test_a_start_that_told_in_sentences_what_was_healed_now_names_the_parts() -> None:
    newest = from_bytes("bear.started", 2, sample("bear.started", 2))

    assert from_bytes("bear.started", 1, sample("bear.started", 1)) == newest
    assert from_bytes("bear.started", 1, b'{"software":"0.1.0"}') == BearStarted(software="0.1.0")
    assert isinstance(newest, BearStarted)
    assert newest.healed[1] == Healed(
        part="outbox", reason="the outbox began a new epoch: the key does not open it"
    )


@pytest.mark.parametrize(
    "payload",
    [b"", b"[]", b'{"software":"1","healed":7}', b'{"software":"1","healed":[7]}', b"[" * 100_000],
    ids=["empty", "no object", "a number", "numbers", "deep"],
)
def test_what_an_older_version_never_wrote_is_malformed(payload: bytes) -> None:
    with pytest.raises(MalformedEvent, match=re.escape("bear.started")) as refused:
        from_bytes("bear.started", 1, payload)

    assert refused.value.payload == payload
