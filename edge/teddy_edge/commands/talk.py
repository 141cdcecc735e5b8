"""`teddy talk`: a conversation by keyboard, through guard, skills and guard, without sound."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from contextlib import AsyncExitStack
from io import TextIOWrapper
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TextIO

from teddy_edge.container.bear import open_words
from teddy_edge.settings import Settings, read
from teddy_shared import logs
from teddy_shared.cli import Command


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--age", type=int, help="the child's age in years (3 to 10); 5 unless told")
    parser.add_argument("--json", action="store_true", help="one JSON object for each line typed")
    parser.add_argument(
        "--content", type=Path, metavar="FOLDER", help="stories and more of yours, to try them"
    )
    parser.add_argument("--settings", type=Path, action="append", default=[], help="a TOML file")


def run(arguments: argparse.Namespace) -> int:
    logs.configure(level="warning")
    with TemporaryDirectory(prefix="teddy-talk-") as folder:
        overrides = {"data": Path(folder), "listening.age": arguments.age, "content": arguments.content}
        settings = read(files=tuple(arguments.settings), overrides=overrides)
        if isinstance(sys.stdin, TextIOWrapper):
            sys.stdin.reconfigure(errors="replace")  # a file in another encoding is no reason to fall silent
        return _talk(settings, sys.stdin, as_json=arguments.json)


def _talk(settings: Settings, typed: TextIO, *, as_json: bool) -> int:
    """Reads in the main thread: another one, waiting for a line, could not be ended by Ctrl-C."""
    prompting = typed.isatty() and not as_json
    if prompting:
        print("Type what a child says; an empty line or Ctrl-D ends the talk.", flush=True)
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        try:
            talk = runner.run(stack.enter_async_context(open_words(settings)))
            while line := _next_line(typed, prompting=prompting):
                _show(runner.run(talk.hear(line.strip())), as_json=as_json, prompting=prompting)
        finally:
            runner.run(stack.aclose())
    return 0


def _next_line(typed: TextIO, *, prompting: bool) -> str:
    """Empty at the end. From a file blank lines are skipped; at a keyboard one ends the talk."""
    while True:
        if prompting:
            print("child> ", end="", flush=True)
        line = typed.readline()
        if line.strip() or not line:
            return line
        if prompting:
            return ""


def _show(said: dict[str, Any], *, as_json: bool, prompting: bool) -> None:
    if as_json:
        print(json.dumps(said), flush=True)
        return
    if not prompting:
        print(f"child  {said['heard']}")
    print(f"bear   {said['reply']}")
    print(
        f"       ({said['verdict']}, {said['skill']}{', parents are told' if said['alert'] else ''})",
        flush=True,
    )


command = Command(
    help="talk with the bear by keyboard",
    description=(
        "Reads what a child says from standard input, a line at a time, and shows what the bear would "
        "answer: the same guard, skills and memory as in the bear, without sound, network or disk."
    ),
    configure=configure,
    run=run,
)
