"""From a clean process to safe mode: what the next start should be, whatever clocks and cards do."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teddy_edge.errors import PartDied
from teddy_edge.health.history import MOST, WINDOW, End, Now, Rung, Start, next_rung, recent_crashes
from teddy_edge.health.ladder import climb, crashed_parts, reboot_by, runtime_of
from teddy_edge.health.starts import KEPT, NAME, SLOT, Starts, place_of, read_starts
from tests.full_disk import no_room_above
from tests.soundcard_fakes import HandClock

DAY = 86400.0


def life(
    began: float, seen: float, *, machine: str = "a", rung: Rung = Rung.TALK, end: End | None = End.CRASHED
) -> Start:
    return Start(machine, began, seen, rung, end)


def crashes(*times: float, machine: str = "a") -> list[Start]:
    return [life(at - 5, at, machine=machine) for at in times]


def rung(history: list[Start], uptime: float, *, machine: str = "a", can_reboot: bool = True) -> Rung:
    return next_rung(history, Now(machine, uptime), can_reboot=can_reboot)


# --- the ladder -------------------------------------------------------------------------------------------


def test_one_crash_is_healed_by_a_clean_process() -> None:
    assert rung(crashes(100), 102) is Rung.TALK


def test_a_second_crash_within_ten_minutes_is_healed_by_a_reboot_where_there_is_a_way_to_one() -> None:
    assert rung(crashes(100, 200), 202) is Rung.REBOOT
    assert rung(crashes(100, 200), 202, can_reboot=False) is Rung.TALK


def test_a_reboot_that_did_not_come_is_not_asked_for_again() -> None:
    asked = life(202, 203, rung=Rung.REBOOT, end=End.STOPPED)

    assert rung([*crashes(100, 200), asked], 205) is Rung.TALK


def test_after_the_reboot_the_bear_is_tried_again_and_the_third_crash_leads_to_safe_mode() -> None:
    before = crashes(100, 200)

    assert rung(before, 20, machine="b") is Rung.TALK
    assert rung([*before, *crashes(25, machine="b")], 27, machine="b") is Rung.SAFE_MODE


def test_three_crashes_within_ten_minutes_lead_to_safe_mode_and_slower_ones_do_not() -> None:
    assert rung(crashes(100, 300, 600), 602, can_reboot=False) is Rung.SAFE_MODE
    assert rung(crashes(100, 500, 900), 902, can_reboot=False) is Rung.TALK


def test_a_process_that_was_killed_counts_as_crashed_and_one_whose_power_went_does_not() -> None:
    killed = [replace(each, end=None) for each in crashes(100, 200, 300)]

    assert rung(killed, 302, can_reboot=False) is Rung.SAFE_MODE
    assert rung(killed, 302, machine="b", can_reboot=False) is Rung.TALK


def test_a_bear_that_is_stopped_as_often_as_one_likes_is_never_in_safe_mode() -> None:
    stopped = [replace(each, end=End.STOPPED) for each in crashes(*range(10, 100, 10))]

    assert rung(stopped, 101) is Rung.TALK


def test_safe_mode_ends_by_itself_and_one_crash_after_it_is_enough() -> None:
    safe = life(310, 910, rung=Rung.SAFE_MODE, end=End.STOPPED)
    before = [*crashes(100, 200, 300), safe]

    assert rung(before, 912) is Rung.TALK
    assert rung([*before, *crashes(930)], 932) is Rung.SAFE_MODE
    assert rung([*before, *crashes(DAY)], DAY + 2) is Rung.TALK


def test_who_switches_a_bear_in_safe_mode_off_and_on_gets_a_bear_that_tries_again() -> None:
    before = [*crashes(100, 200, 300), life(310, 310, rung=Rung.SAFE_MODE, end=None)]

    assert rung(before, 20, machine="b") is Rung.TALK
    assert rung([*before, *crashes(25, machine="b")], 27, machine="b") is Rung.SAFE_MODE


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1000)), max_size=KEPT), st.floats(0, 1e6))
def test_no_crash_counts_that_is_certainly_older_than_ten_minutes(
    steps: list[tuple[bool, float]], uptime: float
) -> None:
    machine, at, history = 0, 0.0, []
    for rebooted, lived in steps:
        machine, at = (machine + 1, 0.0) if rebooted else (machine, at)
        history.append(life(at, at + lived, machine=str(machine)))
        at += lived
    found = recent_crashes(history, Now(str(machine), at + uptime))

    if uptime >= WINDOW:
        assert not found
    assert len(found) <= len(history)


# --- what is kept on the card -------------------------------------------------------------------------------


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


def starts(file: Path, clock: HandClock, machine: str = "a") -> Starts:
    return Starts(file, clock=clock, machine=machine)


def crash(file: Path, clock: HandClock, part: str = "ear") -> None:
    found = starts(file, clock)
    found.began(Rung.TALK)
    clock.now += 5
    found.ended(End.CRASHED, part)


def test_what_was_noted_is_there_in_the_next_life(tmp_path: Path, clock: HandClock) -> None:
    crash(tmp_path / "starts", clock)

    (kept,) = starts(tmp_path / "starts", clock).history
    assert kept == Start("a", 100.0, 105.0, Rung.TALK, End.CRASHED, "ear")


def test_only_the_last_starts_are_kept_and_the_file_never_grows(tmp_path: Path, clock: HandClock) -> None:
    for _ in range(3 * KEPT):
        crash(tmp_path / "starts", clock, "a part with a long name, longer than most")

    assert len(starts(tmp_path / "starts", clock).history) == KEPT
    assert (tmp_path / "starts").stat().st_size == 2 * SLOT


def test_a_clock_that_jumps_a_year_changes_nothing(tmp_path: Path, clock: HandClock) -> None:
    """The wall clock is not even asked."""

    class Jumping(HandClock):
        def wall(self) -> float:
            raise AssertionError("what day it is has no say")

    jumping = Jumping()
    for _ in range(MOST):
        crash(tmp_path / "starts", jumping)

    assert starts(tmp_path / "starts", jumping).next_rung(can_reboot=False) is Rung.SAFE_MODE


@pytest.mark.parametrize("torn", range(0, 2 * SLOT, 512))
def test_whatever_page_a_power_cut_tears_an_earlier_note_is_whole(
    tmp_path: Path, clock: HandClock, torn: int
) -> None:
    file = tmp_path / "starts"
    crash(file, clock, "ear")
    crash(file, clock, "mouth")
    data = bytearray(file.read_bytes())
    data[torn : torn + 512] = b"\0" * 512
    file.write_bytes(data)

    assert starts(file, clock).history[0].part == "ear"


@pytest.mark.parametrize("data", [b"", b"\xff" * 9000, b"00000000{}", b"{" * SLOT])
def test_a_file_of_anything_else_holds_nothing(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "starts").write_bytes(data)

    assert read_starts(tmp_path / "starts") == (0, ())


def test_on_a_card_without_room_starts_are_noted_all_the_same(tmp_path: Path, clock: HandClock) -> None:
    file = tmp_path / "starts"
    crash(file, clock)
    with no_room_above(2 * SLOT):
        crash(file, clock)
        crash(file, clock)

    assert starts(file, clock).next_rung(can_reboot=False) is Rung.SAFE_MODE


def test_a_card_that_takes_nothing_does_not_keep_the_bear_from_starting(clock: HandClock) -> None:
    found = starts(Path("/proc/starts"), clock)
    found.began(Rung.TALK)
    found.ended(End.CRASHED)

    assert len(found.history) == 1


# --- a life -------------------------------------------------------------------------------------------------


class Lives:
    """Lives that end as it is told, on whatever rung they are."""

    def __init__(self, file: Path, clock: HandClock) -> None:
        self._file = file
        self._clock = clock
        self.lived: list[Rung] = []

    def one(self, death: BaseException | None, *, reboot: bool = False) -> int:
        def live(rung: Rung) -> int:
            self.lived.append(rung)
            self._clock.now += 5
            if death is not None and rung is Rung.TALK:
                raise death
            return 0

        return climb(
            starts(self._file, self._clock),
            talk=lambda: live(Rung.TALK),
            stay_safe=lambda: live(Rung.SAFE_MODE),
            reboot=(lambda: self.lived.append(Rung.REBOOT)) if reboot else None,
        )


def test_a_bear_that_keeps_crashing_climbs_the_ladder_and_knows_of_what(
    tmp_path: Path, clock: HandClock
) -> None:
    lives = Lives(tmp_path / "starts", clock)
    death = ExceptionGroup("", [ExceptionGroup("", [PartDied("ear")])])
    for _ in range(2):
        with pytest.raises(ExceptionGroup):
            lives.one(death, reboot=True)
    assert lives.one(death, reboot=True) == 0  # it asks for a reboot
    with pytest.raises(ExceptionGroup):
        lives.one(death, reboot=True)
    assert lives.one(death) == 0

    assert lives.lived == [Rung.TALK, Rung.TALK, Rung.REBOOT, Rung.TALK, Rung.SAFE_MODE]
    assert crashed_parts(starts(tmp_path / "starts", clock)) == ["ear", "ear", "ear"]


def test_a_reboot_is_asked_for_in_the_folder_that_systemd_made(tmp_path: Path) -> None:
    reboot = reboot_by(runtime_of({"RUNTIME_DIRECTORY": str(tmp_path)}))
    assert reboot is not None
    reboot()

    assert (tmp_path / "reboot").exists()
    assert reboot_by(runtime_of({})) is None


def test_where_nothing_can_be_written_starts_are_noted_in_memory_and_no_reboot_may_forget_them(
    tmp_path: Path,
) -> None:
    (tmp_path / "data").touch()  # a file, and no folder

    assert place_of(tmp_path / "data", tmp_path / "run") == (tmp_path / "run" / NAME, False)
    assert place_of(tmp_path / "bear", tmp_path / "run") == (tmp_path / "bear" / NAME, True)


def test_what_is_kept_is_plain_to_read(tmp_path: Path, clock: HandClock) -> None:
    crash(tmp_path / "starts", clock)

    slots = (tmp_path / "starts").read_bytes()
    assert json.loads(slots[8:SLOT].decode())["starts"][0]["part"] == "ear"
