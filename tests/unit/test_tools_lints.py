"""Each rule of the house catches a tree that breaks it, and leaves its neighbour alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pytest

from workshop.lints.clocks import second_clocks
from workshop.lints.doors import DOORS, closed_doors
from workshop.lints.safe_text import MAKER, unguarded_text
from workshop.lints.source import Finding, Source
from workshop.lints.texts import addressed_locks, dead_links, machine_paths, unfinished_merges
from workshop.lints.threads import lost_threads, nameless_tasks

Rule = Callable[[Iterable[Source]], Iterator[Finding]]
ROOM = "edge/teddy_edge/speech/voice.py"


def found(rule: Rule, text: str, path: str = ROOM) -> list[Finding]:
    return list(rule([Source(path, text)]))


@pytest.mark.parametrize(
    "text",
    [
        "from g import SafeText\nx = SafeText('hello')",
        "import guard\nx = guard.SafeText('hello')",
        "from g import SafeText\nmake = SafeText\nx = make('hello')",
        "from g import SafeText\nxs = list(map(SafeText, words))",
        "from g import SafeText as Ordinary\nx = Ordinary('hello')",
        "from g import SafeText\nx = object.__new__(SafeText)",
        "from g import SafeText\nclass Loose(SafeText): ...",
        "from dataclasses import replace\nfrom g import SafeText\ndef f(x): return replace(x, text='')",
        "import dataclasses\nfrom g import SafeText\ndef f(x): return dataclasses.replace(x, text='')",
        "from g import SafeText\ndef f(x: SafeText): return x.__replace__(text='')",
        "from g import SafeText\ndef f(x=SafeText('hi')): ...",
        "from g import SafeText\ny = cast(SafeText, SafeText('x'))",
    ],
)
def test_making_safe_text_outside_the_guard_is_caught(text: str) -> None:
    assert found(unguarded_text, text)
    assert not found(unguarded_text, text, MAKER)


@pytest.mark.parametrize(
    "text",
    [
        "from g import SafeText\nclass V:\n    def speak(self, words: SafeText) -> list[SafeText]: ...",
        "from g import SafeText\nx: SafeText | None = None",
        "import asyncio\nfrom g import SafeText\nq = asyncio.Queue[SafeText](maxsize=2)",
        "from g import SafeText\nok = isinstance(x, SafeText)",
        "from g import SafeText\nmatch x:\n    case SafeText(text=t): ...",
        "from g import SafeText\nWords = SafeText | str",
        "from g import SafeText\ndef f(w: SafeText) -> str: return w.text.replace('a', 'b')",
    ],
)
def test_naming_safe_text_as_a_type_is_fine(text: str) -> None:
    assert not found(unguarded_text, text)


@pytest.mark.parametrize("library", sorted(DOORS))
def test_a_second_door_to_a_library_is_caught(library: str) -> None:
    for text in (
        f"import {library}",
        f"import {library}.part as p",
        f"from {library} import thing",
        f"def late():\n    from {library}.part import thing",
        f"import importlib\nx = importlib.import_module('{library}.part')",
        f"x = __import__('{library}')",
    ):
        assert found(closed_doors, text)
        for door in DOORS[library]:
            assert not found(closed_doors, text, door)


def test_tests_and_tools_may_use_any_library() -> None:
    assert not found(closed_doors, "import sqlite3", "tests/unit/test_x.py")
    assert not found(closed_doors, "import sqlite3", "tools/workshop/bench/parts.py")


def test_a_door_may_be_a_room_and_its_neighbours_stay_shut() -> None:
    assert not found(closed_doors, "import dishka", "edge/teddy_edge/container/way.py")
    assert found(closed_doors, "import dishka", "edge/teddy_edge/containers.py")


def test_a_library_with_a_similar_name_is_another_one() -> None:
    assert not found(closed_doors, "import onnx_ir, redis_om", "cloud/teddy_cloud/x.py")


@pytest.mark.parametrize(
    "text",
    [
        "import time\nx = time.time()",
        "import time\nx = time.monotonic_ns()",
        "from time import perf_counter",
        "import time\nread = time.monotonic",
        "from datetime import datetime\nx = datetime.now()",
        "import datetime\nx = datetime.datetime.now(datetime.UTC)",
        "from datetime import date\nx = date.today()",
        "import random",
        "from random import choice",
        "import secrets",
        "from uuid import uuid4",
        "import os\nx = os.urandom(3)",
        "from os import urandom",
        "import numpy as np\nx = np.random.default_rng()",
        "from numpy.random import default_rng",
    ],
)
def test_a_second_clock_or_die_is_caught(text: str) -> None:
    assert found(second_clocks, text)
    assert not found(second_clocks, text, "shared/teddy_shared/clock.py")


@pytest.mark.parametrize(
    "text",
    [
        "import time\ntime.sleep(1)",
        "import asyncio\nx = asyncio.get_running_loop().time()",
        "from datetime import datetime, UTC\nx = datetime.fromtimestamp(0, UTC)",
        "def f(clock): return clock.time() + clock.wall()",
    ],
)
def test_sleeping_and_being_handed_a_clock_are_fine(text: str) -> None:
    assert not found(second_clocks, text)


@pytest.mark.parametrize(
    "text",
    [
        "import threading\nthreading.Thread(target=f, daemon=True)",
        "import threading\nthreading.Thread(target=f, daemon=wish)",
        "t.daemon = True",
        "import _thread\n_thread.start_new_thread(f, ())",
    ],
)
def test_a_daemon_thread_is_caught(text: str) -> None:
    assert found(lost_threads, text)


def test_a_thread_that_somebody_joins_is_fine() -> None:
    assert not found(lost_threads, "import threading\nthreading.Thread(target=f, name='ear', daemon=False)")


@pytest.mark.parametrize("text", ["group.create_task(f())", "import asyncio\nasyncio.ensure_future(f())"])
def test_a_task_without_a_name_or_parent_is_caught(text: str) -> None:
    assert found(nameless_tasks, text)
    assert not found(nameless_tasks, "group.create_task(f(), name='relay')")


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://packages.example/simple",
        "--extra-index-url=file:///somewhere",
        "--find-links wheels",
        "thing @ https://files.example/thing.whl",
    ],
)
def test_an_address_in_a_lock_is_caught(line: str) -> None:
    assert found(addressed_locks, f"thing==1.0 \\\n    --hash=sha256:ab\n{line}\n", "tools/locks/runtime.txt")
    assert not found(addressed_locks, "thing==1.0 \\\n    --hash=sha256:ab\n", "tools/locks/runtime.txt")


@pytest.mark.parametrize("folder", ["home", "root", "Users", "work"])
def test_a_path_of_one_machine_is_caught(folder: str) -> None:
    assert found(machine_paths, f"see /{folder}/somebody/teddy", "docs/x.md")
    assert not found(machine_paths, f"see {folder}/somebody and https://x.example/{folder}/a", "docs/x.md")


def test_half_a_merge_is_caught() -> None:
    assert found(unfinished_merges, "| a |\n" + "<" * 7 + " HEAD\n| b |\n", "README.md")
    assert not found(unfinished_merges, "a title\n=======\nand x <<< y\n", "README.md")


PATHS = ("README.md", "docs/ARCHITECTURE.md", "docs/page.png", "tools/demo")


@pytest.mark.parametrize(
    "text",
    [
        "[the map](docs/MAP.md)",
        '<img src="docs/missing.png">',
        "![page](docs/missing.png)",
        "run `tools/demonstrate` now",
    ],
)
def test_a_link_that_leads_nowhere_is_caught(text: str) -> None:
    assert list(dead_links([Source("README.md", text)], PATHS))


@pytest.mark.parametrize(
    "text",
    [
        "[the map](docs/ARCHITECTURE.md#walls)",
        "[folder](docs/)",
        "[far](https://example.org/x.md) [here](#below)",
        '<img src="docs/page.png">',
        "run `tools/demo` now",
    ],
)
def test_a_link_that_leads_somewhere_is_fine(text: str) -> None:
    assert not list(dead_links([Source("README.md", text)], PATHS))


def test_links_are_seen_from_their_own_folder() -> None:
    assert not list(dead_links([Source("docs/x.md", "[up](../README.md) [beside](ARCHITECTURE.md)")], PATHS))
    assert list(dead_links([Source("docs/x.md", "[up](README.md)")], PATHS))
