"""Setting up notices every change that matters, explains what failed, and leaves no service running."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from workshop import debian
from workshop.check import checks
from workshop.environment import LEVELS, SetupFailed, fingerprint, prepare, remedy

ROOT = Path(__file__).parents[2]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What decides the content of an environment, in a folder that may be changed."""
    for name in ("tools/locks", "tools/workshop"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("*.wav", "__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("file", "changes"),
    [
        ("tools/locks/runtime.txt", {"runtime", "dev"}),
        ("tools/locks/nodeps.txt", {"runtime", "dev"}),
        ("tools/locks/build.txt", {"runtime", "dev"}),
        ("tools/locks/dev.txt", {"dev"}),
        ("pyproject.toml", {"runtime", "dev"}),
        ("tools/locks/README.md", set()),
    ],
)
def test_a_changed_file_asks_for_setting_up_where_it_matters(
    clone: Path, file: str, changes: set[str]
) -> None:
    before = {level: fingerprint(clone, level) for level in LEVELS}

    with (clone / file).open("a") as opened:
        opened.write("\n")

    assert {level for level in LEVELS if fingerprint(clone, level) != before[level]} == changes


def test_an_environment_of_another_clone_is_not_ours(clone: Path) -> None:
    assert fingerprint(clone, "dev") != fingerprint(ROOT, "dev")


@pytest.mark.parametrize(
    ("output", "advice"),
    [
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM", "not the one that was locked"),
        ("OSError: [Errno 28] No space left on device", "make room"),
        ("WARNING: Retrying (NewConnectionError(...))\nERROR: No matching distribution", "check the network"),
        ("ERROR: No matching distribution found for onnxruntime", "no ready package"),
        ("ERROR: something new", "run the tool again"),
    ],
)
def test_what_pip_says_comes_with_a_remedy(output: str, advice: str) -> None:
    assert advice in remedy(output)


def test_a_missing_venv_module_names_debians_package(
    clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = tmp_path / "bare"  # a Python that Debian has packed without its venv
    bare.mkdir()
    (bare / "ensurepip.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", str(bare))

    with pytest.raises(SetupFailed, match="sudo apt install python3-venv"):
        prepare(clone, tmp_path / "venv", "runtime")


class Root:
    """Runs commands as root would, by writing them down."""

    def __init__(self, *codes: int) -> None:
        self.ran: list[list[str]] = []
        self._codes = dict(enumerate(codes))

    def __call__(self, command: Sequence[str]) -> int:
        self.ran.append(list(command))
        installs = sum("install" in each for each in self.ran)
        return self._codes.get(installs - 1, 0) if "install" in command else 0


def test_a_program_that_is_missing_names_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda program, path: None if program == "redis-server" else program)

    assert debian.missing() == ["redis-server"]


def test_services_are_barred_while_packages_are_installed(tmp_path: Path) -> None:
    root = Root()

    debian.install(["mosquitto"], run=root, policy=tmp_path / "policy-rc.d")

    verbs = ["bar" if "sh" in each else "install" if "install" in each else each[0] for each in root.ran]
    assert verbs[:3] == ["bar", "install", "rm"]


def test_the_bar_is_lifted_when_installing_fails(tmp_path: Path) -> None:
    root = Root(100, 100)

    with pytest.raises(debian.CannotInstall, match="sudo apt install mosquitto"):
        debian.install(["mosquitto"], run=root, policy=tmp_path / "policy-rc.d")

    assert root.ran[-1][0] == "rm"


def test_old_lists_are_renewed_once(tmp_path: Path) -> None:
    root = Root(100, 0)

    debian.install(["mosquitto"], run=root, policy=tmp_path / "policy-rc.d")

    assert ["update" in each for each in root.ran].count(True) == 1


def test_an_existing_bar_of_a_container_stays(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")
    root = Root()

    debian.install(["mosquitto"], run=root, policy=tmp_path / "policy-rc.d")

    assert not [each for each in root.ran if str(policy) in each]


def test_a_dry_check_changes_nothing() -> None:
    words = [word for check in checks(dry=True) for word in check.command]

    assert "--fix" not in words
    assert "--check" in words
