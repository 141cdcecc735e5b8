"""`teddy cloud keep`: one pass of housekeeping, which the cloud does by itself every hour."""

from __future__ import annotations

import argparse
import dataclasses
from typing import TYPE_CHECKING

from teddy_cloud.commands.saying import finish, say, settings_of, where

if TYPE_CHECKING:
    from teddy_cloud.commands.saying import Verbs
    from teddy_cloud.eventstore.archive.keeping import Kept
    from teddy_cloud.settings import Settings


def add_to(verbs: Verbs) -> None:
    parser = verbs.add_parser(
        "keep",
        help="move what is old into the archive, end what is over; exit code 1 where damage was found",
    )
    where(parser)
    parser.add_argument(
        "--new-archive", action="store_true", help="go on in this folder though the store knows another one"
    )
    parser.set_defaults(act=_act)


def _act(arguments: argparse.Namespace) -> int:
    kept = finish(_keep(settings_of(arguments), into_another=arguments.new_archive))
    say(arguments, dataclasses.asdict(kept), _sentence(kept))
    return 1 if kept.problems else 0


async def _keep(settings: Settings, *, into_another: bool) -> Kept:
    from teddy_cloud.container.cloud import open_office

    async with open_office(settings) as office:
        return await office.keeper.keep(into_another=into_another)


def _sentence(kept: Kept) -> str:
    if kept.busy:
        return "another pass is under way; nothing done"
    lines = [
        f"{kept.archived} events archived, {kept.ended} ended; segments: {kept.written} written, "
        f"{kept.removed} removed; {kept.letters} dead letters ended",
        *kept.problems,
    ]
    if kept.damaged:
        lines.append(f"{kept.damaged} damaged segments lie aside; what they hold is missing")
    return "\n".join(lines)
