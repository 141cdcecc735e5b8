"""What every verb of `teddy cloud` does alike: find its settings, act, and say what came of it."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import json
import os
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from teddy_cloud.bus.callers import Caller, operator
from teddy_cloud.settings import Settings, load
from teddy_shared.errors import ConfigError, LinkError
from teddy_shared.logs import configure

if TYPE_CHECKING:
    Verbs = argparse._SubParsersAction[argparse.ArgumentParser]

T = TypeVar("T")


def where(parser: argparse.ArgumentParser, *, broker: bool = False) -> None:
    """The arguments that say which cloud is meant."""
    if broker:
        parser.add_argument("--broker", metavar="URL", help="mqtts://host:port, or mqtt:// on this machine")
    parser.add_argument("--store", metavar="URL", help="redis://host:port, or sentinels, or a cluster")
    parser.add_argument("--data", type=Path, help="the folder with the keys")
    parser.add_argument("--settings", type=Path, action="append", default=[], help="a settings file (TOML)")
    parser.add_argument("--json", action="store_true", help="one line of JSON for programs")


def settings_of(arguments: argparse.Namespace, **more: Any) -> Settings:
    """Files, environment and command line. `more` are settings by dotted name, dots as two underscores."""
    overrides = {
        "broker": getattr(arguments, "broker", None),
        "store": arguments.store,
        "data": arguments.data,
        **{name.replace("__", "."): value for name, value in more.items()},
    }
    return load(environment=os.environ, files=arguments.settings, overrides=overrides)


def this_operator() -> Caller:
    """Whoever is logged in at this machine."""
    try:
        return operator(getpass.getuser())
    except (OSError, KeyError):  # a container may run under a number without a name
        return operator(str(os.getuid()))


def finish(work: Coroutine[Any, Any, T]) -> T:
    """Run it to its end. A store that is away is for the operator to mend: raises ConfigError."""
    configure(level="warning")
    try:
        return asyncio.run(work)
    except LinkError as error:
        raise ConfigError(f"{error}; start it first, or correct --store") from None


def say(arguments: argparse.Namespace, facts: dict[str, Any], sentence: str) -> None:
    print(json.dumps(facts) if arguments.json else sentence, flush=True)


def at_least_one(text: str) -> int:
    """For `type=` of an argument that counts something."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1 on")
    return int(text)
