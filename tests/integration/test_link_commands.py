"""`teddy cloud broker-config` and `teddy cloud bear` as an operator meets them."""

from __future__ import annotations

import getpass
import json
import tomllib
from pathlib import Path

import pytest

from teddy_edge.identity import read_identity
from tests.cloud_bear import BEAR
from tests.processes import ask_here
from tests.servers import Server


class Operator:
    """At the command line of one cloud."""

    def __init__(self, screen: pytest.CaptureFixture[str], *where: str | Path) -> None:
        self._screen = screen
        self._where = where

    def does(self, *arguments: str | Path) -> tuple[int, str, str]:
        return ask_here(self._screen, ["cloud", *arguments, *self._where])


@pytest.fixture
def operator(redis_server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Operator:
    return Operator(capsys, "--store", redis_server.url, "--data", tmp_path / "cloud")


def test_papers_are_given_taken_back_and_given_again_by_commands(operator: Operator, tmp_path: Path) -> None:
    file, broker = tmp_path / "bear.toml", tmp_path / "broker"
    given = ("--email", "a@example.org", "--bear", BEAR, "--age-band", "5-7", "--provision", file)

    code, out, errors = operator.does("broker-config", "--out", broker, "--user", getpass.getuser(), "--json")
    assert (code, errors) == (0, "")
    assert json.loads(out) == {
        "configuration": str(broker / "mosquitto.conf"),
        "bears": "mqtts://localhost:8883",
        "cloud": "mqtts://localhost:8884",
    }
    assert operator.does("family", "add", *given)[0] == 0
    assert tomllib.loads(file.read_text())["version"] == 2
    first = read_identity(file)
    code, out, _ = operator.does("bear", "revoke", BEAR, "--json")
    assert (code, json.loads(out)) == (0, {"revoked": BEAR, "told": [str(broker)], "untold": {}})
    assert f"user {BEAR}\ntopic deny #" in (broker / "bears.acl").read_text()
    assert operator.does("bear", "provision", BEAR, "--provision", file)[0] == 0
    assert read_identity(file).link_key != first.link_key
    assert "deny" not in (broker / "bears.acl").read_text()


def test_what_an_operator_gets_wrong_with_papers_is_said(operator: Operator, tmp_path: Path) -> None:
    given = ("--email", "a@example.org", "--age-band", "5-7", "--provision", tmp_path / "bear.toml")

    code, _, errors = operator.does("bear", "revoke", "bear-9")
    assert (code, "teddy cloud: no family owns a bear bear-9" in errors) == (2, True)
    code, _, errors = operator.does("family", "add", *given, "--bear", "teddy-cloud-ingest")
    assert (code, "is a name of the cloud itself" in errors) == (2, True)
    assert operator.does("family", "add", *given, "--bear", BEAR)[0] == 0
    assert tomllib.loads((tmp_path / "bear.toml").read_text())["version"] == 1  # no authority, no papers
    code, _, errors = operator.does("run", "--broker", "mqtts://127.0.0.1", "--port", "0")
    assert (code, "teddy cloud broker-config" in errors) == (2, True)
