"""`teddy cloud run`: the cloud itself."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from teddy_cloud.commands.saying import say, settings_of, where
from teddy_shared.logs import configure

if TYPE_CHECKING:
    from teddy_cloud.commands.saying import Verbs


def add_to(verbs: Verbs) -> None:
    parser = verbs.add_parser("run", help="run the cloud until interrupted")
    where(parser, broker=True)
    parser.add_argument("--host", help="listen here (127.0.0.1)")
    parser.add_argument("--port", type=int, help="the page's port; 0 for any free one")
    parser.add_argument("--logs", choices=["lines", "json"], help="how log lines look")
    parser.set_defaults(act=_act)


def _act(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments, web__host=arguments.host, web__port=arguments.port, logs=arguments.logs)
    configure(form=settings.logs)

    from teddy_cloud import app

    app.run(settings, ready=lambda page: say(arguments, {"page": page}, f"The parents' page is at {page}"))
    return 0
