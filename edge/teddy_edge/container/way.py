"""The way to the cloud and back, and what the family wished."""

from __future__ import annotations

import asyncio

from dishka import Provider, Scope, alias, provide

from teddy_edge.container.bundles import healed_of
from teddy_edge.conversation.children import Children
from teddy_edge.conversation.habits import Habits
from teddy_edge.conversation.limiting import Allowance
from teddy_edge.conversation.remote import Remote
from teddy_edge.conversation.turn_log import TurnLog
from teddy_edge.conversation.turns import Child
from teddy_edge.home import Home
from teddy_edge.identity import SOFTWARE, Identity
from teddy_edge.limits.timekeeper import Timekeeper
from teddy_edge.link.broker import BrokerLink
from teddy_edge.link.erasing import Erasing
from teddy_edge.link.noted import Notebook
from teddy_edge.link.orders import Orders
from teddy_edge.link.questions import Answers, Questions
from teddy_edge.link.reporting import Reporting
from teddy_edge.link.wishes import Wishes
from teddy_edge.outbox.store import Outbox
from teddy_edge.settings import Settings
from teddy_shared.addresses import broker_address
from teddy_shared.ages import AgeBand
from teddy_shared.clock import Chance, Clock
from teddy_shared.commands import EraseChild, ReportHealth
from teddy_shared.envelope import ProfileId
from teddy_shared.errors import ConfigError
from teddy_shared.messages import Online
from teddy_shared.seal import Seal
from teddy_shared.state.sqlite import SqliteStore
from teddy_shared.state.state import State
from teddy_shared.tls import context_for


class Way(Provider):
    """To the cloud and back."""

    scope = Scope.APP

    @provide
    async def wishes(self, identity: Identity, seal: Seal, state: State, outbox: Outbox) -> Wishes:
        wishes = Wishes(bear=identity.bear, seal=seal, state=state, journal=outbox)
        await wishes.recall()
        return wishes

    @provide
    async def timekeeper(self, identity: Identity, wishes: Wishes, state: State, clock: Clock) -> Timekeeper:
        timekeeper = Timekeeper(bear=identity.bear, family=wishes, state=state, clock=clock)
        await timekeeper.recall()
        return timekeeper

    allowance = alias(source=Timekeeper, provides=Allowance)

    @provide
    def reporting(self, outbox: Outbox, store: SqliteStore) -> Reporting:
        return Reporting(software=SOFTWARE, outbox=outbox, healed=lambda: healed_of(store, outbox))

    @provide
    def erasing(
        self,
        wishes: Wishes,
        turn_log: TurnLog,
        habits: Habits,
        children: Children,
        timekeeper: Timekeeper,
        outbox: Outbox,
        home: Home,
        chance: Chance,
    ) -> Erasing:
        """The wishes first, so that nothing new is about this child; the outbox when all have stopped."""
        places = (
            wishes.forget_child,
            turn_log.forget_child,
            habits.forget_child,
            children.forget_child,
            timekeeper.forget_child,
            outbox.forget_profile,
            home.forget_set_aside,
        )
        return Erasing(places=places, chance=chance)

    @provide
    def orders(
        self,
        identity: Identity,
        seal: Seal,
        state: State,
        outbox: Outbox,
        wishes: Wishes,
        reporting: Reporting,
        erasing: Erasing,
        clock: Clock,
        chance: Chance,
    ) -> Orders:
        return Orders(
            bear=identity.bear,
            seal=seal,
            state=state,
            journal=outbox,
            obeyed=lambda: 0 if wishes.document is None else wishes.document.version,
            handlers={ReportHealth: reporting.report, EraseChild: erasing.erase},
            clock=clock,
            chance=chance,
        )

    @provide
    def answers(self, identity: Identity, seal: Seal, clock: Clock) -> Answers:
        return Answers(bear=identity.bear, seal=seal, clock=clock)

    @provide
    def questions(
        self,
        identity: Identity,
        seal: Seal,
        answers: Answers,
        link: BrokerLink | None,
        clock: Clock,
        chance: Chance,
    ) -> Questions:
        send = None if link is None else link.ask
        return Questions(
            bear=identity.bear, seal=seal, answers=answers, send=send, clock=clock, chance=chance
        )

    remote = alias(source=Questions, provides=Remote)

    @provide
    def child(self, wishes: Wishes, settings: Settings) -> Child:
        return ChildOfFamily(wishes=wishes, band=AgeBand.of(settings.listening.age))

    @provide
    async def link(
        self,
        settings: Settings,
        identity: Identity,
        wishes: Wishes,
        orders: Orders,
        answers: Answers,
        outbox: Outbox,
        state: State,
        clock: Clock,
        chance: Chance,
    ) -> BrokerLink | None:
        if not settings.link.broker:
            return None
        if identity.link_key is None:
            raise ConfigError("a bear needs its provisioning file to meet a broker: add --provision FILE")
        address = broker_address(settings.link.broker)

        def hello() -> Online:
            acked = {lane: mark.acked for lane, mark in outbox.marks().items()}
            return Online(boot=outbox.boot, epoch=outbox.epoch, acked=acked)

        return BrokerLink(
            bear=identity.bear,
            host=address.host,
            port=address.port,
            hello=hello,
            on_settings=wishes.receive,
            on_order=orders.receive,
            on_answer=answers.receive,
            clock=clock,
            chance=chance,
            tls=await asyncio.to_thread(context_for, address, identity.credentials),
            on_trouble=Notebook(bear=identity.bear, state=state, clock=clock).note,
        )


class ChildOfFamily:
    """Whom the bear talks with: as the family's settings say, else as the technician set it."""

    def __init__(self, *, wishes: Wishes, band: AgeBand) -> None:
        self._wishes = wishes
        self._band = band

    @property
    def age_band(self) -> AgeBand:
        return self._band if self._wishes.document is None else self._wishes.age_band

    @property
    def profile(self) -> ProfileId | None:
        profile = self._wishes.profile
        return None if profile is None else ProfileId(profile)
