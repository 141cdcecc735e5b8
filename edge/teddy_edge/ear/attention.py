"""Whether a turn is meant for the bear."""

from __future__ import annotations

from typing import Protocol

from teddy_edge.ear.segmenter import Utterance


class Attention(Protocol):
    """Waking joins as another adapter of this port, not as a branch elsewhere."""

    def is_meant_for_bear(self, utterance: Utterance) -> bool: ...


class AlwaysAttentive:
    """Every utterance is for the bear."""

    def is_meant_for_bear(self, utterance: Utterance) -> bool:  # noqa: ARG002  # it takes them all
        return True
