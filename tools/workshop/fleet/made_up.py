"""Events that nobody lived through, as large as asked for, and the batches that they travel in."""

from __future__ import annotations

from typing import Final

from teddy_shared.clock import Chance
from teddy_shared.codec import Batch, BatchHeader, WireEvent, encode_batch, encode_head
from teddy_shared.envelope import BearId, Envelope, Place, When
from teddy_shared.events import TurnEnded, to_bytes
from workshop.fleet.households import child_of

BOOT: Final = "boot-1"
LABEL: Final = TurnEnded.label


def turn(*, size: int, chance: Chance) -> bytes:
    """The payload of a turn that ended, so many bytes long and not much shorter when it is compressed."""
    bare = TurnEnded(
        topic="",
        skill="animals",
        verdict="answer",
        outcome="answered",
        speech_ms=1_000 + chance.below(4_000),
        reply_ms=1_000 + chance.below(9_000),
        stages_ms={name: round(chance.between(1, 400), 1) for name in ("hearing", "guard", "voice")},
        first_sound_ms=round(chance.between(100, 900), 1),
    )
    room = size - len(to_bytes(bare))
    return to_bytes(bare.model_copy(update={"topic": chance.token(room)[: max(0, room)]}))


def event(
    bear: BearId, epoch: str, seq: int, payload: bytes, *, wall_ms: int, monotonic_us: int = 0
) -> WireEvent:
    head = Envelope(
        place=Place(bear=bear, epoch=epoch, lane=LABEL.lane, seq=seq),
        type=LABEL.type,
        version=LABEL.version,
        kind=LABEL.kind,
        purpose=LABEL.purpose,
        when=When(boot=BOOT, monotonic_us=monotonic_us, wall_ms=wall_ms, synchronised=True),
        turn=f"turn-{epoch}-{seq}",
        profile=child_of(bear),
    )
    return WireEvent(encode_head(head), payload)


def batch(epoch: str, first: int, events: tuple[WireEvent, ...]) -> bytes:
    header = BatchHeader(epoch=epoch, lane=LABEL.lane, first=first, count=len(events))
    return encode_batch(Batch(header, events))
