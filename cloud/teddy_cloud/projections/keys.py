"""The names of the keys in which read models lie; all of a partition in one slot."""

from __future__ import annotations

from teddy_cloud.projections.copies import Copy
from teddy_shared.envelope import BearId


def standing(partition: int) -> str:
    """A hash: of each model the copy that is shown, where each copy stands, and which rebuild works on it."""
    return f"rm-at:{{{partition}}}"


def listing(partition: int, model: str, copy: Copy) -> str:
    """A set: the names of all keys of a copy below, so that it can be taken away."""
    return f"rm-keys:{{{partition}}}:{model}/{copy}"


def page(partition: int, bear: BearId, model: str, copy: Copy, name: str) -> str:
    return f"rm-page:{{{partition}}}:{bear}:{model}/{copy}:{name}"


def applied(partition: int, bear: BearId, model: str, copy: Copy) -> str:
    """A hash: the highest number of each source of this bear that the copy holds."""
    return f"rm-applied:{{{partition}}}:{bear}:{model}/{copy}"


def rebuild(model: str) -> str:
    """The id of the rebuild that is under way."""
    return f"rm-rebuild:{model}"


def channel(bear: BearId) -> str:
    """Where it is told that the bear's pages changed; so the scripts name it, too."""
    return f"changed:{bear}"
