"""The demo: broker, store, cloud and bear as real processes, a recorded child, and the parents' page."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from workshop.children import Child, ChildFailed, Children, Ended, signals_end_us
from workshop.parents import PageFailed, ParentsPage
from workshop.recordings import BadClip, examine, shipped
from workshop.telling import Turn, tell, tell_arrived, write_report

READY_SECONDS: Final = 60.0  # for a process to come up on a slow card
TURN_SECONDS: Final = 25.0  # the longest a turn may take beyond its recording
LOOK_SECONDS: Final = 0.25


class DemoFailed(Exception):
    """The demo could not go on; the message says why."""


@dataclass(frozen=True)
class Wishes:
    clips: tuple[Path, ...]  # none where somebody speaks into a microphone
    mic: str | None  # its name or number; empty for the machine's own
    once: bool
    report: Path | None
    only_examine: bool  # look at arguments and recordings, start nothing
    teddy: Path  # the command that everything is started with
    arrival_seconds: float  # from the last turn's end until all turns must be on the page


@dataclass
class Seen:
    """What has happened so far; written to the report however the demo ends."""

    page: str | None = None
    turns: list[Turn] = field(default_factory=list)
    played: bool = False
    complaint: str = ""  # the last one of the page

    @property
    def missing(self) -> list[int]:
        """The numbers of the turns that the page does not have yet."""
        return [number for number, turn in enumerate(self.turns, start=1) if not turn.in_read_model]


@dataclass(frozen=True)
class House:
    """What runs, once all of it is up."""

    children: Children
    bear: Child
    page: ParentsPage
    bear_id: str


def run(wishes: Wishes) -> int:
    """The whole demo. Raises ChildFailed and DemoFailed; the report is written in any case."""
    seconds = examine(wishes.clips)
    seen = Seen()
    with _folder() as folder:
        try:
            with Children(logs=folder, environment=_environment()) as children:
                house = _build(children, folder, wishes, seen)
                if wishes.mic is None:
                    _watch(house, seen, wishes, until_played=seconds + TURN_SECONDS * len(wishes.clips))
                if not wishes.once:
                    _stay(house, seen)
        finally:
            if wishes.report:
                write_report(wishes.report, page=seen.page, turns=seen.turns)
    return 0


def _build(children: Children, folder: Path, wishes: Wishes, seen: Seen) -> House:
    teddy = wishes.teddy
    who = "A recorded child talks" if wishes.mic is None else "You talk"
    _say(f"Teddy's demo. {who} to a real bear; all of it runs on this machine alone.\n")
    data = {name: folder / name for name in ("servers", "cloud", "bear")}
    servers = children.start("servers", [teddy, "cloud", "servers", "--data", data["servers"], "--json"])
    at = children.first_word(servers, seconds=READY_SECONDS)
    _say(f"The broker listens at {at['broker']}, the store at {at['store']}.")

    provision = folder / "bear.toml"
    common = ["--store", at["store"], "--data", data["cloud"], "--json"]
    family = children.ask(
        "making a family",
        [teddy, "cloud", "family", "add", *_FAMILY, "--provision", provision, *common],
        seconds=READY_SECONDS,
    )
    _say(
        "A family is made up for the demo. It grants two purposes and no more: `activity` (that there was\n"
        "a talk, how long and about what) and `safety` (that a child may need help). What the child says\n"
        "stays on the bear; you read it here because this bear was started for looking inside."
    )
    run = ["cloud", "run", "--broker", at["broker"], "--port", "0"]
    cloud = children.start("cloud", [teddy, *run, *common])
    seen.page = str(children.first_word(cloud, seconds=READY_SECONDS)["page"])
    _say(
        f"\n  the parents' page   {seen.page}\n"
        f"  e-mail              {family['email']}\n"
        f"  password            {family['password']}\n"
    )
    _say("The bear wakes up and loads its models …")
    bear = children.start("bear", [teddy, *_bear(provision, at["broker"], data["bear"], wishes)])
    children.first_word(bear, seconds=READY_SECONDS)
    _say("It listens.\n" if wishes.mic is None else "It listens. Speak into the microphone.\n")
    page = ParentsPage(url=seen.page, email=family["email"], password=family["password"])
    return House(children, bear, page, str(family["bear"]))


_FAMILY: Final = (
    *("--email", "parent@demo.example", "--bear", "demo-bear", "--age-band", "5-7"),
    *("--grant", "activity", "--grant", "safety"),
)


def _bear(provision: Path, broker: str, data: Path, wishes: Wishes) -> list[str | Path]:
    where: list[str | Path] = ["--provision", provision, "--broker", broker, "--data", data]
    if wishes.mic is not None:
        return ["bear", "run", *where, "--json", "--mic", wishes.mic]
    return ["bear", "run", *where, "--json", "--speaker", "none", "--clips", *wishes.clips]


def _watch(house: House, seen: Seen, wishes: Wishes, *, until_played: float) -> None:
    """Tell each turn as it happens, until all of them are on the page. Raises DemoFailed when late."""
    deadline = time.monotonic() + until_played
    while not (seen.played and not seen.missing):
        was_played = seen.played
        try:
            house.children.listen(LOOK_SECONDS)
        finally:
            _hear(house.bear, seen)  # also the last words of a bear that died
        if seen.played and not was_played:
            deadline = time.monotonic() + wishes.arrival_seconds
        _look(house, seen)
        if time.monotonic() > deadline:
            raise DemoFailed(_what_is_late(seen, wishes.arrival_seconds))
    if not seen.turns:
        raise DemoFailed("the recordings were played and the bear heard nothing that it would answer")
    _say(f"\nAll {len(seen.turns)} turns are on the parents' page.")


def _stay(house: House, seen: Seen) -> None:
    """Until Ctrl-C; who has a microphone may go on talking."""
    try:
        _say("\nEverything stays up. Open the page, and press Ctrl-C to end.")
        while True:
            try:
                house.children.listen(LOOK_SECONDS if seen.missing else 1.0)
            finally:
                _hear(house.bear, seen)
            _look(house, seen)
    except Ended as ended:
        if ended.number != signal.SIGINT:
            raise
        _say("\nThe demo is over; stopping everything.")


def _hear(bear: Child, seen: Seen) -> None:
    while bear.said:
        said = bear.said.popleft()
        if said.get("event") == "turn":
            seen.turns.append(Turn(said))
            _say(tell(len(seen.turns), seen.turns[-1]))
        elif said.get("event") == "played":
            seen.played = True


def _look(house: House, seen: Seen) -> None:
    if not seen.missing:
        return
    try:
        known = house.page.turns(house.bear_id)
    except PageFailed as error:  # busy, perhaps; the deadline decides
        seen.complaint = str(error)
        return
    for number in seen.missing:
        turn = seen.turns[number - 1]
        if turn.id in known:
            turn.in_read_model = True
            _say(tell_arrived(number, of=len(seen.turns)))


def _what_is_late(seen: Seen, seconds: float) -> str:
    if not seen.played:
        return f"the bear has not come to the end of the recordings ({len(seen.turns)} turns so far)"
    numbers = ", ".join(map(str, seen.missing))
    late = f"not on the parents' page after {seconds:.0f} s: turn {numbers} of {len(seen.turns)}"
    return f"{late}; {seen.complaint}" if seen.complaint else late


@contextmanager
def _folder() -> Iterator[Path]:
    """For everything that the processes write; kept only when something failed, to look into."""
    folder = Path(tempfile.mkdtemp(prefix="teddy-demo-"))
    try:
        yield folder
    except (ChildFailed, DemoFailed):
        print(f"\nThe logs are kept in {folder}", file=sys.stderr)
        raise
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)


def _environment() -> Mapping[str, str]:
    ours = ("PYTHONPATH", "PYTHONSAFEPATH")  # how the tools find their own modules
    return {**{k: v for k, v in os.environ.items() if k not in ours}, "PYTHONUNBUFFERED": "1"}


def _say(text: str) -> None:
    print(text, flush=True)


def read_wishes(arguments: Sequence[str] | None = None) -> Wishes:
    parser = argparse.ArgumentParser(
        prog="tools/demo",
        description="A child, recorded or real, talks to the bear; every turn appears on the parents' page.",
    )
    parser.add_argument(
        "--say", type=Path, nargs="+", metavar="CLIP.wav", help="play these instead (16 kHz, mono, 16 bits)"
    )
    parser.add_argument(
        "--mic",
        nargs="?",
        const="",
        metavar="NAME",
        help="speak yourself: a microphone and a speaker of this machine instead of the recording",
    )
    parser.add_argument("--once", action="store_true", help="end when all turns are on the page")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write what happened as JSON")
    # For the tool's front and for its tests.
    parser.add_argument("--examine", action="store_true", help=argparse.SUPPRESS)
    teddy = Path(sys.executable).parent / "teddy"
    parser.add_argument("--teddy", type=Path, default=teddy, help=argparse.SUPPRESS)
    parser.add_argument("--arrival", type=float, default=30.0, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.mic is not None and (asked.say or asked.once):
        parser.error("--mic waits for you to speak; it goes with neither --say nor --once")
    if asked.report and not _writable(asked.report):
        parser.error(f"the report cannot be written to {asked.report}")
    return Wishes(
        clips=() if asked.mic is not None else tuple(path.absolute() for path in asked.say or shipped()),
        mic=asked.mic,
        once=asked.once,
        report=asked.report and asked.report.absolute(),
        only_examine=asked.examine,
        teddy=asked.teddy,
        arrival_seconds=asked.arrival,
    )


def _writable(file: Path) -> bool:
    return not file.is_dir() and os.access(file.absolute().parent, os.W_OK)


def main() -> int:
    wishes = read_wishes()
    try:
        examine(wishes.clips)
        if wishes.only_examine:
            return 0
        with signals_end_us():
            return run(wishes)
    except BadClip as error:
        print(f"tools/demo: {error}", file=sys.stderr)
        return 2
    except (ChildFailed, DemoFailed) as error:
        print(f"\ntools/demo: {error}", file=sys.stderr)
        return 1
    except Ended as ended:
        print("\nThe demo was ended before its end; everything was stopped.", file=sys.stderr)
        return 128 + ended.number
    except BrokenPipeError:  # `tools/demo | head`: the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


if __name__ == "__main__":
    sys.exit(main())
