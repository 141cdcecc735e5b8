"""What a bear that is not well says aloud: to the child, and to the grown-up that the child fetches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from teddy_edge.health.finding import Condition, Finding
from teddy_edge.safety.authored import Authored, parse_authored, read_authored

NAME = "spoken.toml"


class Spoken(Authored):
    """Lines by part. They pass the guard like everything else that is said."""

    opening: str
    closing: str
    unknown: str
    wrong: dict[str, str]

    def about(self, found: Mapping[str, Finding], crashed: Iterable[str] = ()) -> list[str]:
        """What is wrong, the part that was found wrong first; else the one that crashed last."""
        wrong = [part for part, each in found.items() if each.condition is Condition.WRONG]
        named = [self.wrong[part] for part in (*wrong, *crashed) if part in self.wrong]
        return [self.opening, *(dict.fromkeys(named[:1]) or [self.unknown]), self.closing]

    def every_line(self) -> Iterator[str]:
        """For rendering ahead, and for the guard's own test."""
        yield from (self.opening, self.closing, self.unknown, *self.wrong.values())


def load_spoken() -> Spoken:
    """Reads a file. Raises ConfigError."""
    return parse_authored(Spoken, read_authored("teddy_edge.health", NAME), NAME)
