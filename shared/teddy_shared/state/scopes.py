"""How long a value may live: each scope ends where its owner ends."""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """Whose life a value shares. The owner of a key is one of these, by its id."""

    REQUEST = "request"  # one turn of talk, one call of the web
    SESSION = "session"  # one talk, one visit of a parent
    APPLICATION = "application"  # one bear, one service; outlives its process
    GLOBAL = "global"  # everything that shares the store

    @property
    def brief(self) -> bool:
        """Whether it ends with a block of code, and so at the latest with the process."""
        return self in (Scope.REQUEST, Scope.SESSION)
