"""The files that the lints look at, and what they find."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

PRODUCT: Final = ("edge/", "cloud/", "shared/")  # what ships; tests and tools have more freedom


@dataclass(frozen=True)
class Finding:
    path: str
    line: int
    says: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.says}"


@dataclass(frozen=True)
class Source:
    """A text file of the repository by its path from the root."""

    path: str
    text: str

    @property
    def is_product(self) -> bool:
        return self.path.startswith(PRODUCT) and self.path.endswith(".py")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @property
    def lines(self) -> Iterator[tuple[int, str]]:
        return iter(enumerate(self.text.splitlines(), start=1))

    def finding(self, node: ast.AST, says: str) -> Finding:
        return Finding(self.path, getattr(node, "lineno", 1), says)


def sources(root: Path) -> tuple[list[Source], list[str]]:
    """Every text file that git keeps or would keep, and the paths of all files, texts or not."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        check=True,
        text=True,
    )
    paths = [path for path in sorted(set(listed.stdout.split("\0"))) if (root / path).is_file()]
    texts = []
    for path in paths:
        try:
            texts.append(Source(path, (root / path).read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue  # a recording or a picture
    return texts, paths


def dotted(node: ast.expr) -> str:
    """`a.b.c` of an attribute chain; what is not one ends it as `?`."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=name):
            return f"{dotted(value)}.{name}"
    return "?"


def imported(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """Each module that is imported anywhere in a tree, lazily or by name in a string too."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                for alias in names:
                    yield node, alias.name
            case ast.ImportFrom(module=str(module), level=0, names=names):
                yield node, module
                for alias in names:
                    yield node, f"{module}.{alias.name}"
            case ast.Call(func=function, args=[ast.Constant(value=str(module)), *_]) if dotted(function) in (
                "__import__",
                "importlib.import_module",
                "import_module",
            ):
                yield node, module
