"""A talk as its log, its records and its metrics tell it: which turn, how long, and never what was said."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import urllib.request
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import structlog
from dishka import Scope, provide

from teddy_edge.audio.ring import Overrun
from teddy_edge.audio.samples import Pcm
from teddy_edge.container.bundles import Models
from teddy_edge.conversation.meter import Meter
from teddy_edge.conversation.report import ON_THE_WAY, TurnReport
from teddy_edge.conversation.states import State
from teddy_edge.conversation.turn_log import TurnLog
from teddy_edge.ear.endpointing import WordsSoFar
from teddy_edge.ear.silero import Silero, open_silero
from teddy_edge.ear.thread import Noticed
from teddy_edge.inference.governor import Governor, ThreadGovernor, Work
from teddy_edge.inference.models import ModelStore
from teddy_edge.speech.hibari import HibariSynthesizer
from teddy_edge.speech.transcriber import Hearing, Transcriber
from teddy_edge.speech.voice import Voice
from teddy_edge.telemetry.metrics import STAGES
from teddy_shared import logs
from teddy_shared.events import TurnEnded
from teddy_shared.logs import bound, log
from tests.journeys.test_talk_in_virtual_time import VirtualParts, home
from tests.processes import ask, teddy
from tests.speaking import Speaking

RECORDING = Path(__file__).parent.parent.parent / "tools/workshop/recording"
Lines = Callable[[], list[dict[str, Any]]]


class Chatty:
    """The real recogniser, which tells the log of its work as any room might."""

    def __init__(self, real: Transcriber) -> None:
        self._real = real

    def transcribe(self, pcm: Pcm) -> Hearing:
        log("hearing").debug("transcribing", samples=len(pcm))
        return self._real.transcribe(pcm)


class Counting:
    """A meter that keeps what it was told."""

    def __init__(self) -> None:
        self.turns: list[TurnEnded] = []
        self.samples = 0

    def ended(self, turn: TurnEnded) -> None:
        self.turns.append(turn)

    def lost(self, samples: int) -> None:
        self.samples += samples


class MeasuredParts(VirtualParts):
    """A virtual bear that somebody measures and whose recogniser writes to the log."""

    def __init__(self, transcriber: Transcriber, synthesizer: HibariSynthesizer, net: Silero) -> None:
        super().__init__(transcriber, synthesizer, net)
        self.meter = Counting()

    @provide(scope=Scope.APP, override=True)
    def counting(self) -> Meter:
        return self.meter

    @provide(scope=Scope.APP, override=True)
    async def models(self, governor: Governor) -> Models:
        transcriber, synthesizer, net = self._loaded
        voice = Voice(synthesizer=synthesizer, governor=governor)
        return Models(recogniser=Chatty(transcriber), voice=voice, net=net)


@pytest.fixture(scope="session")
def net(models: ModelStore) -> Silero:
    return open_silero(models)


@pytest.fixture
def parts(transcriber: Transcriber, synthesizer: HibariSynthesizer, net: Silero) -> MeasuredParts:
    return MeasuredParts(transcriber, synthesizer, net)


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    """What was written to the log since the last look."""
    written, seen = StringIO(), 0

    def fresh() -> list[dict[str, Any]]:
        nonlocal seen
        new, seen = written.getvalue()[seen:], len(written.getvalue())
        return [json.loads(line) for line in new.splitlines()]

    monkeypatch.setattr(logging.root, "handlers", [])  # the one that is put there must not stay
    with monkeypatch.context() as for_now:
        for_now.setattr(sys, "stderr", written)
        logs.configure(form="json", level="debug")
    yield fresh
    structlog.reset_defaults()


def ids(report: TurnReport) -> tuple[str, str]:
    """Turn and trace, as the events of this turn carry them to the cloud."""
    head = report.events[0].envelope
    assert head.turn is not None
    assert head.traceparent is not None
    return head.turn, head.traceparent.split("-")[1]


def ids_of(line: dict[str, Any]) -> tuple[str | None, str | None]:
    return line.get("turn"), line.get("trace")


@pytest.mark.virtual_time
async def test_every_line_of_a_turn_names_it_and_no_line_holds_a_childs_word(
    parts: MeasuredParts, speaking: Speaking, lines: Lines, tmp_path: Path
) -> None:
    async with home(parts, tmp_path, patience=0.0) as at:
        await at.room.say(speaking.child("My secret word is rhubarb pudding."))
        await at.room.quiet_until(lambda: at.talking.states.now is State.SPEAKING)
        await at.room.say(speaking.child("Stop. Tell me something about elephants."))  # interrupts
        await at.answered(2)
        between = lines()
        log("room").info("the door opens")
        at.talking.inbox.post(Noticed(Overrun(lost=320, index=0), 0.0))
        await at.room.quiet(0.1)
        after = lines()
        await at.room.say(speaking.child("Tell me a joke, please."))
        await at.answered(3)
        again = lines()

    first, second, third = at.reports
    of_turns = [line for line in between if line["room"] == "turn"]
    assert [ids_of(line) for line in of_turns] == [ids(first), ids(second)]
    heard_ahead = {ids_of(line) for line in between if line["room"] == "hearing"}
    assert heard_ahead == {(None, None)}  # in a pause, which may be of no turn at all
    assert [line["outcome"] for line in of_turns] == ["interrupted", "answered"]
    assert {ids_of(line) for line in again if line["room"] == "turn"} == {ids(third)}

    assert [line["event"] for line in after] == ["the door opens", "samples lost"]
    assert {ids_of(line) for line in after} == {(None, None)}  # nothing of the last turn is left

    written = json.dumps([between, after, again]).lower()
    assert "rhubarb" in first.heard.lower()
    for word in ("rhubarb", "pudding", "secret", "elephant", "please"):
        assert word not in written


@pytest.mark.virtual_time
async def test_each_turn_leaves_one_record_and_is_measured_once(
    parts: MeasuredParts, speaking: Speaking, tmp_path: Path
) -> None:
    async with home(parts, tmp_path) as at:
        await at.room.say(speaking.child("Hello Teddy."))
        await at.answered(1)
        await at.room.quiet(1)
        await at.room.say(speaking.child("Tell me something about elephants."))
        await at.answered(2)
        wait = at.talking.endpointing.wait(WordsSoFar.FINISHED) / 16  # ms
        records = await TurnLog(state=at.bear.state, clock=at.talking.clock).last()
        at.talking.inbox.post(Noticed(Overrun(lost=320, index=0), 0.0))
        await at.room.quiet(0.1)

    assert [record.turn for record in records] == [report.turn for report in at.reports]
    for record, report, ended in zip(records, at.reports, parts.meter.turns, strict=True):
        assert (record.turn, record.trace) == ids(report)
        assert (record.skill, record.verdict, record.outcome) == (
            report.skill,
            report.verdict,
            report.outcome,
        )
        assert record.stages_ms == report.stages_ms == ended.stages_ms
        assert set(ON_THE_WAY) <= set(record.stages_ms) <= STAGES
        assert record.first_sound_ms == report.first_sound_ms == ended.first_sound_ms
        assert record.from_last_sample_ms == report.from_last_sample_ms == ended.from_last_sample_ms
        assert record.first_sound_ms is not None
        assert record.from_last_sample_ms is not None
        on_the_way = sum(record.stages_ms[stage] for stage in ON_THE_WAY)
        assert on_the_way == pytest.approx(record.from_last_sample_ms, abs=0.1)  # nothing is left out
        # The pause that ends a turn lies between the two, and a frame of doubt counts half.
        assert wait - 1 <= record.from_last_sample_ms - record.first_sound_ms <= wait + 400
    assert parts.meter.samples == 320


@pytest.mark.virtual_time
async def test_the_last_turns_are_there_after_a_restart(
    parts: MeasuredParts, speaking: Speaking, tmp_path: Path
) -> None:
    async with home(parts, tmp_path) as at:
        await at.room.say(speaking.child("Hello Teddy."))
        await at.answered(1)
    async with home(parts, tmp_path) as again:
        await again.room.say(speaking.child("Tell me a joke, please."))
        await again.answered(1)
        records = await TurnLog(state=again.bear.state, clock=again.talking.clock).last()

    assert [record.turn for record in records] == [at.reports[0].turn, again.reports[0].turn]


async def test_what_a_model_logs_in_its_thread_belongs_to_the_turn_that_asked(lines: Lines) -> None:
    governor = ThreadGovernor()

    with bound(turn="t1", trace="c0ffee"):
        await governor.run(Work.HEARING, lambda: log("hearing").info("heard"))
    await governor.run(Work.HEARING, lambda: log("hearing").info("heard"))
    await asyncio.to_thread(governor.close)

    assert [ids_of(line) for line in lines()] == [("t1", "c0ffee"), (None, None)]


async def test_a_living_bear_serves_its_metrics_and_shows_its_turns(tmp_path: Path) -> None:
    where: list[str | Path] = ["--data", tmp_path / "bear", "--json", "--metrics", "0"]
    where += ["--speaker", "none", "--clips", RECORDING / "09-good-night.wav"]
    json_logs = {"TEDDY_BEAR_LOGS__FORM": "json"}
    async with teddy("bear", "run", *where, log=tmp_path / "bear.log", environment=json_logs) as run:
        (turn,) = await run.turns(1)
        port = run.said[0]["metrics_port"]
        text = await asyncio.to_thread(metrics_at, port)
        code, out, errors = await asyncio.to_thread(ask, ["turns", "--data", tmp_path / "bear", "--json"])
        assert await run.end() == 0

    assert (code, errors) == (0, "")
    (shown,) = [json.loads(line) for line in out.splitlines()]
    assert {key: shown[key] for key in ("turn", "skill", "outcome", "stages_ms", "from_last_sample_ms")} == {
        key: turn[key] for key in ("turn", "skill", "outcome", "stages_ms", "from_last_sample_ms")
    }
    labels = ",".join(f'{name}="{turn[name]}"' for name in ("outcome", "skill", "verdict"))
    assert f"teddy_turns_total{{{labels}}} 1.0" in text
    assert 'teddy_outbox_waiting_events{lane="interaction"} 3.0' in text  # started, begun, ended
    assert "teddy_link_connected 0.0" in text
    logged = (await asyncio.to_thread((tmp_path / "bear.log").read_text)).splitlines()
    (line,) = [each for each in map(json.loads, logged) if each["room"] == "turn"]
    assert ids_of(line) == (shown["turn"], shown["trace"])


async def test_a_port_that_is_taken_ends_the_bear_with_a_word_of_what_to_do(tmp_path: Path) -> None:
    async def nobody(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(nobody, "127.0.0.1", 0) as taken:
        port = str(taken.sockets[0].getsockname()[1])
        where: list[str | Path] = ["--data", tmp_path / "bear", "--metrics", port, "--speaker", "none"]
        where += ["--clips", RECORDING / "09-good-night.wav"]
        code, _, errors = await asyncio.to_thread(ask, ["bear", "run", *where])

    assert code == 2
    assert f"port {port} for metrics is taken" in errors


def metrics_at(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        text: bytes = answer.read()
    return text.decode()
