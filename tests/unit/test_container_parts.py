"""The container refuses a graph that does not fit before it builds anything, and names the path."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from dishka import Provider, Scope, provide

from teddy_edge.container.parts import open_parts
from teddy_edge.errors import ContainerError


class Broker:
    pass


class Outbox:
    pass


class Relay:
    pass


class Turn:
    pass


async def test_a_missing_part_is_refused_with_the_path_to_it() -> None:
    class Graph(Provider):
        @provide(scope=Scope.APP)
        def relay(self, outbox: Outbox) -> Relay:
            raise AssertionError("nothing may be built")

    with pytest.raises(ContainerError, match=r"(?s)Outbox.*relay") as refused:
        async with open_parts(Graph()):
            pass

    assert "Graph" in str(refused.value)


async def test_a_cycle_is_refused_with_its_path() -> None:
    class Graph(Provider):
        scope = Scope.APP

        @provide
        def relay(self, outbox: Outbox) -> Relay:
            raise AssertionError("nothing may be built")

        @provide
        def outbox(self, broker: Broker) -> Outbox:
            raise AssertionError("nothing may be built")

        @provide
        def broker(self, relay: Relay) -> Broker:
            raise AssertionError("nothing may be built")

    with pytest.raises(ContainerError, match=r"(?si)cycle") as refused:
        async with open_parts(Graph()):
            pass

    assert all(name in str(refused.value) for name in ("relay", "outbox", "broker"))


async def test_a_part_that_would_hold_a_shorter_lived_one_is_refused() -> None:
    class Graph(Provider):
        @provide(scope=Scope.REQUEST)
        def turn(self) -> Turn:
            return Turn()

        @provide(scope=Scope.APP)
        def relay(self, turn: Turn) -> Relay:
            raise AssertionError("nothing may be built")

    with pytest.raises(ContainerError, match=r"(?s)Turn.*relay"):
        async with open_parts(Graph()):
            pass


async def test_two_makers_of_one_part_are_refused_unless_one_says_that_it_replaces() -> None:
    class First(Provider):
        @provide(scope=Scope.APP)
        def outbox(self) -> Outbox:
            return Outbox()

    class Second(First):
        pass

    class Replacing(Provider):
        @provide(scope=Scope.APP, override=True)
        def outbox(self) -> Outbox:
            return Outbox()

    with pytest.raises(ContainerError, match="Outbox"):
        async with open_parts(First(), Second()):
            pass
    async with open_parts(First(), Replacing()) as parts:
        assert isinstance(await parts.get(Outbox), Outbox)


class Chain(Provider):
    """Three parts that start and stop, each on the one before."""

    scope = Scope.APP

    def __init__(self, *, breaks: bool = False) -> None:
        super().__init__()
        self.seen: list[str] = []
        self._breaks = breaks

    @provide
    async def broker(self) -> AsyncIterator[Broker]:
        self.seen.append("broker up")
        yield Broker()
        self.seen.append("broker down")

    @provide
    async def outbox(self, _broker: Broker) -> AsyncIterator[Outbox]:
        self.seen.append("outbox up")
        yield Outbox()
        self.seen.append("outbox down")

    @provide
    async def relay(self, _outbox: Outbox) -> AsyncIterator[Relay]:
        if self._breaks:
            raise OSError("no room left")
        self.seen.append("relay up")
        yield Relay()
        self.seen.append("relay down")


async def test_parts_start_in_order_and_stop_in_reverse() -> None:
    chain = Chain()

    async with open_parts(chain, warm=(Relay,)):
        assert chain.seen == ["broker up", "outbox up", "relay up"]

    assert chain.seen[3:] == ["relay down", "outbox down", "broker down"]


async def test_a_failed_start_stops_what_had_started() -> None:
    chain = Chain(breaks=True)

    with pytest.raises(OSError, match="no room left"):
        async with open_parts(chain, warm=(Relay,)):
            pass

    assert chain.seen == ["broker up", "outbox up", "outbox down", "broker down"]


async def test_scopes_decide_who_shares_a_part() -> None:
    class Graph(Provider):
        broker = provide(Broker, scope=Scope.APP)
        outbox = provide(Outbox, scope=Scope.SESSION)
        relay = provide(Relay, scope=Scope.SESSION, cache=False)

    async with open_parts(Graph()) as parts:
        async with parts.session() as one:
            first = [await one.get(part) for part in (Broker, Outbox, Relay)]
            again = [await one.get(part) for part in (Broker, Outbox, Relay)]
        async with parts.session() as two:
            other = [await two.get(part) for part in (Broker, Outbox, Relay)]

    same_talk = [a is b for a, b in zip(first, again, strict=True)]
    same_process = [a is b for a, b in zip(first, other, strict=True)]
    assert same_talk == [True, True, False]
    assert same_process == [True, False, False]
