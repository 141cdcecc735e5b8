"""`teddy cloud audit`: who did what and who looked at what."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from teddy_cloud.commands.saying import at_least_one, finish, settings_of, this_operator, where

if TYPE_CHECKING:
    from teddy_cloud.commands.saying import Verbs

DAYS = 30
MOST_DAYS = 1100  # no deed is kept for longer


def add_to(verbs: Verbs) -> None:
    parser = verbs.add_parser("audit", help="who did what and who looked at what, newest last")
    where(parser)
    parser.add_argument("--bear", help="of this bear alone")
    parser.add_argument("--days", type=at_least_one, default=DAYS, help=f"of so many days back ({DAYS})")
    parser.set_defaults(act=_act)


def _act(arguments: argparse.Namespace) -> int:
    from teddy_cloud.commands.looking_back import look_back

    days = min(arguments.days, MOST_DAYS)
    found = finish(look_back(settings_of(arguments), arguments.bear, days, this_operator()))
    if arguments.json:
        print(json.dumps({"ledger": [each.facts() for each in found]}))
        return 0
    for each in found:
        print(each.sentence())
    if not found:
        print(f"nothing was done and nobody looked in the last {days} days")
    return 0
