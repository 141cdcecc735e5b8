"""`teddy cloud`: servers for one household, families, and the cloud itself."""

from __future__ import annotations

import argparse

from teddy_cloud.commands import (
    audit,
    bears,
    broker_config,
    dead,
    erase,
    events,
    families,
    handlers,
    keep,
    orders,
    rebuild,
    run,
    sagas,
    servers,
    state,
)
from teddy_shared.cli import Command

# The rooms behind a verb are imported when it acts: `teddy --help` loads all of these modules.
_VERBS = (
    servers,
    families,
    bears,
    broker_config,
    orders,
    run,
    rebuild,
    events,
    dead,
    keep,
    audit,
    state,
    erase,
    sagas,
    handlers,
)


def _configure(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for each in _VERBS:
        each.add_to(verbs)


def _act(arguments: argparse.Namespace) -> int:
    code: int = arguments.act(arguments)
    return code


command = Command(
    help="run the cloud: what parents see, and what they wish",
    configure=_configure,
    run=_act,
)
