"""A judge that knows what sentences mean: the sentence model, and heads that learned what children say."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from teddy_edge.inference.governor import Governor, Work
from teddy_edge.inference.meaning import Directions
from teddy_edge.safety.features import pieces
from teddy_edge.safety.heads import Head, open_head
from teddy_edge.safety.verdict import Finding, Side
from teddy_shared.ages import AgeBand
from teddy_shared.errors import TeddyError
from teddy_shared.logs import log

Heads = Mapping[Side, Head]


class Embedder(Protocol):
    """Sentences to directions; blocks, so it runs under the governor."""

    def embed(self, texts: Sequence[str]) -> Directions: ...


@dataclass(frozen=True, slots=True)
class Opinion:
    """Of one text."""

    findings: tuple[Finding, ...]
    score: float  # how surely there is a concern of any kind, 0 to 1


class GuardUnready(TeddyError):
    """The classifier can't judge, since it lacks its model or its heads; the guard then fails closed."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the guard's classifier did not load ({reason})")


MOST: Final = 100
"""Pieces of one text, at two milliseconds each. Four turns of fifteen seconds each have half as many."""


class TooMuch(TeddyError):
    """A text has more pieces than can be judged in time; none may go unjudged, so the guard fails closed."""

    def __init__(self, pieces: int) -> None:
        super().__init__(f"{pieces} pieces of a text, and {MOST} can be judged at once: say less at a time")


class Classifier:
    """Judges a text by the gravest of its pieces. Two milliseconds a sentence, off the loop.

    What it finds names the category alone: neither words nor scores leave it.
    """

    def __init__(
        self,
        *,
        open_embedder: Callable[[], Embedder],
        governor: Governor,
        open_heads: Callable[[], Heads] = lambda: open_heads(),
    ) -> None:
        self._open_embedder = open_embedder
        self._open_heads = open_heads
        self._governor = governor
        self._loading: asyncio.Task[None] | None = None
        self._ready: tuple[Embedder, Heads] | None = None
        self._failure: str | None = None

    async def get_ready(self) -> None:
        """Load the model and heads, once. Never raises: a failure is logged, and then judging raises."""
        if self._ready is None and self._failure is None:
            if self._loading is None:
                self._loading = asyncio.create_task(self._loaded(), name="guard-loading")
            await asyncio.shield(self._loading)  # who gives up leaves it to the next, as a thread goes on

    @property
    def failure(self) -> str | None:
        """Why it cannot judge; None where it can, or was not asked yet."""
        return self._failure

    async def judge(self, text: str, *, side: Side, band: AgeBand) -> Sequence[Finding]:  # noqa: ARG002  # same at any age
        """One finding at most for each piece. Raises GuardUnready without model or heads."""
        return (await self.opinion(text, side)).findings

    async def opinion(self, text: str, side: Side) -> Opinion:
        """What `judge` says, and how sure it is. Raises GuardUnready."""
        await self.get_ready()
        if self._ready is None:
            raise GuardUnready(self._failure or "it is not loaded")
        embedder, heads = self._ready
        return await self._governor.run(Work.GUARD, _opinion, text, embedder, heads[side])

    async def _loaded(self) -> None:
        try:
            self._ready = await asyncio.to_thread(self._load)
        except Exception as error:  # barrier: without its classifier the guard passes nothing, and says so
            self._failure = str(error) if isinstance(error, TeddyError) else type(error).__name__
            log("guard").error("the guard is closed: its classifier did not load", reason=self._failure)

    def _load(self) -> tuple[Embedder, Heads]:
        heads, embedder = self._open_heads(), self._open_embedder()
        for head in heads.values():
            _opinion("hello teddy", embedder, head)  # what does not fit together fails here and not in a talk
        return embedder, heads


def _opinion(text: str, embedder: Embedder, head: Head) -> Opinion:
    looked_at = pieces(text)
    if not looked_at:  # no words in it
        return Opinion((), 0.0)
    if len(looked_at) > MOST:
        raise TooMuch(len(looked_at))
    scores = head.scores(embedder.embed(looked_at), looked_at)
    found: dict[str, bool] = {}
    for row in scores:
        if category := head.judge(row):
            found[category] = found.get(category, False) or head.is_sure(row)
    findings = (Finding(category, f"heads.{category}", sure) for category, sure in found.items())
    return Opinion(tuple(findings), float(1 - scores[:, -1].min()))


def open_heads() -> Heads:
    """The heads of this release; reads files. Raises PartMissing or ConfigError."""
    return {side: open_head(side) for side in Side}
