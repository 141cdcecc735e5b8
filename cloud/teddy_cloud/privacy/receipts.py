"""The receipt of an erasure: what was erased, when, on whose wish; with a digest over all of it. Pure."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from teddy_shared.events import ChildErased


def receipt(**said: Any) -> ChildErased:
    """With its digest. Takes the other fields of ChildErased."""
    unsigned = ChildErased(**said, digest="")
    return unsigned.model_copy(update={"digest": digest_of(unsigned)})


def is_whole(shown: ChildErased) -> bool:
    """Whether nothing in it was changed since it was given out."""
    return shown.digest == digest_of(shown)


def digest_of(shown: ChildErased) -> str:
    said = shown.model_dump(mode="json", exclude={"digest"})
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
