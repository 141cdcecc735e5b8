"""The rules that every test runs under: no skips, no blocking, no leftovers when we are ended."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from blockbuster import BlockingError

ROOT = Path(__file__).parents[2]


def start(folder: Path, test: str) -> subprocess.Popen[str]:
    """One test file in a run of its own, under this project's rules."""
    (folder / "test_one.py").write_text(test)
    settings = folder / "pytest.ini"
    settings.write_text("[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n")
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-p", "no:cacheprovider", str(folder)],
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tools'}", "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(folder: Path, test: str) -> tuple[int, str]:
    process = start(folder, test)
    out, _ = process.communicate(timeout=30)
    return process.returncode, out


SKIPS = """
import pytest


@pytest.mark.skip("marked so")
def test_marked(): ...


def test_inside():
    pytest.skip("in the test")


@pytest.fixture
def skipping():
    pytest.skip("in a fixture")


def test_by_its_fixture(skipping): ...


def test_that_passes(): ...
"""


def test_every_kind_of_skip_fails_the_run_and_is_named(tmp_path: Path) -> None:
    code, out = run(tmp_path, SKIPS)

    assert code == pytest.ExitCode.TESTS_FAILED
    named = out[out.index("skipped tests fail the run") :]
    assert [reason in named for reason in ("marked so", "in the test", "in a fixture")] == [True] * 3
    assert "test_that_passes" not in named


def test_skipping_a_whole_module_fails_the_run(tmp_path: Path) -> None:
    code, out = run(tmp_path, "import pytest\npytest.importorskip('there_is_no_such', reason='no such')")

    assert code != 0
    assert "no such" in out


def test_a_run_without_tests_fails(tmp_path: Path) -> None:
    assert run(tmp_path, "x = 1")[0] == pytest.ExitCode.NO_TESTS_COLLECTED


async def test_a_blocking_call_on_the_loop_is_an_error() -> None:
    with pytest.raises(BlockingError):
        time.sleep(0.001)  # noqa: ASYNC251  # the very thing


async def test_reading_a_file_on_the_loop_is_an_error(tmp_path: Path) -> None:
    await asyncio.to_thread((tmp_path / "x").write_text, "words")

    with pytest.raises(BlockingError):
        (tmp_path / "x").read_text()


async def test_the_same_call_in_a_thread_is_fine() -> None:
    await asyncio.to_thread(time.sleep, 0.001)


def test_a_run_that_is_ended_stops_the_servers_that_it_started(tmp_path: Path) -> None:
    test = f"""
import time
def test_it(redis_server, mosquitto):
    open({str(tmp_path / "pids")!r}, "w").write(f"{{redis_server.pid}} {{mosquitto.pid}}\\n")
    time.sleep(60)
"""
    process = start(tmp_path, test)
    pids = tmp_path / "pids"
    deadline = time.monotonic() + 20
    while not (pids.exists() and pids.read_text().endswith("\n")):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.02)

    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)

    assert process.returncode == 143
    assert not [pid for pid in pids.read_text().split() if Path("/proc", pid).exists()]
