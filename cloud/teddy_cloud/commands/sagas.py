"""`teddy cloud sagas`: long deeds under way, those that wait for an operator, and the latest ones over."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from teddy_cloud.commands.saying import finish, say, settings_of, where

if TYPE_CHECKING:
    from teddy_cloud.commands.saying import Verbs


def add_to(verbs: Verbs) -> None:
    parser = verbs.add_parser("sagas", help="long deeds: which are under way, and which are stuck")
    where(parser)
    parser.set_defaults(act=_list)
    deeds = parser.add_subparsers(dest="sagas_verb", metavar="VERB")
    retrying = deeds.add_parser("retry", help="what was in the way of a stuck one is mended: it may go on")
    where(retrying)
    retrying.add_argument("id", help="as the list names it")
    retrying.set_defaults(act=_retry)


def _list(arguments: argparse.Namespace) -> int:
    from teddy_cloud.commands.saga_looking import list_sagas

    found = finish(list_sagas(settings_of(arguments)))
    facts = {"sagas": [each.facts() for each in found]}
    say(arguments, facts, "\n".join(each.sentence for each in found) or "nothing is under way")
    return 0


def _retry(arguments: argparse.Namespace) -> int:
    from teddy_cloud.commands.saga_looking import retry

    shown = finish(retry(settings_of(arguments), arguments.id))
    say(arguments, shown.facts(), shown.sentence)
    return 0
