"""`python -m workshop.lints` from the root of the repository: every rule over every file."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from workshop.lints.clocks import second_clocks
from workshop.lints.doors import closed_doors
from workshop.lints.safe_text import unguarded_text
from workshop.lints.source import Finding, Source, sources
from workshop.lints.texts import addressed_locks, dead_links, machine_paths, unfinished_merges
from workshop.lints.threads import lost_threads, nameless_tasks


def lint(files: Sequence[Source], paths: Sequence[str]) -> Iterator[Finding]:
    yield from unguarded_text(files)
    yield from closed_doors(files)
    yield from second_clocks(files)
    yield from lost_threads(files)
    yield from nameless_tasks(files)
    yield from addressed_locks(files)
    yield from machine_paths(files)
    yield from unfinished_merges(files)
    yield from dead_links(files, paths)


def main() -> int:
    root = Path.cwd()
    files, paths = sources(root)
    found = list(lint(files, paths))
    for finding in found:
        print(finding)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
