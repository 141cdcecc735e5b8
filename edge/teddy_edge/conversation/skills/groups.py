"""Named groups of an authored file, as phrases to hear or lines to say: none missing, none unknown. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, TypeVar

from teddy_edge.conversation.skills.lines import Line, numbered
from teddy_edge.conversation.skills.templates import templates
from teddy_edge.safety.phrases import Pattern, PatternError, Phrasebook
from teddy_shared.errors import ConfigError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

G = TypeVar("G", bound="DataclassInstance")

Groups = Mapping[str, tuple[str, ...]]


def heard_as(kind: type[G], groups: Groups, where: str) -> G:
    """Phrases for every field of the class. Raises ConfigError naming the place."""
    names = [each.name for each in fields(kind)]
    build: Callable[..., G] = kind
    return build(**compiled(names, groups, where))


def compiled(names: Iterable[str], groups: Groups, where: str) -> dict[str, tuple[Pattern, ...]]:
    """Phrases for every name. Raises ConfigError naming the place."""
    expect(names, groups, where)
    book = Phrasebook({})
    try:
        return {name: book.patterns(group) for name, group in groups.items()}
    except PatternError as error:
        raise ConfigError(f"{where}: {error}") from None


def said_as(kind: type[G], groups: Groups, prefix: str, where: str) -> G:
    """Lines for every field of the class. Raises ConfigError naming the place."""
    names = [each.name for each in fields(kind)]
    expect(names, groups, where)
    build: Callable[..., G] = kind
    return build(**{name: numbered(f"{prefix}.{name}", groups[name]) for name in names})


def said_with_gaps(gaps: Groups, groups: Groups, prefix: str, where: str) -> Mapping[str, tuple[Line, ...]]:
    """Sentences for every group that has gaps, or none. Raises ConfigError naming the place."""
    expect(gaps, groups, where)
    return {kind: templates(f"{prefix}.{kind}", texts, gaps=gaps[kind]) for kind, texts in groups.items()}


def sources(groups: Groups) -> Iterator[str]:
    for group in groups.values():
        yield from group


def expect(names: Iterable[str], groups: Mapping[str, object], where: str) -> None:
    """Raises ConfigError unless there are these groups and no others."""
    known = list(names)
    if missing := next((name for name in known if name not in groups), None):
        raise ConfigError(f"{where}: {missing} is missing")
    if strange := next((name for name in groups if name not in known), None):
        raise ConfigError(f"{where}: {strange} is none of {', '.join(known)}")
