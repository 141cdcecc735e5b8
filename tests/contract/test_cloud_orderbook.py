"""What the book of issued orders promises, in memory, on Redis and on Valkey."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from teddy_cloud.fleet.orderbook import MemoryOrderBook, RedisOrderBook
from teddy_cloud.fleet.orders import Claim, OrderBook
from teddy_cloud.storage.client import connect
from teddy_shared.envelope import BearId
from tests.servers import Server

BEAR = BearId("bear-1")
DAY = 24 * 3600


class OrderBookContract:
    async def test_what_is_claimed_first_stands(self, book: OrderBook) -> None:
        first = await book.claim(BEAR, "o-1", b"one", seconds=DAY)
        again = await book.claim(BEAR, "o-1", b"two", seconds=DAY)
        other = await book.claim(BearId("bear-2"), "o-1", b"three", seconds=DAY)

        assert [first, again] == [Claim(b"one", recorded=False)] * 2
        assert other == Claim(b"three", recorded=False)

    async def test_a_claim_says_when_its_event_is_stored(self, book: OrderBook) -> None:
        await book.claim(BEAR, "o-1", b"one", seconds=DAY)

        await book.recorded(BEAR, "o-1", b"one")

        assert await book.claim(BEAR, "o-1", b"two", seconds=DAY) == Claim(b"one", recorded=True)

    async def test_whoever_listens_is_told_and_who_came_late_is_not(self, book: OrderBook) -> None:
        await book.claim(BEAR, "o-1", b"one", seconds=DAY)
        async with book.rings() as one, book.rings() as two:
            await book.recorded(BEAR, "o-1", b"one")

            assert [await one.next(5), await two.next(5)] == [BEAR, BEAR]
        async with book.rings() as late:
            assert await late.next(0.02) is None

    async def test_of_many_claims_at_once_one_stands(self, book: OrderBook) -> None:
        claims = await asyncio.gather(
            *(book.claim(BEAR, "o-1", b"%d" % number, seconds=DAY) for number in range(9))
        )

        assert len(set(claims)) == 1


class TestMemoryOrderBook(OrderBookContract):
    @pytest.fixture
    def book(self) -> OrderBook:
        return MemoryOrderBook()


class TestStoredOrderBook(OrderBookContract):
    @pytest.fixture
    async def book(self, store_server: Server) -> AsyncIterator[OrderBook]:
        client = connect(store_server.url)
        yield RedisOrderBook(client=client)
        await client.close()

    async def test_a_line_ends_by_itself_and_keeps_its_time(
        self, book: OrderBook, store_server: Server
    ) -> None:
        client = connect(store_server.url)
        await book.claim(BEAR, "o-1", b"one", seconds=DAY)
        await book.recorded(BEAR, "o-1", b"one")

        (line,) = await client.scan("order:*")
        left = await client.do("TTL", line)
        await client.close()

        assert DAY - 60 < left <= DAY
