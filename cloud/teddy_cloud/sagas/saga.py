"""What a saga is: named steps, each with how to do it and how to undo it. No store, no waiting."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from pydantic import JsonValue

from teddy_shared.errors import TeddyError

Facts = Mapping[str, JsonValue]
"""What a saga was begun with and what its steps found out. Never a child's words."""

TRIES: Final = 6  # of one step, before it counts as impossible


class Impossible(TeddyError):
    """A step that will not succeed however often it is tried."""


@dataclass(frozen=True, slots=True)
class Going:
    """What a step is given. It may be called again with the same key, after a crash at any instruction."""

    saga: str  # the saga's id
    key: str  # of this step in this direction: for what it does outside
    facts: Facts
    told: Facts  # what came from outside since the saga began
    now: float  # wall clock


@dataclass(frozen=True, slots=True)
class Done:
    facts: Facts = field(default_factory=dict)  # what the steps behind it need to know


@dataclass(frozen=True, slots=True)
class Wait:
    """Do it again when something is told, at the latest at this time of the wall clock."""

    until: float


@dataclass(frozen=True, slots=True)
class Step:
    """Raises Impossible where it cannot be done; whatever else it raises is tried again with backoff.

    `undo` is called for the step that could not be done too, since it may be half done; it must stand
    there being nothing to undo.
    """

    name: str
    do: Callable[[Going], Awaitable[Done | Wait]]
    undo: Callable[[Going], Awaitable[None]] | None = None
    final: bool = False  # from its first try on there is no way back: what fails then waits for an operator


@dataclass(frozen=True, slots=True)
class Saga:
    kind: str
    steps: Sequence[Step]

    def can_be_undone(self, at: int) -> bool:
        """Whether there is a way back from step number `at`."""
        return not any(step.final for step in self.steps[: at + 1])
