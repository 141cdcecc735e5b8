"""What may be held in the state: a typed name, its scope, its lifetime, and who may touch it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, NewType, TypeVar

from pydantic import TypeAdapter

from teddy_shared.state.scopes import Scope

Role = NewType("Role", str)  # who asks: a room of the bear or of the cloud, such as "link"

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Key(Generic[T]):
    """Make it once, at the top of the module that owns the value."""

    name: str  # dotted, such as "settings.document"; an observer may ask for a prefix
    scope: Scope
    shape: TypeAdapter[T] = field(compare=False, repr=False)
    readers: frozenset[Role]
    writers: frozenset[Role]
    lifetime: float | None = None  # seconds after a write; None for as long as its scope
    sealed: bool = False  # whether it lies in the store as bytes that only a key opens


@dataclass(frozen=True, slots=True)
class Held(Generic[T]):
    """What was read, and which write it came from."""

    value: T
    version: int  # grows with every write of this key, also across forgetting it; 0 means absent
