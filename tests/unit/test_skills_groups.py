"""Named groups of an authored file become phrases and lines; a group too few or too many is refused."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from teddy_edge.conversation.skills.groups import heard_as, said_as, said_with_gaps
from teddy_edge.conversation.skills.lines import Line
from teddy_edge.conversation.skills.understanding import Vocabulary, matches, understand
from teddy_edge.safety.phrases import Pattern
from teddy_shared.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Heard:
    more: tuple[Pattern, ...]
    enough: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Said:
    cheers: tuple[Line, ...]


def test_every_group_of_the_file_is_heard_as_its_field() -> None:
    heard = heard_as(Heard, {"enough": ("stop",), "more": ("again", "another one")}, "bear.toml: heard")

    words = understand("again", Vocabulary(()))
    assert matches(heard.more, words)
    assert not matches(heard.enough, words)


def test_lines_know_their_group_and_number() -> None:
    said = said_as(Said, {"cheers": ("Hooray!", "Well done!")}, "bear", "bear.toml: said")

    assert said == Said((Line("bear.cheers.1", "Hooray!"), Line("bear.cheers.2", "Well done!")))


@pytest.mark.parametrize(
    ("groups", "complaint"),
    [
        ({"more": ("again",)}, r"^bear\.toml: heard: enough is missing$"),
        (
            {"more": ("again",), "enough": ("stop",), "less": ("one",)},
            r"^bear\.toml: heard: less is none of more, enough$",
        ),
        ({"more": ("(again",), "enough": ("stop",)}, r"^bear\.toml: heard: "),
    ],
)
def test_a_group_too_few_or_too_many_or_unreadable_is_refused(
    groups: dict[str, tuple[str, ...]], complaint: str
) -> None:
    with pytest.raises(ConfigError, match=complaint):
        heard_as(Heard, groups, "bear.toml: heard")


def test_lines_that_nobody_says_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"^bear\.toml: said: boos is none of cheers$"):
        said_as(Said, {"cheers": ("Hooray!",), "boos": ("Boo!",)}, "bear", "bear.toml: said")
    with pytest.raises(ConfigError, match=r"^bear\.toml: said: cheers is missing$"):
        said_with_gaps({"cheers": ("name",)}, {}, "bear", "bear.toml: said")
