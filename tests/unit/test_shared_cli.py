"""The command line tells in one line what went wrong, as far as we foresaw it."""

from __future__ import annotations

import argparse
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from teddy_shared import cli
from teddy_shared.addresses import broker_address
from teddy_shared.errors import ConfigError, LinkError


def a_command(error: BaseException) -> cli.Command:
    def run(_: argparse.Namespace) -> int:
        raise error

    return cli.Command(help="for a test", configure=lambda parser: None, run=run)


failing = a_command(ConfigError("choose another port"))
nested = a_command(ExceptionGroup("tasks", [ExceptionGroup("inner", [LinkError("the broker is away")])]))
unforeseen = a_command(ExceptionGroup("tasks", [LinkError("the broker is away"), ValueError("a bug")]))
unread = a_command(BrokenPipeError())
unread_in_tasks = a_command(
    ExceptionGroup("tasks", [BrokenPipeError(), ExceptionGroup("inner", [BrokenPipeError()])])
)


@pytest.fixture
def entries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands of this module, and one of a side that is not installed."""
    points = [
        EntryPoint(name, f"{__name__}:{name}", cli.GROUP)
        for name in ("failing", "nested", "unforeseen", "unread", "unread_in_tasks")
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


def test_a_reader_who_has_seen_enough_is_no_error_in_a_task_either(
    entries: None, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with (tmp_path / "out").open("w") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)

        assert [cli.main(["unread"]), cli.main(["unread_in_tasks"])] == [0, 0]

    assert capfd.readouterr().err == ""


@given(url=st.text() | st.from_regex(r"mqtts?://[\[\]:a-z0-9@/#?%.]*"))
@example(url="mqtt://[::1")
def test_any_address_is_that_of_a_broker_or_is_refused_in_a_sentence(url: str) -> None:
    try:
        address = broker_address(url)
    except ConfigError as refused:
        assert url in str(refused)
    else:
        assert address.host
