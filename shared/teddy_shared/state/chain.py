"""Each entry of the audit carries a digest of itself and of all before it, so that tampering shows.

Who may write the whole store can also forge the whole chain. What they cannot forge is its end, if
somebody wrote that down elsewhere: it stands in what `teddy cloud state audit` says.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from teddy_shared.state.store import Change, Link, Slot, Span, Stamp, Store, Verb

GENESIS: Final = Link(0, "0" * 64)  # where every chain begins
PAGE: Final = 1000  # entries read at once
TRIES: Final = 3  # while others go on writing, the oldest entries make room under the reader's feet


@dataclass(frozen=True, slots=True)
class Break:
    """The first entry that does not hold, and in which way."""

    number: int
    what: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of looking at a whole audit."""

    span: Span
    entries: int
    broken: Break | None


def linked(before: Link, slot: Slot, verb: Verb, stamp: Stamp) -> Change:
    """The entry that comes next."""
    number = before.number + 1
    return Change(number, slot, verb, stamp, digest(before.chain, number, *slot, verb, *stamp))


def digest(
    before: str, number: int, scope: str, owner: str, name: str, verb: str, who: str, when: float
) -> str:
    """SHA-256 over the digest before and the entry as JSON without spaces."""
    entry = json.dumps([number, scope, owner, name, verb, who, float(when)], separators=(",", ":"))
    return hashlib.sha256(before.encode() + entry.encode()).hexdigest()


def verify(changes: Iterable[Change], *, before: Link, end: Link | None = None) -> Break | None:
    """Where entries do not follow, the first from `before`, the last up to `end`; None if they do."""
    last = before
    for change in changes:
        if change.number > last.number + 1:
            return Break(last.number + 1, f"entries {last.number + 1} to {change.number - 1} are missing")
        if change.number <= last.number:
            return Break(change.number, f"entry {change.number} is out of its place")
        if change != linked(last, change.slot, change.verb, change.stamp):
            return Break(change.number, f"entry {change.number} was altered, or the one before it exchanged")
        last = change.link
    if end is not None and last != end:
        if last.number == end.number:
            return Break(end.number, f"the chain ends otherwise than at entry {end.number} as it was written")
        return Break(last.number + 1, f"the newest entries are missing, from {last.number + 1} on")
    return None


async def look_through(store: Store) -> Verdict:
    """Verify all that a store keeps, while others may go on writing."""
    verdict = await _look_through(store)
    for _ in range(TRIES):
        if verdict.broken is None or (await store.span()).before == verdict.span.before:
            break
        verdict = await _look_through(store)
    return verdict


async def _look_through(store: Store) -> Verdict:
    span = await store.span()
    last, entries = span.before, 0
    while last.number < span.end.number:
        page = await store.audit(after=last.number, limit=min(PAGE, span.end.number - last.number))
        page = [change for change in page if change.number <= span.end.number]
        if not page:
            break
        if (broken := verify(page, before=last)) is not None:
            return Verdict(span, entries, broken)
        last, entries = page[-1].link, entries + len(page)
    return Verdict(span, entries, verify((), before=last, end=span.end))
