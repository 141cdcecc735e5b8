"""The command line tells in one line what went wrong, as far as we foresaw it."""

from __future__ import annotations

import argparse
from importlib.metadata import EntryPoint

import pytest

from teddy_shared import cli
from teddy_shared.errors import ConfigError, LinkError


def a_command(error: BaseException) -> cli.Command:
    def run(_: argparse.Namespace) -> int:
        raise error

    return cli.Command(help="for a test", configure=lambda parser: None, run=run)


failing = a_command(ConfigError("choose another port"))
nested = a_command(ExceptionGroup("tasks", [ExceptionGroup("inner", [LinkError("the broker is away")])]))
unforeseen = a_command(ExceptionGroup("tasks", [LinkError("the broker is away"), ValueError("a bug")]))


@pytest.fixture
def entries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands of this module, and one of a side that is not installed."""
    points = [
        EntryPoint(name, f"{__name__}:{name}", cli.GROUP) for name in ("failing", "nested", "unforeseen")
    ]
    points.append(EntryPoint("absent", "no_such_package.commands:command", cli.GROUP))
    monkeypatch.setattr(cli, "entry_points", lambda group: points)


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("failing", "choose another port"),
        ("nested", "the broker is away"),
        ("absent", "pip install 'teddy[edge]'"),
    ],
)
def test_what_was_foreseen_is_one_line(
    entries: None, capsys: pytest.CaptureFixture[str], command: str, says: str
) -> None:
    code = cli.main([command])

    (line,) = capsys.readouterr().err.splitlines()
    assert code == 2
    assert says in line


def test_a_bug_beside_a_foreseen_error_is_not_hidden(entries: None) -> None:
    with pytest.raises(ExceptionGroup):
        cli.main(["unforeseen"])


def test_help_names_what_is_not_installed(entries: None, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"])

    assert "not installed" in capsys.readouterr().out
