"""`teddy cloud run`: the cloud itself."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from teddy_cloud.commands.saying import say, settings_of, where
from teddy_cloud.settings import Role
from teddy_shared.logs import configure

if TYPE_CHECKING:
    from teddy_cloud.app import Ready
    from teddy_cloud.commands.saying import Verbs


def add_to(verbs: Verbs) -> None:
    parser = verbs.add_parser("run", help="run the cloud until interrupted")
    where(parser, broker=True)
    parser.add_argument(
        "--role", action="append", choices=[each.value for each in Role], help="only this; repeatable (all)"
    )
    parser.add_argument("--worker", metavar="NAME", help="this process's name among those of its role (1)")
    parser.add_argument("--host", help="listen here (127.0.0.1)")
    parser.add_argument("--port", type=int, help="the page's port; 0 for any free one")
    parser.add_argument("--logs", choices=["lines", "json"], help="how log lines look")
    parser.set_defaults(act=_act)


def _act(arguments: argparse.Namespace) -> int:
    settings = settings_of(
        arguments,
        roles=arguments.role,
        worker=arguments.worker,
        web__host=arguments.host,
        web__port=arguments.port,
        logs=arguments.logs,
    )
    configure(form=settings.logs)

    from teddy_cloud import app

    app.run(settings, ready=lambda ready: _tell(arguments, ready))
    return 0


def _tell(arguments: argparse.Namespace, ready: Ready) -> None:
    facts: dict[str, Any] = {"role": list(ready.roles)}
    if ready.page is None:
        say(arguments, facts, f"Running: {', '.join(ready.roles)}")
    else:
        say(arguments, {**facts, "page": ready.page}, f"The parents' page is at {ready.page}")
