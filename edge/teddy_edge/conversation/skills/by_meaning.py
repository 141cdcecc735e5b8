"""What a child may have meant by words that no rule waits for: authored sentences that mean much the same.

Nothing of it leaves the bear. Without the sentence model, or when it fails, the rules go on alone.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Final, Protocol

import numpy as np
from pydantic import Field

from teddy_edge.conversation.skills.lines import Name
from teddy_edge.conversation.skills.skill import Meant
from teddy_edge.conversation.skills.understanding import Vocabulary, understand
from teddy_edge.inference.governor import Governor, Work
from teddy_edge.inference.meaning import Directions
from teddy_edge.safety.authored import Authored, parse_authored, read_authored
from teddy_shared.errors import ConfigError, TeddyError
from teddy_shared.logs import log

PATIENCE: Final = 4.0  # seconds; the first sentence may meet a model that is still being loaded

# Chosen on the sentences of the file, each held out in turn: of those that the rules are unsure of, 80 % then
# find a skill that fits and 8 % one that does not; of what is no skill's, a quarter finds one.
NARROWNESS: Final = 2.0  # a sentence at a right angle counts for exp(-2)
DOUBT: Final = 0.1  # how little a single example is believed against its neighbours
LEAST_LEAD: Final = 0.05  # of the skill that it resembles most, before the next
LEAST_LIKENESS: Final = 0.35  # to the nearest sentence of that skill

_NO_WORDS: Final = Vocabulary(())


class Embedder(Protocol):
    """Sentences to directions; blocks, so it runs under the governor."""

    def embed(self, texts: Sequence[str]) -> Directions: ...


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence as children say it."""

    text: str
    meant: Meant | None  # None: no skill's, it is better left to the rules


class Likeness:
    """Examples, where each of them points, and which skill speaks for which direction. Pure.

    Kernel regression: near a crowd of examples of one skill a single one of another hardly counts. It errs
    less than the nearest neighbours' vote, above all on what is no skill's.
    """

    def __init__(self, *, examples: Sequence[Example], directions: Directions) -> None:
        self._directions = directions
        self._meant = [example.meant for example in examples]
        owners = [meant.skill if meant else "" for meant in self._meant]
        self._skills = sorted({*owners, ""})
        self._owner = np.array([self._skills.index(owner) for owner in owners])
        near = _nearness(directions @ directions.T) + DOUBT * np.eye(len(owners), dtype=np.float32)
        self._weights = np.linalg.solve(near, np.eye(len(self._skills), dtype=np.float32)[self._owner])

    def nearest(self, direction: Directions) -> Meant | None:
        """Of the skill that the direction resembles most, what the nearest example means."""
        likeness = self._directions @ direction
        scores = _nearness(likeness) @ self._weights
        second, first = np.argsort(scores)[-2:]
        if not self._skills[first] or (lead := float(scores[first] - scores[second])) < LEAST_LEAD:
            return None
        nearest = int(np.argmax(np.where(self._owner == first, likeness, -1)))
        meant = self._meant[nearest]
        return replace(meant, lead=lead) if meant and likeness[nearest] >= LEAST_LIKENESS else None


def _nearness(likeness: Directions) -> Directions:
    near: Directions = np.exp(NARROWNESS * (likeness - 1))
    return near


class ByMeaning:
    """Understands what the rules do not."""

    def __init__(
        self,
        *,
        examples: Sequence[Example],
        open_embedder: Callable[[], Embedder] | None,
        governor: Governor,
        patience: float = PATIENCE,  # seconds that a sentence waits to be understood
    ) -> None:
        self._examples = tuple(examples)
        self._open = open_embedder
        self._governor = governor
        self._patience = patience
        self._loading: asyncio.Task[None] | None = None
        self._ready: tuple[Embedder, Likeness] | None = None
        self._failed = open_embedder is None  # a board without room for the model

    async def get_ready(self) -> None:
        """Load the model and the examples, once; a failure is logged, once, and then the rules are alone."""
        if self._ready is None and not self._failed:
            if self._loading is None:
                self._loading = asyncio.create_task(self._loaded(), name="meaning-loading")
            # A turn that gives up leaves it to the next one: a thread that loads cannot be stopped, and begun
            # anew for each turn it would never be done.
            await asyncio.shield(self._loading)

    async def _loaded(self) -> None:
        try:
            self._ready = await asyncio.to_thread(self._load)
        except Exception as error:  # a barrier: the bear can talk without the model
            self._give_up(error)

    async def meant(self, text: str) -> Meant | None:
        """What the words resemble; None where that is nothing, or nobody can tell in time."""
        plain = plainly(text)
        if self._failed or not plain:
            return None
        try:
            async with asyncio.timeout(self._patience):
                await self.get_ready()
                if self._ready is None:
                    return None
                embedder, likeness = self._ready
                directions = await self._governor.run(Work.MEANING, embedder.embed, [plain])
            return likeness.nearest(directions[0])
        except TimeoutError:
            log("meaning").warning("too slow", seconds=self._patience)
        except Exception as error:  # the same barrier
            self._give_up(error)
        return None

    def _load(self) -> tuple[Embedder, Likeness]:
        assert self._open is not None  # whoever has none never loads
        embedder = self._open()
        directions = embedder.embed([plainly(example.text) for example in self._examples])
        return embedder, Likeness(examples=self._examples, directions=directions)

    def _give_up(self, error: Exception) -> None:
        """A library's message might quote the sentence; ours name the remedy."""
        self._failed = True
        reason = str(error) if isinstance(error, TeddyError) else type(error).__name__
        log("meaning").error("understanding by rules alone", reason=reason)


def plainly(text: str) -> str:
    """The sentence without the bear's name, contractions opened: what a child means does not hang on them."""
    return " ".join(word[0] for word in understand(text, _NO_WORDS).row)


def parse_examples(data: bytes, *, name: str = "meaning.toml") -> tuple[Example, ...]:
    """Raises ConfigError naming the place."""
    file = parse_authored(_File, data, name)
    examples = [Example(text, None) for text in file.others]
    for wish in file.wish:
        meant = Meant(wish.skill, wish.request)
        examples += (Example(text, meant) for text in (wish.request, *wish.like))
    seen = Counter(example.text for example in examples)
    if twice := next((text for text, times in seen.items() if times > 1), None):
        raise ConfigError(f"{name}: {twice!r} stands there twice")
    return tuple(examples)


def load_examples() -> tuple[Example, ...]:
    """Reads a file. Raises ConfigError."""
    return parse_examples(read_authored("teddy_edge.conversation.skills", "meaning.toml"))


_Sentence = Annotated[str, Field(min_length=2, max_length=80, pattern=r"^[a-z][a-z ',]*$")]


class _Wish(Authored):
    skill: Name
    request: _Sentence
    like: Annotated[tuple[_Sentence, ...], Field(min_length=1)]


class _File(Authored):
    others: Annotated[tuple[_Sentence, ...], Field(min_length=1)]
    wish: Annotated[tuple[_Wish, ...], Field(min_length=1)]
