"""`teddy cloud family`: families and their bears."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from teddy_cloud.commands.saying import finish, say, settings_of, this_operator, where
from teddy_shared.ages import AgeBand
from teddy_shared.purposes import Purpose

if TYPE_CHECKING:
    from teddy_cloud.commands.saying import Verbs


def add_to(verbs: Verbs) -> None:
    family = verbs.add_parser("family", help="families and their bears")
    add = family.add_subparsers(dest="family_verb", metavar="VERB", required=True).add_parser(
        "add", help="a new family with a bear; an error where either exists already"
    )
    where(add)
    add.add_argument("--email", required=True, help="the parent's address, to sign in with")
    add.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    add.add_argument("--bear", required=True, help="the bear's name: lowercase letters, digits, dashes")
    add.add_argument("--age-band", type=AgeBand, choices=list(AgeBand), required=True, metavar="BAND")
    add.add_argument(
        "--grant",
        type=Purpose,
        choices=[each for each in Purpose if each.needs_consent],
        action="append",
        default=[],
        metavar="PURPOSE",
        help="what the family grants: activity, safety, transcript, telemetry; once for each",
    )
    add.add_argument(
        "--provision", type=Path, required=True, help="write the bear's file here; keep it secret"
    )
    add.set_defaults(act=_add)


def _add(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)

    from teddy_cloud.commands.moving_in import NewFamily, add_family

    password = sys.stdin.readline().rstrip("\n") if arguments.password_stdin else None
    wanted = NewFamily(
        email=arguments.email,
        password=password,
        bear=arguments.bear,
        age_band=arguments.age_band,
        consent=frozenset(arguments.grant),
        provision=arguments.provision,
    )
    added = finish(add_family(settings, wanted, this_operator()))
    said = f"{added.email} owns the bear {added.bear}; its file is {wanted.provision}"
    if added.made_up_password:
        said += f"\npassword, shown this once: {added.made_up_password}"
    facts = dataclasses.asdict(added) | {"provision": str(wanted.provision)}
    facts["password"] = facts.pop("made_up_password")
    say(arguments, facts, said)
    return 0
