"""Only the guard makes SafeText: its name elsewhere may say a type, never make a value."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Final

from workshop.lints.source import Finding, Source, dotted

MAKER: Final = "edge/teddy_edge/safety/guard.py"
NAME: Final = "SafeText"


def unguarded_text(files: Iterable[Source]) -> Iterator[Finding]:
    """Every use of the class beside annotations, `isinstance` and patterns, and every `replace` near it."""
    for file in files:
        if file.is_product and file.path != MAKER and NAME in file.text:
            yield from _in_file(file)


def _in_file(file: Source) -> Iterator[Finding]:
    harmless = {id(name) for node in ast.walk(file.tree) for name in _harmless(node)}
    for node in ast.walk(file.tree):
        match node:
            case ast.ImportFrom(names=names) | ast.Import(names=names):
                for alias in names:
                    if alias.name == NAME and alias.asname not in (None, NAME):
                        yield file.finding(node, f"{NAME} goes by its own name, so that this lint sees it")
            case ast.Name(id="SafeText") | ast.Attribute(attr="SafeText") if id(node) not in harmless:
                yield file.finding(node, f"only {MAKER} makes {NAME}; here it may only stand as a type")
            case ast.Call(func=function) if dotted(function).split(".")[-1] in ("replace", "__replace__"):
                if _is_replace_of_dataclass(function):
                    yield file.finding(node, f"`replace` beside {NAME} could unmake the guard's verdict")


def _is_replace_of_dataclass(function: ast.expr) -> bool:
    """`replace(x, a=1)` and `dataclasses.replace(…)`, not `"a".replace("b", "c")` or `path.replace(p)`."""
    name = dotted(function)
    return name in ("replace", "dataclasses.replace", "copy.replace") or name.endswith("__replace__")


def _harmless(node: ast.AST) -> Iterator[ast.AST]:
    """The expressions below a node in which a class name says a type."""
    match node:
        case ast.arg(annotation=ast.expr() as says) | ast.AnnAssign(annotation=says):
            yield from ast.walk(says)
        case ast.FunctionDef(returns=ast.expr() as says) | ast.AsyncFunctionDef(returns=ast.expr() as says):
            yield from ast.walk(says)
        case ast.Subscript(slice=says):  # asyncio.Queue[SafeText](…)
            yield from ast.walk(says)
        case ast.Call(func=ast.Name(id="isinstance" | "cast"), args=arguments):
            for argument in arguments:
                if not isinstance(argument, ast.Call):
                    yield from ast.walk(argument)
        case ast.MatchClass(cls=says):
            yield from ast.walk(says)
        case ast.BinOp(op=ast.BitOr()):  # Words = SafeText | Silence
            yield from ast.walk(node)
