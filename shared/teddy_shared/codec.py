"""Batches of events to bytes and back: lines of JSON under zstd.

A batch is `header \\n (head \\n payload \\n)*`. Payloads stay bytes from the outbox to the cloud's
seal, so the cloud need not parse what it only stores. JSON has no raw newline, so lines are safe.
The events of a batch are consecutive: a head that cannot be read still has a number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

import zstandard
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from teddy_shared.envelope import Envelope, Lane, Name
from teddy_shared.errors import MalformedEvent

BATCH_EVENTS: Final = 64
BATCH_BYTES: Final = 64 * 1024  # of heads and payloads before compression; one event may exceed it alone
LARGEST_BATCH: Final = 1024 * 1024  # a peer that unfolds to more than this is refused

_compressor = zstandard.ZstdCompressor(level=3)


class BatchHeader(BaseModel):
    """Whose numbers follow. The bear itself is named by the topic, which the broker vouches for."""

    model_config = ConfigDict(frozen=True)

    v: Annotated[int, Field(ge=1, le=1)] = 1
    epoch: Name
    lane: Lane
    first: Annotated[int, Field(ge=1)]
    count: Annotated[int, Field(ge=1, le=4096)]
    # How many numbers the one event of this batch stands for; more than 1 only for a gap, whose place is
    # the last of them: `first + covers - 1`.
    covers: Annotated[int, Field(ge=1)] = 1

    @model_validator(mode="after")
    def _only_one_event_covers(self) -> BatchHeader:
        if self.covers > 1 and self.count != 1:
            raise ValueError("only a batch of one event covers more than one number")
        return self


@dataclass(frozen=True, slots=True)
class WireEvent:
    """One event as it travels. Both halves are single lines of JSON."""

    head: bytes
    payload: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    header: BatchHeader
    events: tuple[WireEvent, ...]


def encode_batch(batch: Batch) -> bytes:
    lines = [batch.header.model_dump_json().encode()]
    for event in batch.events:
        lines += (event.head, event.payload)
    return _compressor.compress(b"\n".join(lines) + b"\n")


def decode_batch(data: bytes) -> Batch:
    """Raises MalformedEvent for anything that `encode_batch` did not write."""
    found = unfold(data)
    return Batch(found.header, tuple(map(WireEvent, found.heads, found.payloads)))


@dataclass(frozen=True, slots=True)
class Unfolded:
    """A batch without an object for each of its events."""

    header: BatchHeader
    heads: Sequence[bytes]
    payloads: Sequence[bytes]  # as many


def unfold(data: bytes) -> Unfolded:
    """Raises MalformedEvent as `decode_batch` does."""
    lines = _plain(data).split(b"\n")
    try:
        header = BatchHeader.model_validate_json(lines[0])
    except ValidationError:
        raise MalformedEvent(data, "no batch header") from None
    if len(lines) != 2 * header.count + 2 or lines[-1] != b"":
        raise MalformedEvent(data, "the number of lines is not what the header says")
    return Unfolded(header, lines[1:-1:2], lines[2:-1:2])


def encode_head(head: Envelope) -> bytes:
    return head.model_dump_json(exclude_none=True).encode()


def decode_head(data: bytes) -> Envelope:
    """Raises MalformedEvent."""
    try:
        return Envelope.model_validate_json(data)
    except ValidationError as error:
        raise misfit(data, error) from None


def misfit(head: bytes, error: ValidationError) -> MalformedEvent:
    """What is wrong with a head, by the name of the field: never what stands in it."""
    where = ".".join(map(str, error.errors(include_input=False)[0]["loc"]))
    return MalformedEvent(head, f"the head does not fit at {where or 'its start'}")


def _plain(data: bytes) -> bytes:
    """Our own frames say how large they unfold, so nobody makes us reserve more than that."""
    try:
        size = zstandard.frame_content_size(data)
        if size > LARGEST_BATCH:
            raise MalformedEvent(data, f"unfolds to more than {LARGEST_BATCH} bytes")
        if size < 0:
            raise MalformedEvent(data, "a zstd frame that does not say how large it is")
        return zstandard.ZstdDecompressor().decompress(data)
    except zstandard.ZstdError:
        raise MalformedEvent(data, "not a zstd frame") from None
