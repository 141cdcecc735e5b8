"""`teddy cloud`: servers for one household, families, and the cloud itself."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from teddy_cloud.settings import Settings, load
from teddy_shared.ages import AgeBand
from teddy_shared.cli import Command
from teddy_shared.clock import SystemChance
from teddy_shared.errors import ConfigError, LinkError
from teddy_shared.logs import configure
from teddy_shared.purposes import Purpose

# The rooms are imported by the command that needs them: `teddy --help` loads this file too.


def _configure(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)

    servers = verbs.add_parser("servers", help="run a broker and a store on this machine until interrupted")
    servers.add_argument("--data", type=Path, required=True, help="the folder where the store keeps its data")
    servers.add_argument("--json", action="store_true", help="one line of JSON for programs")
    servers.set_defaults(act=_servers)

    family = verbs.add_parser("family", help="families and their bears")
    add = family.add_subparsers(dest="family_verb", metavar="VERB", required=True).add_parser(
        "add", help="a new family with a bear; an error where either exists already"
    )
    _where(add, broker=False)
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
    add.set_defaults(act=_family_add)

    run = verbs.add_parser("run", help="run the cloud until interrupted")
    _where(run, broker=True)
    run.add_argument("--host", help="listen here (127.0.0.1)")
    run.add_argument("--port", type=int, help="the page's port; 0 for any free one")
    run.add_argument("--logs", choices=["lines", "json"], help="how log lines look")
    run.set_defaults(act=_run)

    rebuild = verbs.add_parser("rebuild", help="make a read model again from the first event on")
    _where(rebuild, broker=False)
    rebuild.add_argument("name", help="conversations or bears")
    rebuild.set_defaults(act=_rebuild)


def _where(parser: argparse.ArgumentParser, *, broker: bool) -> None:
    if broker:
        parser.add_argument("--broker", metavar="URL", help="mqtt://host:port")
    parser.add_argument("--store", metavar="URL", help="redis://host:port")
    parser.add_argument("--data", type=Path, help="the folder with the keys")
    parser.add_argument("--settings", type=Path, action="append", default=[], help="a settings file (TOML)")
    parser.add_argument("--json", action="store_true", help="one line of JSON for programs")


def _act(arguments: argparse.Namespace) -> int:
    code: int = arguments.act(arguments)
    return code


def _servers(arguments: argparse.Namespace) -> int:
    from teddy_cloud.embedded import embedded_servers

    for number in (signal.SIGTERM, signal.SIGINT):  # a shell's background job would ignore the second
        signal.signal(number, signal.default_int_handler)
    try:
        with embedded_servers(arguments.data, chance=SystemChance()) as servers:
            _say(
                arguments,
                {"broker": servers.broker, "store": servers.store},
                f"broker {servers.broker}\nstore  {servers.store}\nCtrl-C ends both.",
            )
            signal.pause()
    except KeyboardInterrupt:
        pass
    return 0


def _family_add(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments)

    from teddy_cloud.commands.families import NewFamily, add_family

    password = sys.stdin.readline().rstrip("\n") if arguments.password_stdin else None
    wanted = NewFamily(
        email=arguments.email,
        password=password,
        bear=arguments.bear,
        age_band=arguments.age_band,
        consent=frozenset(arguments.grant),
        provision=arguments.provision,
    )
    try:
        added = asyncio.run(add_family(settings, wanted))
    except LinkError as error:
        raise ConfigError(f"{error}; start it first, or correct --store") from None
    said = f"{added.email} owns the bear {added.bear}; its file is {wanted.provision}"
    if added.made_up_password:
        said += f"\npassword, shown this once: {added.made_up_password}"
    facts = dataclasses.asdict(added) | {"provision": str(wanted.provision)}
    facts["password"] = facts.pop("made_up_password")
    _say(arguments, facts, said)
    return 0


def _run(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments)
    configure(form=settings.logs)

    from teddy_cloud import app

    app.run(settings, ready=lambda page: _say(arguments, {"page": page}, f"The parents' page is at {page}"))
    return 0


def _rebuild(arguments: argparse.Namespace) -> int:
    from teddy_cloud.commands.families import rebuild

    try:
        asyncio.run(rebuild(_settings(arguments), arguments.name))
    except LinkError as error:
        raise ConfigError(f"{error}; start it first, or correct --store") from None
    _say(arguments, {"rebuilt": arguments.name}, f"{arguments.name} is made anew")
    return 0


def _settings(arguments: argparse.Namespace) -> Settings:
    overrides = {
        "broker": getattr(arguments, "broker", None),
        "store": arguments.store,
        "data": arguments.data,
        "web.host": getattr(arguments, "host", None),
        "web.port": getattr(arguments, "port", None),
        "logs": getattr(arguments, "logs", None),
    }
    return load(environment=os.environ, files=arguments.settings, overrides=overrides)


def _say(arguments: argparse.Namespace, facts: dict[str, Any], sentence: str) -> None:
    print(json.dumps(facts) if arguments.json else sentence, flush=True)


command = Command(
    help="run the cloud: what parents see, and what they wish",
    configure=_configure,
    run=_act,
)
