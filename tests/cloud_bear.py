"""A scripted bear: heads, batches and a wire that says exactly what a test wants said."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from teddy_shared import events, messages, topics
from teddy_shared.clock import SystemClock
from teddy_shared.codec import Batch, BatchHeader, WireEvent, encode_batch, encode_head
from teddy_shared.envelope import BearId, Envelope, Kind, Lane, Place, ProfileId, When
from teddy_shared.events import Event, TurnBegun, TurnEnded
from teddy_shared.messages import Ack, Online
from teddy_shared.purposes import Purpose
from tests.servers import Server

BEAR: Final = BearId("bear-1")
CHILD: Final = ProfileId("child-1")
EPOCH: Final = "epoch-1"
SECONDS: Final = 10.0  # for anything that a test waits for


def head_of(
    event: Event | None,
    seq: int,
    *,
    bear: str = BEAR,
    epoch: str = EPOCH,
    lane: Lane | None = None,
    turn: str | None = None,
    profile: str | None = CHILD,
    wall_ms: int | None = None,
    **changes: Any,
) -> Envelope:
    label = event.label if event else events.BearStarted.label
    fields: dict[str, Any] = {
        "place": Place(bear=bear, epoch=epoch, lane=label.lane if lane is None else lane, seq=seq),
        "type": label.type,
        "version": label.version,
        "kind": label.kind,
        "purpose": label.purpose,
        "when": When(
            boot="boot-1",
            monotonic_us=seq,
            wall_ms=int(SystemClock().wall() * 1000) if wall_ms is None else wall_ms,
            synchronised=True,
        ),
        "turn": turn,
        "profile": profile if label.kind is Kind.DOMAIN else None,
    }
    return Envelope(**(fields | changes))


def wired(event: Event, seq: int, **changes: Any) -> WireEvent:
    return WireEvent(encode_head(head_of(event, seq, **changes)), events.to_bytes(event))


def ended(topic: str = "dinosaurs", **changes: Any) -> TurnEnded:
    fields: dict[str, Any] = {
        "topic": topic,
        "skill": "animals",
        "verdict": "answer",
        "outcome": "answered",
        "speech_ms": 2_000,
        "reply_ms": 4_000,
        "stages_ms": {"hearing": 200.0},
    }
    return TurnEnded(**(fields | changes))


def begun() -> TurnBegun:
    return TurnBegun(speech_ms=2_000)


def batch_of(
    items: Sequence[WireEvent], first: int, *, epoch: str = EPOCH, lane: Lane = Lane.INTERACTION
) -> bytes:
    header = BatchHeader(epoch=epoch, lane=lane, first=first, count=len(items))
    return encode_batch(Batch(header, tuple(items)))


def turns(count: int, *, first: int = 1, purpose: Purpose | None = None, bear: str = BEAR) -> list[WireEvent]:
    """So many events, each the end of another turn."""
    changes: dict[str, Any] = {"bear": bear} if purpose is None else {"bear": bear, "purpose": purpose}
    return [wired(ended(), seq, turn=f"turn-{seq}", **changes) for seq in range(first, first + count)]


@dataclass(frozen=True, slots=True)
class Wire:
    """The bear's end of the link."""

    client: aiomqtt.Client
    acks: asyncio.Queue[Ack]  # bounded by what a test sends
    settings: asyncio.Queue[bytes]
    orders: asyncio.Queue[bytes]
    bear: BearId

    async def send(
        self, items: Sequence[WireEvent], first: int, *, epoch: str = EPOCH, lane: Lane = Lane.INTERACTION
    ) -> None:
        await self.send_raw(batch_of(items, first, epoch=epoch, lane=lane), lane=lane)

    async def send_raw(self, data: bytes, *, lane: Lane = Lane.INTERACTION) -> None:
        await self.client.publish(topics.up(self.bear, lane), data, qos=1)

    async def hello(self, *, boot: str = "boot-1", epoch: str = EPOCH) -> None:
        online = Online(boot=boot, epoch=epoch, acked={})
        await self.client.publish(topics.status(self.bear), messages.to_bytes(online), qos=1, retain=True)

    async def acknowledged(self, lane: Lane = Lane.INTERACTION) -> int:
        """The mark of the next acknowledgement of the lane."""
        async with asyncio.timeout(SECONDS):
            while (ack := await self.acks.get()).lane != lane:
                pass
            return ack.mark

    async def rewinds_until(self, items: Sequence[WireEvent]) -> None:
        """Answer each mark with what lies behind it, as a bear does, until all of it is stored.

        A store that syncs once a second may lose what it had answered for.
        """
        while (mark := await self.acknowledged()) < len(items):
            await self.send(items[mark:], mark + 1)

    async def nothing_acknowledged(self, seconds: float = 0.3) -> bool:
        await asyncio.sleep(seconds)
        return self.acks.empty()


@asynccontextmanager
async def wire_to(
    broker: Server, bear: BearId = BEAR, *, session: int = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Wire]:
    """`session`: seconds for which the broker keeps what comes while the bear is away."""
    kept = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho is half typed
    kept.SessionExpiryInterval = session
    async with aiomqtt.Client(
        broker.host,
        broker.port,
        identifier=bear,
        protocol=aiomqtt.ProtocolVersion.V5,
        clean_start=not session,
        properties=kept,
        tls_context=tls,
    ) as client:
        wire = Wire(client, asyncio.Queue(), asyncio.Queue(), asyncio.Queue(), bear)
        for topic in (topics.ack(bear), topics.settings(bear), topics.command(bear)):
            await client.subscribe(topic, qos=1)
        async with asyncio.TaskGroup() as tasks:
            hearing = tasks.create_task(_hear(wire), name=f"wire-{bear}")
            yield wire
            hearing.cancel()


async def _hear(wire: Wire) -> None:
    async for message in wire.client.messages:
        assert isinstance(message.payload, bytes)
        match topics.parse(message.topic.value).what:
            case "ack":
                wire.acks.put_nowait(messages.from_bytes(Ack, message.payload))
            case "cmd":
                wire.orders.put_nowait(message.payload)
            case _:
                wire.settings.put_nowait(message.payload)
