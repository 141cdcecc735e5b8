"""One connection to a broker, from dialling to its end. Whoever uses it dials again."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, cast

from teddy_cloud.mqtt.codec import LARGEST, Parser, encode
from teddy_cloud.mqtt.fields import MalformedPacket
from teddy_cloud.mqtt.packets import (
    FAILURE,
    ConnAck,
    Connect,
    Disconnect,
    Packet,
    PingReq,
    PingResp,
    Property,
    PubAck,
    Publish,
    SubAck,
    Subscribe,
    Subscription,
    Value,
    Will,
)
from teddy_shared.addresses import BrokerAddress
from teddy_shared.errors import LinkError

HIGHEST_NUMBER: Final = 65535  # of a packet that waits for its answer

Hear = Callable[[Publish], None]
"""Takes what arrives, at once. Of QoS 1 it must be acknowledged, in this order."""


@dataclass(frozen=True, slots=True)
class Session:
    """How a client presents itself to the broker."""

    client_id: str
    clean_start: bool = True
    kept: int = 0  # seconds that the broker keeps subscriptions and messages for an absent client
    keepalive: int = 20  # seconds of silence after which a dead connection is noticed
    receive_maximum: int = 256  # messages of QoS 1 under way to us, not yet acknowledged
    will: Will | None = None


class Refused(LinkError):
    """The broker understood, and will not."""

    def __init__(self, what: str, reason: int, words: str = "") -> None:
        super().__init__(f"the broker refuses {what} (reason 0x{reason:02x}{words and ': '}{words})")
        self.what = what
        self.reason = reason
        self.words = words


@asynccontextmanager
async def dialled(
    address: BrokerAddress,
    session: Session,
    *,
    hear: Hear,
    tls: ssl.SSLContext | None = None,
    answer: float = 5.0,
) -> AsyncIterator[Connection]:
    """Connected while the block runs; `answer` is how many seconds the broker has. Raises LinkError.

    Leaving the block says goodbye, so no last will is sent.
    """
    connection = Connection(hear=hear, answer=answer)
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(answer):
            await loop.create_connection(lambda: connection, address.host, address.port, ssl=tls)
            await connection.present(session)
    except TimeoutError:
        connection.abort()
        raise LinkError(f"the broker at {address.host}:{address.port} does not answer") from None
    except OSError as error:  # of TLS too
        raise LinkError(f"the broker at {address.host}:{address.port} is away: {error}") from None
    except BaseException:
        connection.abort()
        raise
    try:
        yield connection
    finally:
        connection.close()


class Connection(asyncio.Protocol):
    """Made by `dialled`. asyncio sets TCP_NODELAY by itself, without which a round trip takes 44 ms."""

    def __init__(self, *, hear: Hear, answer: float) -> None:
        self._hear = hear
        self._answer = answer
        self._parser = Parser()
        self._transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._cause: LinkError | None = None
        self._introduced: asyncio.Future[ConnAck] | None = None
        self._waiting: dict[int, asyncio.Future[PubAck | SubAck]] = {}  # bounded by _places
        self._number = 0
        self._places = asyncio.Semaphore(1)  # what may be under way to the broker; it says how many
        self._out: list[bytes] = []  # until the end of this turn of the loop
        self._may_write = asyncio.Event()
        self._may_write.set()
        self._beat: asyncio.TimerHandle | None = None
        self._sent = self._received = True  # since the last beat
        self._asked = False  # at the last beat, whether the broker is there

    @property
    def socket(self) -> socket.socket:
        assert self._transport is not None, "not dialled"
        found: socket.socket = self._transport.get_extra_info("socket")
        return found

    # --- what users do ---------------------------------------------------------------------------------

    async def present(self, session: Session) -> None:
        """Say who we are and wait until the broker agrees. Raises Refused, LinkError."""
        properties: dict[Property, Value] = {
            Property.RECEIVE_MAXIMUM: session.receive_maximum,
            Property.MAXIMUM_PACKET_SIZE: LARGEST,
        }
        if session.kept:
            properties[Property.SESSION_EXPIRY] = session.kept
        hello = Connect(
            client_id=session.client_id,
            clean_start=session.clean_start,
            keepalive=session.keepalive,
            will=session.will,
            properties=properties,
        )
        self._write(hello)
        self._introduced = self._loop.create_future()
        agreed = await self._introduced
        if agreed.reason >= FAILURE:
            raise Refused("us", agreed.reason, str(agreed.properties.get(Property.REASON_STRING, "")))
        at_once = cast(int, agreed.properties.get(Property.RECEIVE_MAXIMUM, HIGHEST_NUMBER))
        self._places = asyncio.Semaphore(max(1, at_once))
        keepalive = cast(int, agreed.properties.get(Property.SERVER_KEEP_ALIVE, session.keepalive))
        if keepalive:
            self._beat = self._loop.call_later(keepalive / 2, self._look_alive, keepalive / 2)

    async def subscribe(self, subscriptions: Sequence[Subscription]) -> None:
        """Raises Refused where the broker refuses any of them, LinkError."""
        answer = await self._answered(lambda number: Subscribe(number, tuple(subscriptions)))
        granted = answer.reasons if isinstance(answer, SubAck) else ()
        if len(granted) != len(subscriptions):
            raise LinkError("the broker does not answer each subscription")
        for wanted, reason in zip(subscriptions, granted, strict=True):
            if reason >= FAILURE:
                raise Refused(f"a subscription to {wanted.topic}", reason)

    async def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """With QoS 1 it returns when the broker has it. Raises Refused where it will not, LinkError."""
        await self._may_write.wait()
        if qos == 0:
            self._write(Publish(topic, payload, retain=retain))
            return
        taken = await self._answered(lambda number: Publish(topic, payload, 1, number, retain))
        if isinstance(taken, PubAck) and taken.reason >= FAILURE:
            raise Refused(f"a message to {topic}", taken.reason)

    def acknowledge(self, heard: Publish) -> None:
        """Tell the broker that a message of QoS 1 has come. Nothing happens on a lost connection."""
        if heard.qos and self._cause is None:
            self._write(PubAck(heard.packet_id))

    async def lost(self) -> None:
        """Wait for the end of the connection, and raise what ended it: a LinkError."""
        await asyncio.shield(self._ended)
        raise self._gone()

    def close(self) -> None:
        """Say goodbye and go."""
        if self._transport is not None and not self._transport.is_closing():
            self._write(Disconnect())
            self._flush()
            self._end(LinkError("we have closed the connection"))
            self._transport.close()

    def abort(self, why: str = "we have given the connection up") -> None:
        """Go without a word; the broker sends the last will."""
        self._end(LinkError(why))
        if self._transport is not None:
            self._transport.abort()

    # --- what asyncio calls ----------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._received = True
        try:
            for packet in self._parser.feed(data):
                self._take(packet)
        except LinkError as error:
            self._end(error)
            if self._transport is not None:
                self._transport.abort()

    def pause_writing(self) -> None:
        self._may_write.clear()

    def resume_writing(self) -> None:
        self._may_write.set()

    def connection_lost(self, error: Exception | None) -> None:
        self._end(LinkError(f"the connection to the broker is lost: {error or 'closed'}"))
        if not self._ended.done():
            self._ended.set_result(None)

    # --- what happens inside ---------------------------------------------------------------------------

    def _take(self, packet: Packet) -> None:
        match packet:
            case Publish():
                self._hear(packet)
            case PubAck(packet_id) | SubAck(packet_id):
                waiting = self._waiting.get(packet_id)
                if waiting is not None and not waiting.done():
                    waiting.set_result(packet)
            case ConnAck():
                if self._introduced is not None and not self._introduced.done():
                    self._introduced.set_result(packet)
            case Disconnect(reason, properties):
                raise Refused("to keep us", reason, str(properties.get(Property.REASON_STRING, "")))
            case Connect() | Subscribe() | PingReq():
                raise MalformedPacket("a broker that speaks as clients do")
            case PingResp():
                pass

    async def _answered(self, make: Callable[[int], Packet]) -> PubAck | SubAck:
        async with self._places:
            if self._cause is not None:
                raise self._gone()
            number = self._number = self._number % HIGHEST_NUMBER + 1
            waiting: asyncio.Future[PubAck | SubAck] = self._loop.create_future()
            self._waiting[number] = waiting
            self._write(make(number))
            try:
                async with asyncio.timeout(self._answer):
                    return await waiting
            except TimeoutError:
                self.abort("the broker does not answer")  # a late answer would be taken for another's
                raise self._gone() from None
            finally:
                del self._waiting[number]

    def _write(self, packet: Packet) -> None:
        if self._cause is not None or self._transport is None:
            raise self._gone()
        self._sent = True
        if not self._out:
            self._loop.call_soon(self._flush)  # what is said in one turn of the loop leaves in one piece
        self._out.append(encode(packet))

    def _flush(self) -> None:
        if self._transport is not None and self._out:
            self._transport.write(b"".join(self._out))
            self._out.clear()

    def _look_alive(self, period: float) -> None:
        """Ask whether the broker is there if one of us was silent, and give it up if it was after that."""
        if self._asked and not self._received:
            self.abort("the broker is silent")
            return
        self._asked = not (self._sent and self._received)
        self._sent = self._received = False
        if self._asked:
            self._write(PingReq())
        self._beat = self._loop.call_later(period, self._look_alive, period)

    def _end(self, cause: LinkError) -> None:
        """Nothing goes out any more, and whoever waits hears why. Only the first cause counts."""
        if self._cause is not None:
            return
        self._cause = cause
        if self._beat is not None:
            self._beat.cancel()
        self._may_write.set()
        for waiting in (self._introduced, *self._waiting.values()):
            if waiting is not None and not waiting.done():
                waiting.set_exception(self._gone())

    def _gone(self) -> LinkError:
        """The cause, as an exception of its own for each who hears it."""
        cause = self._cause or LinkError("there is no connection to the broker")
        if isinstance(cause, Refused):
            return Refused(cause.what, cause.reason, cause.words)
        return LinkError(str(cause))
