"""Papers for bears and brokers: given, given again, and taken back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from teddy_cloud.bus.callers import Caller
from teddy_cloud.container.bundles import Office
from teddy_cloud.container.cloud import open_office
from teddy_cloud.fleet.asking import Readmit, Revoke
from teddy_cloud.fleet.authority import Authorities, is_own_name, open_authorities
from teddy_cloud.fleet.broker_folder import BrokerPlan, write_broker_folder, write_revocations
from teddy_cloud.fleet.credentials import authority_folder, kept_authorities
from teddy_cloud.fleet.provisioning import write_provision
from teddy_cloud.settings import Settings, prepared_data_folder
from teddy_shared.clock import SystemChance, SystemClock
from teddy_shared.envelope import NAME, BearId
from teddy_shared.errors import ConfigError
from teddy_shared.seal import write_private

BROKERS: Final = "brokers.json"  # beside the authorities: the folders of brokers that trust them


@dataclass(frozen=True, slots=True)
class Told:
    """Into which folders of brokers it was written that papers were given or taken back."""

    told: Sequence[Path]  # these brokers obey as soon as they read again
    untold: Mapping[Path, str]  # these could not be written, with the reason


def bear_name(name: str) -> BearId:
    """Raises ConfigError for what no bear may be called."""
    if not NAME.fullmatch(name):
        raise ConfigError("a bear's name has lowercase letters, digits and dashes, at most 63")
    if is_own_name(name):
        raise ConfigError(f"{name} is a name of the cloud itself; give the bear another one")
    return BearId(name)


def set_up_broker(settings: Settings, folder: Path, plan: BrokerPlan) -> None:
    """Makes the cloud's authorities if there are none yet. Blocks. Raises ConfigError."""
    prepared_data_folder(settings)
    authorities = open_authorities(authority_folder(settings), clock=SystemClock(), chance=SystemChance())
    write_broker_folder(folder, plan, authorities)
    _brokers(settings, [folder])


async def provision(settings: Settings, name: str, file: Path, caller: Caller) -> Told:
    """New papers. Those that the bear had still count, unless it was revoked. Raises ConfigError."""
    bear = bear_name(name)
    await asyncio.to_thread(prepared_data_folder, settings)
    async with open_office(settings) as office:
        await office.commands.handle(Readmit(bear=bear), caller)
        await asyncio.to_thread(papers, settings, office, bear, file)
    return await asyncio.to_thread(_tell_brokers, settings, ())  # whose rules may still shut it out


def room_for_papers(settings: Settings, file: Path) -> None:
    """Before anything is changed: raises ConfigError where `papers` would. Blocks."""
    _authorities(settings)
    write_private(file, b"")


def papers(settings: Settings, office: Office, bear: BearId, file: Path) -> None:
    """The bear's file, with a certificate where the cloud has an authority. Blocks. Raises ConfigError."""
    authorities = _authorities(settings)
    write_provision(file, bear, office.keys, authorities.enrol(bear) if authorities else None)


async def revoke(settings: Settings, name: str, folders: Sequence[Path], caller: Caller) -> Told:
    """Take a bear's papers back: what it says is not stored from here on. Raises ConfigError."""
    bear = bear_name(name)
    await asyncio.to_thread(prepared_data_folder, settings)
    async with open_office(settings) as office:
        # First what needs nobody else: without its key the cloud takes nothing from the bear.
        await office.commands.handle(Revoke(bear=bear), caller)
    await asyncio.to_thread(_withdraw, settings, bear)
    return await asyncio.to_thread(_tell_brokers, settings, folders)


def _withdraw(settings: Settings, bear: BearId) -> None:
    authorities = _authorities(settings)
    if authorities is not None:
        authorities.withdraw(bear)


def _tell_brokers(settings: Settings, more: Sequence[Path]) -> Told:
    authorities = _authorities(settings)
    if authorities is None:
        return Told([], {})
    withdrawn = authorities.withdrawn()
    told, untold = [], {}
    for folder in _brokers(settings, more):
        try:
            write_revocations(folder, withdrawn)
            told.append(folder)
        except ConfigError as error:
            untold[folder] = str(error)
    return Told(told, untold)


def _authorities(settings: Settings) -> Authorities | None:
    return kept_authorities(settings, clock=SystemClock(), chance=SystemChance())


def _brokers(settings: Settings, more: Sequence[Path]) -> Sequence[Path]:
    """All that are known, and from now on these as well."""
    file = authority_folder(settings) / BROKERS
    known = {str(each) for each in json.loads(file.read_bytes())} if file.exists() else set()
    wanted = known | {str(each.absolute()) for each in more}
    if wanted != known:
        write_private(file, json.dumps(sorted(wanted)).encode())
    return [Path(each) for each in sorted(wanted)]
