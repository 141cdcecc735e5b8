"""Locks hold no address, no file a path of one machine or half a merge, documents no link to nowhere."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator
from typing import Final

from workshop.lints.source import Finding, Source

ADDRESS: Final = re.compile(r"://|--(?:extra-)?index-url|--find-links|\s@\s")
MACHINE: Final = re.compile(r"(?<![\w.$}*])/(?:home|root|Users|work)/[\w.]")
MERGE: Final = re.compile(r"(?:<{7}|>{7}|\|{7}) ")
LINK: Final = re.compile(
    r"\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)|<(?:img|a)\s[^>]*?(?:src|href)=\"([^\"]+)\""
)
SPAN: Final = re.compile(r"`((?:edge|cloud|shared|tools|tests|docs|firmware_configs|\.ci)/[\w./-]+)`")


def addressed_locks(files: Iterable[Source]) -> Iterator[Finding]:
    """An address in a lock would make somebody else's machine part of the project."""
    for file in files:
        if file.path.startswith("tools/locks/") and file.path.endswith((".txt", ".in")):
            for number, line in file.lines:
                if ADDRESS.search(line):
                    yield Finding(file.path, number, "a lock names versions and hashes, no addresses")


def machine_paths(files: Iterable[Source]) -> Iterator[Finding]:
    for file in files:
        for number, line in file.lines:
            if MACHINE.search(line):
                yield Finding(file.path, number, "a path of one machine: say it from the root of the project")


def unfinished_merges(files: Iterable[Source]) -> Iterator[Finding]:
    for file in files:
        for number, line in file.lines:
            if MERGE.match(line):
                yield Finding(file.path, number, "two versions stand here: decide on one")


def dead_links(files: Iterable[Source], paths: Collection[str]) -> Iterator[Finding]:
    """Links and paths in documents that lead nowhere. `paths` are all files of the repository."""
    folders = {parent for path in paths for parent in _parents(path)}
    exists = folders | set(paths)
    for file in files:
        if not file.path.endswith(".md"):
            continue
        for number, line in file.lines:
            for target in LINK.findall(line):
                link = target[0] or target[1]
                if re.match(r"[a-z]+:|#", link):
                    continue
                path = posixpath.normpath(posixpath.join(posixpath.dirname(file.path), link.split("#")[0]))
                if path not in exists:
                    yield Finding(file.path, number, f"the link {link} leads nowhere")
            for named in SPAN.findall(line):
                if posixpath.normpath(named) not in exists:
                    yield Finding(file.path, number, f"there is no {named}")


def _parents(path: str) -> Iterator[str]:
    while path := posixpath.dirname(path):
        yield path
