"""`teddy doctor` about sound, guard and crashes: each, broken, is named with what to do."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from teddy_edge.health.checks import CHECKS
from teddy_edge.health.crashes import judge
from teddy_edge.health.examination import examine
from teddy_edge.health.finding import Condition, Finding
from teddy_edge.health.guarding import try_guard
from teddy_edge.health.history import End, Now, Rung, Start
from teddy_edge.health.patient import meet
from teddy_edge.health.sound import look_for_cards
from teddy_edge.health.starts import NAME, Starts, this_boot
from teddy_edge.health.waking import look_at_heads
from teddy_edge.safety.authored import read_authored
from teddy_edge.settings import Sound, read
from teddy_shared.clock import SystemClock
from teddy_shared.errors import PartMissing
from tests.soundcard_fakes import FakeCards


def named(found: Finding, *says: str) -> None:
    assert found.condition is Condition.WRONG, found
    assert all(each in found.what for each in says), found.what
    assert found.remedy


# --- sound ------------------------------------------------------------------------------------------------


class NoLibrary(FakeCards):
    def devices(self) -> tuple[()]:
        raise PartMissing("PortAudio", "sudo apt install libportaudio2")


def test_cards_that_are_there_are_named() -> None:
    found = look_for_cards(Sound(), FakeCards("USB bear"))

    assert (found.condition, found.what) == (Condition.WELL, "microphone USB bear, speaker USB bear")


def test_a_card_that_is_away_is_missed() -> None:
    named(look_for_cards(Sound(), FakeCards()), "no microphone found")
    named(look_for_cards(Sound(clips=(Path("a.wav"),), speaker="USB"), FakeCards()), "no speaker found")
    named(look_for_cards(Sound(microphone="WM8960"), FakeCards("USB bear")), "WM8960", "USB bear")


def test_a_machine_without_the_library_for_sound_is_told_what_to_install() -> None:
    named(look_for_cards(Sound(), NoLibrary()), "libportaudio2")


@pytest.mark.parametrize("speaker", ["", "none", "out.wav"])
def test_a_bear_that_uses_no_card_misses_none(speaker: str) -> None:
    found = look_for_cards(Sound(clips=(Path("a.wav"),), speaker=speaker), FakeCards())

    assert found.condition is Condition.NOTE


# --- guard ------------------------------------------------------------------------------------------------


async def test_a_guard_that_is_whole_is_well() -> None:
    assert (await try_guard()).condition is Condition.WELL


@pytest.mark.parametrize("file", ["policy.toml", "rules.toml"])
async def test_a_guard_whose_file_is_broken_is_closed(file: str) -> None:
    def read_broken(package: str, name: str) -> bytes:
        return b"nonsense" if name == file else read_authored(package, name)

    named(await try_guard(read_broken), "closed")


# --- waking -----------------------------------------------------------------------------------------------


def test_a_bear_that_answers_to_its_name_and_does_not_know_it_is_told(tmp_path: Path) -> None:
    named(look_at_heads(tmp_path, by_name=True), "its name", "missing")
    assert look_at_heads(tmp_path, by_name=False).condition is Condition.NOTE


def test_a_head_that_is_not_the_one_of_its_manifest_is_told(tmp_path: Path) -> None:
    (tmp_path / "hey_teddy.onnx").write_bytes(b"another")
    (tmp_path / "hey_teddy.toml").write_text('phrase = "hey teddy"\nthreshold = 0.5\nsha256 = "0"\n')

    named(look_at_heads(tmp_path, by_name=True), "not the head")


# --- crashes ----------------------------------------------------------------------------------------------


def start(began: float, *, rung: Rung = Rung.TALK, end: End | None = End.CRASHED, part: str = "ear") -> Start:
    return Start("a", began, began + 5, rung, end, part)


def test_a_bear_that_keeps_crashing_is_told_with_the_part() -> None:
    history = [start(100), start(110, part="mouth"), start(120, end=None, part="")]

    named(judge(history, Now("a", 130), runs=True), "2 times", "ear, mouth")
    named(judge(history, Now("a", 130), runs=False), "3 times", "an unknown part")


def test_safe_mode_is_told() -> None:
    history = [start(100), start(110), start(120), start(130, rung=Rung.SAFE_MODE, end=None)]

    named(judge(history, Now("a", 140), runs=True), "safe mode", "ear")


def test_crashes_of_long_ago_are_a_note_and_no_crash_is_well() -> None:
    assert judge([start(100), start(9000, end=None)], Now("a", 9100), runs=True).condition is Condition.NOTE
    assert judge([start(100, end=End.STOPPED)], Now("a", 130), runs=False).condition is Condition.WELL


async def test_the_doctor_reads_the_file_that_the_ladder_writes(tmp_path: Path) -> None:
    def live() -> None:
        starts = Starts(tmp_path / NAME, clock=SystemClock(), machine=this_boot())
        starts.began(Rung.TALK)
        starts.ended(End.CRASHED, "ear")

    await asyncio.to_thread(live)
    settings = read(environment={}, overrides={"data": tmp_path})
    patient = await asyncio.to_thread(meet, settings, unsettled=None, clock=SystemClock())

    found = await examine(patient, {"crashes": CHECKS["crashes"]})

    named(found["crashes"], "1 times", "ear")
