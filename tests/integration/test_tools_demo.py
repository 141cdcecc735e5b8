"""The demo tells what happens, names what failed, and never leaves a process behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import wave
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Stands in for `teddy`: each part says what the demo expects, notes when it starts and stops, and one
# of them may misbehave.
TEDDY = """\
#!{python}
import http.server, json, os, signal, sys, time

notes, mood = {notes!r}, {mood!r}
part = {{"servers": "servers", "family": "family", "run": "cloud"}}[sys.argv[2]]
if sys.argv[1] == "bear":
    part = "bear"


def note(what):
    with open(notes, "a") as file:
        file.write(f"{{part}} {{what}} {{os.getpid()}}\\n")


def stop(*_):
    note("stopped")
    sys.exit(0)


def say(**what):
    print(json.dumps(what), flush=True)


signal.signal(signal.SIGTERM, stop)
note("started")
if part == "servers":
    say(broker="mqtt://127.0.0.1:1", store="redis://127.0.0.1:2")
elif part == "family":
    say(email="a@b.example", password="pw", bear="demo-bear")
    sys.exit()
elif part == "cloud":
    class Page(http.server.BaseHTTPRequestHandler):
        def answer(self, what):
            body = json.dumps(what).encode()
            self.send_response(200)
            self.send_header("Set-Cookie", "session=s; HttpOnly")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self):
            self.answer({{"bears": ["demo-bear"]}})

        def do_GET(self):
            assert self.headers["Cookie"] == "session=s"
            known = ["t1"] if mood == "loses t2" else ["t1", "t2"]
            self.answer({{"turns": [{{"turn": each, "ended_wall_ms": 1}} for each in known]}})

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Page)
    say(page=f"http://127.0.0.1:{{server.server_port}}/")
    server.serve_forever()
else:
    say(event="ready")
    print("not a line of JSON", flush=True)
    for number in (1, 2):
        say(event="turn", turn=f"t{{number}}", clip="x.wav", heard=f"question {{number}}", confidence=0.9,
            verdict="answer", skill="jokes", reply="ha", stages_ms={{"hearing": 180.2, "voice": 9.5}},
            first_sound_ms=241.5, events=[])
        if mood == "dies" and number == 1:
            print("the roof fell in", file=sys.stderr, flush=True)
            sys.exit(3)
    if mood != "never plays":
        say(event="played")
time.sleep(600)
"""


def wav(path: Path, *, rate: int = 16_000, channels: int = 1, width: int = 2, frames: int = 1600) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setframerate(rate)
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.writeframes(b"\1" * (frames * channels * width))
    return path


class Demo:
    """The demo in a process of its own, on the stand-in."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.notes = folder / "notes"
        self.report = folder / "report.json"

    def start(self, *arguments: str, mood: str = "good") -> subprocess.Popen[str]:
        teddy = self._folder / "teddy"
        teddy.write_text(TEDDY.format(python=sys.executable, notes=str(self.notes), mood=mood))
        teddy.chmod(0o755)
        clip = wav(self._folder / "clip.wav")
        ours = ["--teddy", str(teddy), "--report", str(self.report), "--say", str(clip), *arguments]
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "workshop.demo", *ours],
            env={**os.environ, "PYTHONPATH": str(ROOT / "tools"), "TMPDIR": str(self._folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, mood: str = "good") -> tuple[int, str, str]:
        process = self.start(*arguments, mood=mood)
        out, err = process.communicate(timeout=30)
        return process.returncode, out, err

    def noted(self, what: str) -> list[str]:
        lines = self.notes.read_text().splitlines() if self.notes.exists() else []
        return [part for part, noted, _ in map(str.split, lines) if noted == what]

    def alive(self) -> list[int]:
        """The processes that were started and still run."""
        lines = self.notes.read_text().splitlines() if self.notes.exists() else []
        ids = {int(line.split()[2]) for line in lines}
        return [each for each in ids if _runs(each)]


def _runs(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_until(true: Callable[[], object], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    demo = Demo(tmp_path)
    yield demo
    for process in demo.alive():
        os.kill(process, signal.SIGKILL)


def test_once_tells_the_conversation_and_ends_when_all_turns_are_on_the_page(demo: Demo) -> None:
    code, out, err = demo.run("--once")

    assert (code, err) == (0, "")
    assert "“question 1”" in out
    assert "first sound after 242 ms (hearing 180 · voice 9.5 ms)" in out
    assert "a@b.example" in out
    assert "`activity`" in out
    assert "All 2 turns are on the parents' page." in out
    report = json.loads(demo.report.read_text())
    assert report["page"].startswith("http://127.0.0.1:")
    assert [turn["in_read_model"] for turn in report["turns"]] == [True, True]
    assert set(report["turns"][0]) == {
        *("heard", "confidence", "verdict", "skill", "reply"),
        *("stages_ms", "first_sound_ms", "events", "in_read_model"),
    }


def test_everything_is_stopped_in_the_reverse_order(demo: Demo) -> None:
    demo.run("--once")

    assert demo.noted("started") == ["servers", "family", "cloud", "bear"]
    assert demo.noted("stopped") == ["bear", "cloud", "servers"]
    assert demo.alive() == []


def test_nothing_is_left_in_the_temporary_folder(demo: Demo, tmp_path: Path) -> None:
    demo.run("--once")

    assert not list(tmp_path.glob("teddy-demo-*"))


def test_a_process_that_dies_is_named_with_its_last_words_and_the_rest_is_stopped(demo: Demo) -> None:
    code, _, err = demo.run("--once", mood="dies")

    assert code == 1
    assert "bear died (with exit code 3)" in err
    assert "the roof fell in" in err
    assert demo.noted("stopped") == ["cloud", "servers"]
    assert demo.alive() == []
    assert len(json.loads(demo.report.read_text())["turns"]) == 1


def test_a_turn_that_does_not_arrive_is_named_after_a_deadline(demo: Demo) -> None:
    code, _, err = demo.run("--once", "--arrival", "1", mood="loses t2")

    assert code == 1
    assert "turn 2 of 2" in err
    assert [turn["in_read_model"] for turn in json.loads(demo.report.read_text())["turns"]] == [True, False]


@pytest.mark.parametrize(
    ("number", "mood", "code"),
    [
        (signal.SIGINT, "good", 0),
        (signal.SIGTERM, "good", 143),
        (signal.SIGHUP, "good", 129),
        (signal.SIGTERM, "never plays", 143),
        (signal.SIGINT, "never plays", 130),
    ],
)
def test_a_signal_stops_everything_in_order(demo: Demo, number: int, mood: str, code: int) -> None:
    process = demo.start(mood=mood)
    assert process.stdout is not None
    sign = "turn 2 of 2" if mood == "never plays" else "Ctrl-C"
    while sign not in process.stdout.readline():
        assert process.poll() is None

    process.send_signal(number)
    process.communicate(timeout=15)

    assert process.returncode == code
    assert demo.noted("stopped") == ["bear", "cloud", "servers"]
    assert demo.alive() == []
    assert len(json.loads(demo.report.read_text())["turns"]) == 2


def test_even_when_it_is_killed_outright_nothing_stays_behind(demo: Demo) -> None:
    process = demo.start(mood="never plays")
    wait_until(lambda: "bear" in demo.noted("started"))

    process.kill()
    process.communicate()

    wait_until(lambda: not demo.alive())


def test_a_reader_that_leaves_ends_the_demo_quietly(demo: Demo) -> None:
    process = demo.start("--once")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None

    assert process.wait(15) == 0
    assert process.stderr.read() == ""
    process.stderr.close()
    assert demo.alive() == []


def _not_wav(path: Path) -> Path:
    path.write_bytes(b"ID3 this is no wave")
    return path


def _truncated(path: Path) -> Path:
    wav(path)
    path.write_bytes(path.read_bytes()[:-100])
    return path


BAD: Sequence[tuple[Callable[[Path], Path], str]] = [
    (lambda path: path, "there is no file"),
    (_not_wav, "not a WAV file"),
    (_truncated, "cut short"),
    (lambda path: wav(path, frames=0), "holds no sound"),
    (lambda path: wav(path, rate=44_100), "44100 Hz"),
    (lambda path: wav(path, channels=2), "2 channels"),
    (lambda path: wav(path, width=1), "8 bits"),
    (lambda path: path.parent, "cannot be read"),
]


@pytest.mark.parametrize(("make", "says"), BAD, ids=[says for _, says in BAD])
def test_a_recording_that_cannot_be_played_is_one_line_before_anything_starts(
    demo: Demo, tmp_path: Path, make: Callable[[Path], Path], says: str
) -> None:
    clip = make(tmp_path / "odd.wav")

    code, out, err = demo.run("--say", str(clip))

    assert code == 2
    assert says in err
    assert len(err.splitlines()) == 1
    assert out == ""
    assert demo.noted("started") == []


def test_a_report_that_cannot_be_written_is_told_before_anything_starts(demo: Demo) -> None:
    code, _, err = demo.run("--report", "/proc/nowhere/report.json")

    assert code == 2
    assert "the report cannot be written" in err
    assert demo.noted("started") == []
