"""The names of the keys in which read models lie; all keys of a bear in its partition's slot."""

from __future__ import annotations

from teddy_cloud.eventstore.partitions import of_bear
from teddy_cloud.projections.copies import Copy
from teddy_shared.envelope import BearId


def standing(partition: int) -> str:
    """A hash: of each model the copy that is shown, where each copy stands, and which rebuild works on it."""
    return f"rm-at:{{{partition}}}"


def listing(partition: int, model: str, copy: Copy) -> str:
    """A set: the names of all keys of a copy below, so that it can be taken away."""
    return f"rm-keys:{{{partition}}}:{model}/{copy}"


def page(bear: BearId, model: str, copy: Copy, name: str) -> str:
    return of_bear("rm-page", bear, f"{model}/{copy}", name)


def applied(bear: BearId, model: str, copy: Copy) -> str:
    """A hash: the highest number of each source of this bear that the copy holds."""
    return of_bear("rm-applied", bear, f"{model}/{copy}")


def rebuild(model: str) -> str:
    """The id of the rebuild that is under way."""
    return f"rm-rebuild:{model}"


def channel(bear: BearId) -> str:
    """Where it is told that the bear's pages changed; so the scripts name it, too."""
    return f"changed:{bear}"
