"""No daemon threads, which die unheard, and no task without a name."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from workshop.lints.source import Finding, Source, dotted


def lost_threads(files: Iterable[Source]) -> Iterator[Finding]:
    for file in files:
        if not file.is_product:
            continue
        for node in ast.walk(file.tree):
            match node:
                case ast.Call(keywords=words) if any(
                    word.arg == "daemon" and not _is_false(word.value) for word in words
                ):
                    yield file.finding(
                        node, "a daemon thread can die while the process lives: join it instead"
                    )
                case ast.Assign(targets=targets, value=value) if not _is_false(value) and any(
                    isinstance(target, ast.Attribute) and target.attr == "daemon" for target in targets
                ):
                    yield file.finding(
                        node, "a daemon thread can die while the process lives: join it instead"
                    )
                case ast.Call(func=function) if dotted(function).endswith("start_new_thread"):
                    yield file.finding(node, "a bare thread has no parent: use threading.Thread and join it")


def nameless_tasks(files: Iterable[Source]) -> Iterator[Finding]:
    for file in files:
        if not file.is_product:
            continue
        for node in ast.walk(file.tree):
            match node:
                case ast.Call(func=ast.Attribute(attr="create_task"), keywords=words) if not any(
                    word.arg == "name" for word in words
                ):
                    yield file.finding(node, "every task has a name: create_task(…, name=…)")
                case ast.Call(func=function) if dotted(function) == "asyncio.ensure_future":
                    yield file.finding(node, "every task has a parent: use a TaskGroup's create_task")


def _is_false(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is False
