"""The chain of an audit: whatever is changed in it shows, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teddy_shared.state.chain import GENESIS, Break, linked, look_through, verify
from teddy_shared.state.keys import Role
from teddy_shared.state.memory import MemoryStore
from teddy_shared.state.scopes import Scope
from teddy_shared.state.store import Change, Slot, Span, Stamp, Verb

TALK = Role("talk")
SLOT = Slot(Scope.APPLICATION, "bear-1", "talk.name")


def chain(length: int) -> list[Change]:
    changes: list[Change] = []
    for number in range(length):
        before = changes[-1].link if changes else GENESIS
        changes.append(linked(before, SLOT._replace(owner=f"bear-{number}"), Verb.WRITTEN, Stamp(TALK, 1.5)))
    return changes


@given(st.integers(1, 12), st.data())
def test_what_was_written_holds_from_every_entry_on(length: int, data: st.DataObject) -> None:
    changes = chain(length)
    begin = data.draw(st.integers(0, length - 1))
    before = changes[begin - 1].link if begin else GENESIS

    assert verify(changes[begin:], before=before, end=changes[-1].link) is None


FORGERIES = {
    "number": lambda change: replace(change, number=change.number + 100),
    "scope": lambda change: replace(change, slot=change.slot._replace(scope=Scope.GLOBAL)),
    "owner": lambda change: replace(change, slot=change.slot._replace(owner="x")),
    "name": lambda change: replace(change, slot=change.slot._replace(name="x")),
    "verb": lambda change: replace(change, verb=Verb.FORGOTTEN),
    "who": lambda change: replace(change, stamp=change.stamp._replace(who=Role("x"))),
    "when": lambda change: replace(change, stamp=change.stamp._replace(when=1.6)),
    "chain": lambda change: replace(change, chain="f" * 64),
}


@pytest.mark.parametrize("field", FORGERIES)
@pytest.mark.parametrize("at", range(5))
def test_an_altered_entry_is_named(field: str, at: int) -> None:
    changes = chain(5)
    forged = [*changes[:at], FORGERIES[field](changes[at]), *changes[at + 1 :]]

    broken = verify(forged, before=GENESIS, end=changes[-1].link)

    assert broken is not None
    assert broken.number == at + 1


def test_an_entry_made_anew_with_a_right_digest_breaks_the_one_behind_it() -> None:
    changes = chain(5)
    forged = linked(changes[1].link, SLOT, Verb.ENDED, Stamp(TALK, 9.0))

    broken = verify([*changes[:2], forged, *changes[3:]], before=GENESIS)

    assert broken == Break(4, "entry 4 was altered, or the one before it exchanged")


@pytest.mark.parametrize(
    ("kept", "number", "what"),
    [
        ([0, 1, 3, 4], 3, "entries 3 to 3 are missing"),
        ([2, 3, 4], 1, "entries 1 to 2 are missing"),
        ([0, 1, 2], 4, "the newest entries are missing, from 4 on"),
        ([0, 2, 1, 3, 4], 2, "entries 2 to 2 are missing"),
        ([0, 1, 1, 2, 3, 4], 2, "entry 2 is out of its place"),
        ([], 1, "the newest entries are missing, from 1 on"),
    ],
)
def test_what_is_missing_or_out_of_its_place_is_named(kept: Sequence[int], number: int, what: str) -> None:
    changes = chain(5)

    assert verify([changes[at] for at in kept], before=GENESIS, end=changes[-1].link) == Break(number, what)


async def test_a_chain_that_was_forged_as_a_whole_ends_otherwise() -> None:
    store = MemoryStore()
    await store.put(SLOT, b"", stamp=Stamp(TALK, 1.0), expires=None, expected=None)
    noted = (await store.span()).end

    assert verify([linked(GENESIS, SLOT, Verb.ENDED, Stamp(TALK, 1.0))], before=GENESIS, end=noted) == Break(
        1, "the chain ends otherwise than at entry 1 as it was written"
    )


async def test_entries_that_make_room_while_one_looks_are_no_break() -> None:
    store = BusyStore(audit_kept=3)
    for _ in range(5):
        await store.write()

    verdict = await look_through(store)

    assert verdict.broken is None
    assert verdict.entries == 3


class BusyStore(MemoryStore):
    """Somebody else writes right after the first look at where the audit begins."""

    looks = 0

    async def write(self) -> None:
        await self.put(SLOT, b"", stamp=Stamp(TALK, 1.0), expires=None, expected=None)

    async def span(self) -> Span:
        span = await super().span()
        self.looks += 1
        if self.looks == 1:
            await self.write()
        return span
