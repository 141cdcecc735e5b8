"""What each role runs, and what the operator's commands use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from teddy_cloud.bus.commands import CommandBus
from teddy_cloud.bus.deliveries import Deliveries
from teddy_cloud.bus.events import GroupWorker
from teddy_cloud.bus.queries import QueryBus
from teddy_cloud.container.connections import DispatchBroker, HelloPost, IngestPost
from teddy_cloud.dispatch.dispatch import Dispatch
from teddy_cloud.eventstore.archive.keeping import Keeper
from teddy_cloud.eventstore.letters import DeadLetters
from teddy_cloud.eventstore.store import EventStore
from teddy_cloud.fleet.fleet import Fleet
from teddy_cloud.fleet.orders import Orders
from teddy_cloud.fleet.parting import Parting
from teddy_cloud.fleet.records import FleetRecords
from teddy_cloud.identity.accounts import Accounts
from teddy_cloud.identity.passwords import Passwords
from teddy_cloud.ingest.ingest import Ingest
from teddy_cloud.ingest.redrive import Redriver
from teddy_cloud.processes.looking_for import Scan
from teddy_cloud.projections.readmodels import ReadModels
from teddy_cloud.projections.rebuilding import Rebuilder
from teddy_cloud.sagas.engine import Sagas
from teddy_shared.clock import Chance, Clock
from teddy_shared.seal import KeyRing, Seal
from teddy_shared.state.state import State


@dataclass(frozen=True, slots=True)
class IngestRoom:
    """What the role of ingest runs."""

    post: IngestPost
    hellos: HelloPost
    ingest: Ingest


@dataclass(frozen=True, slots=True)
class DispatchRoom:
    """What the role of the dispatcher runs."""

    broker: DispatchBroker
    dispatch: Dispatch


@dataclass(frozen=True, slots=True)
class ProcessesRoom:
    """What the role of processes runs."""

    state: State
    sagas: Sagas
    handlers: Sequence[GroupWorker]


@dataclass(frozen=True, slots=True)
class Office:
    """What the operator's commands use, without broker or pages."""

    fleet: Fleet
    commands: CommandBus
    queries: QueryBus
    orders: Orders
    accounts: Accounts
    passwords: Passwords
    rebuilder: Rebuilder
    store: EventStore
    records: FleetRecords
    models: ReadModels
    letters: DeadLetters
    keeper: Keeper
    redriver: Redriver
    deliveries: Deliveries
    sagas: Sagas
    parting: Parting
    scan: Scan
    seal: Seal
    keys: KeyRing
    clock: Clock
    chance: Chance
