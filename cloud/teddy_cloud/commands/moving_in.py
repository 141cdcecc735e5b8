"""A new family with its first bear, from nothing to what the bear needs to know."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from teddy_cloud.bus.callers import Caller, operator
from teddy_cloud.commands.enrolling import bear_name, papers, room_for_papers
from teddy_cloud.container.bundles import Office
from teddy_cloud.container.cloud import open_office
from teddy_cloud.fleet.asking import Adopt
from teddy_cloud.fleet.fleet import Owned
from teddy_cloud.identity.accounts import Account, check_password, normal_email
from teddy_cloud.settings import Settings, prepared_data_folder
from teddy_shared.ages import AgeBand
from teddy_shared.envelope import FamilyId
from teddy_shared.errors import ConfigError
from teddy_shared.purposes import Consent

LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # none that looks like another
SOMEBODY: Final = operator("somebody")  # for programs that act for nobody in particular


@dataclass(frozen=True, slots=True)
class NewFamily:
    email: str
    password: str | None  # None: make one up
    bear: str
    age_band: AgeBand
    consent: Consent
    provision: Path  # the bear's file


@dataclass(frozen=True, slots=True)
class Added:
    family: str
    bear: str
    profile: str
    email: str
    made_up_password: str | None  # shown once, kept nowhere


async def add_family(settings: Settings, wanted: NewFamily, caller: Caller = SOMEBODY) -> Added:
    """Raises ConfigError, before anything is changed, where the address or the bear is taken."""
    email = normal_email(wanted.email)
    name = bear_name(wanted.bear)
    if wanted.password is not None:
        check_password(wanted.password)
    await asyncio.to_thread(prepared_data_folder, settings)
    async with open_office(settings) as office:
        if await office.accounts.find(email) is not None:
            raise ConfigError(f"{email} has a family already; sign in with it, or use another address")
        if await office.records.bear(name) is not None:  # whose file may lie there
            raise Owned(name)
        await asyncio.to_thread(room_for_papers, settings, wanted.provision)
        password = wanted.password or _made_up_password(office)
        family = FamilyId(f"family-{office.chance.token(8)}")
        adopt = Adopt(bear=name, family=family, age_band=wanted.age_band, consent=wanted.consent)
        bear = await office.commands.handle(adopt, caller)
        await asyncio.to_thread(papers, settings, office, name, wanted.provision)
        # The account comes last: whoever can sign in finds everything in its place.
        await office.accounts.add(Account(email, family, await office.passwords.hashed(password)))
    shown = None if wanted.password else password
    return Added(family, bear.id, bear.profile.id, email, shown)


def _made_up_password(office: Office) -> str:
    """Four groups that can be typed on a phone: 20 letters and digits, 98 bits."""
    groups = ("".join(LETTERS[office.chance.below(len(LETTERS))] for _ in range(5)) for _ in range(4))
    return "-".join(groups)
