"""An operator who errs, or has seen enough, gets one line or a quiet end, never a traceback."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from teddy_edge.commands.bear import Printing
from teddy_edge.inference.models import ModelStore
from tests.journeys.test_whole_way import clips
from tests.processes import TEDDY, ask


def test_a_folder_in_the_place_of_the_speaker_s_file_is_named(tmp_path: Path, models: ModelStore) -> None:
    folder = tmp_path / "said.wav"
    folder.mkdir()

    code, _, errors = ask(["bear", "run", "--data", tmp_path, "--speaker", folder, "--clips", *clips(1)])

    assert code == 2
    assert f"teddy bear: cannot write {folder}: Is a directory" in errors
    assert "Traceback" not in errors
    assert "Exception ignored" not in errors


@pytest.mark.parametrize("wrong", ["Is a directory", "No space left on device"])
def test_an_answer_that_cannot_be_written_is_one_line(tmp_path: Path, models: ModelStore, wrong: str) -> None:
    (clip,) = clips(1)
    answer = tmp_path / f"{clip.stem}.answer.wav"
    if "directory" in wrong:
        answer.mkdir()
    else:
        answer.symlink_to("/dev/full")

    code, _, errors = ask(["hear", "--out", tmp_path, clip])

    assert (code, errors) == (2, f"teddy hear: cannot write {answer}: {wrong}\n")


def test_what_is_typed_in_another_encoding_is_still_answered() -> None:
    typed = "Hello Teddy\nI like caf\xe9\nTell me a joke\n".encode("latin-1")

    done = subprocess.run(
        [TEDDY, "talk", "--json"],
        input=typed,
        capture_output=True,
        timeout=30,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "utf-8:strict"},
    )

    assert (done.returncode, done.stderr) == (0, b"")
    assert [json.loads(line)["heard"] for line in done.stdout.splitlines()] == [
        "Hello Teddy",
        "I like caf\ufffd",
        "Tell me a joke",
    ]


async def test_a_talk_by_keyboard_is_broken_off_by_one_control_c() -> None:
    talk = await asyncio.create_subprocess_exec(TEDDY, "talk", "--json", stdin=PIPE, stdout=PIPE, stderr=PIPE)
    assert talk.stdin is not None
    assert talk.stdout is not None
    assert talk.stderr is not None
    try:
        talk.stdin.write(b"Hello Teddy\n")
        async with asyncio.timeout(30):
            assert json.loads(await talk.stdout.readline())["reply"]

        talk.send_signal(signal.SIGINT)

        async with asyncio.timeout(3):
            assert await talk.wait() == 130
        assert await talk.stderr.read() == b""
    finally:
        if talk.returncode is None:
            talk.kill()
            await talk.wait()


def test_a_bear_whose_reader_has_seen_enough_ends_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    read, written = os.pipe()
    os.close(read)
    ended: list[str] = []
    with os.fdopen(written, "w") as unread:
        monkeypatch.setattr(sys, "stdout", unread)
        printing = Printing(unread=lambda: ended.append("bear"))

        printing.tell({"event": "ready"})
        printing.tell({"event": "played"})

    assert ended == ["bear"]
