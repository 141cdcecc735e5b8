"""`teddy cloud bear`: a bear's papers, given again or taken back."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from teddy_cloud.commands.saying import finish, say, settings_of, this_operator, where

if TYPE_CHECKING:
    from teddy_cloud.commands.enrolling import Told
    from teddy_cloud.commands.saying import Verbs


def add_to(verbs: Verbs) -> None:
    bear = verbs.add_parser("bear", help="a bear's papers: give them again, take them back")
    more = bear.add_subparsers(dest="bear_verb", metavar="VERB", required=True)

    revoke = more.add_parser(
        "revoke", help="from now on the cloud stores nothing from this bear, and brokers refuse it"
    )
    where(revoke)
    revoke.add_argument("name", help="the bear's name")
    revoke.add_argument(
        "--broker-folder",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="a broker's folder besides those that broker-config wrote from this data folder",
    )
    revoke.set_defaults(act=_revoke)

    provision = more.add_parser("provision", help="a new file for a bear that a family owns")
    where(provision)
    provision.add_argument("name", help="the bear's name")
    provision.add_argument("--provision", type=Path, required=True, metavar="FILE", help="keep it secret")
    provision.set_defaults(act=_provision)


def _revoke(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)

    from teddy_cloud.commands.enrolling import revoke

    done = finish(revoke(settings, arguments.name, tuple(arguments.broker_folder), this_operator()))
    facts = {"revoked": arguments.name}
    return _tell(
        arguments, facts, f"{arguments.name} is revoked: the cloud stores nothing from it any more", done
    )


def _provision(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)

    from teddy_cloud.commands.enrolling import provision

    done = finish(provision(settings, arguments.name, arguments.provision, this_operator()))
    facts = {"bear": arguments.name, "provision": str(arguments.provision)}
    return _tell(arguments, facts, f"the file of {arguments.name} is {arguments.provision}", done)


def _tell(arguments: argparse.Namespace, facts: dict[str, Any], sentence: str, done: Told) -> int:
    lines = [
        sentence,
        *(f"written into {folder}; now tell that broker: systemctl reload mosquitto" for folder in done.told),
        *(f"NOT written into {folder}: {reason}" for folder, reason in done.untold.items()),
    ]
    facts["told"] = [str(folder) for folder in done.told]
    facts["untold"] = {str(folder): reason for folder, reason in done.untold.items()}
    say(arguments, facts, "\n".join(lines))
    return 1 if done.untold else 0
