"""A broker that answers as it is told: for what real ones do not do when a test wants it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from teddy_cloud.mqtt.codec import Parser, encode
from teddy_cloud.mqtt.packets import (
    ConnAck,
    Connect,
    Packet,
    PingReq,
    PingResp,
    PubAck,
    Publish,
    SubAck,
    Subscribe,
)
from teddy_shared.addresses import BrokerAddress
from tests.servers import HOST

Answers = Callable[[Packet], list[Packet]]


def polite(packet: Packet) -> list[Packet]:
    match packet:
        case Connect():
            return [ConnAck()]
        case Subscribe(number, wanted):
            return [SubAck(number, (1,) * len(wanted))]
        case Publish(qos=1):
            return [PubAck(packet.packet_id)]
        case PingReq():
            return [PingResp()]
    return []


@asynccontextmanager
async def scripted(answers: Answers) -> AsyncIterator[tuple[BrokerAddress, list[Packet]]]:
    """A broker that answers as it is told; and all that it was told."""
    told: list[Packet] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        parser = Parser()
        with contextlib.suppress(ConnectionError):  # the client may go without a word
            while data := await reader.read(65536):
                for packet in parser.feed(data):
                    told.append(packet)
                    writer.writelines(map(encode, answers(packet)))
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    async with asyncio.TaskGroup() as tasks:

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            tasks.create_task(serve(reader, writer), name="scripted-broker")

        async with await asyncio.start_server(accept, HOST, 0) as server:
            yield BrokerAddress(HOST, server.sockets[0].getsockname()[1]), told


def but(answer: Answers) -> Answers:
    """Polite, where this answer says nothing."""
    return lambda packet: answer(packet) or polite(packet)
