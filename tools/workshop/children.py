"""Child processes that end with us, however we end, and whose death is told with their last words."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import selectors
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

GRACE_SECONDS: Final = 10.0  # to stop in order before we stop waiting
TAIL_LINES: Final = 15
PR_SET_PDEATHSIG: Final = 1


class ChildFailed(Exception):
    """A process died or stayed silent; the message has its name and the tail of its log."""


@dataclass
class Child:
    """One process. What it prints as JSON lines waits in `said`; all else goes to its log."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    said: deque[dict[str, Any]] = field(default_factory=deque)
    rest: bytes = b""  # the beginning of a line

    def tail(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join(lines[-TAIL_LINES:]) or "(it said nothing)"


class Children:
    """Starts processes one after the other and stops them in the reverse order.

    Each is the head of its own process group, so that Ctrl-C reaches us alone and we stop them in
    order; should we be killed, the kernel tells them to end.
    """

    def __init__(self, *, logs: Path, environment: Mapping[str, str]) -> None:
        self._logs = logs
        self._environment = dict(environment)
        self._children: list[Child] = []
        self._selector = selectors.DefaultSelector()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self, name: str, command: Sequence[str | Path]) -> Child:
        log = self._logs / f"{name}.log"
        with log.open("ab") as errors:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=self._environment,
                start_new_session=True,
                preexec_fn=_end_with_parent(os.getpid()),
            )
        child = Child(name, process, log)
        self._children.append(child)
        assert process.stdout is not None
        os.set_blocking(process.stdout.fileno(), False)
        self._selector.register(process.stdout, selectors.EVENT_READ, child)
        return child

    def ask(self, name: str, command: Sequence[str | Path], *, seconds: float) -> dict[str, Any]:
        """Run a command to its end and give back the object that it printed."""
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=seconds,
                check=False,
                env=self._environment,
                preexec_fn=_end_with_parent(os.getpid()),
            )
        except subprocess.TimeoutExpired:
            raise ChildFailed(f"{name} did not finish within {seconds:.0f} s") from None
        if done.returncode:
            told = done.stderr.decode(errors="replace").strip()
            raise ChildFailed(f"{name} failed with exit code {done.returncode}:\n{told}")
        for line in done.stdout.splitlines():
            if (answer := _as_object(line)) is not None:
                return answer
        raise ChildFailed(f"{name} printed no JSON")

    def first_word(self, child: Child, *, seconds: float) -> dict[str, Any]:
        """The first object that a child prints."""
        deadline = time.monotonic() + seconds
        while not child.said:
            if time.monotonic() > deadline:
                raise ChildFailed(
                    f"{child.name} was not ready within {seconds:.0f} s; the end of its log:\n{child.tail()}"
                )
            self.listen(0.1)
        return child.said.popleft()

    def listen(self, seconds: float) -> None:
        """Gather what the children print for at most so long. Raises ChildFailed when one has died."""
        for key, _ in self._selector.select(seconds):
            self._read(key.data)
        for child in self._children:
            if (code := child.process.poll()) is not None:
                self._read(child)
                raise ChildFailed(f"{child.name} died ({_how(code)}); the end of its log:\n{child.tail()}")

    def stop(self) -> None:
        """Last started, first stopped. Whoever does not stop in time is killed, with all it started."""
        while self._children:
            child = self._children.pop()
            if child.process.poll() is None:
                child.process.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.process.wait(GRACE_SECONDS)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.process.pid, signal.SIGKILL)
            child.process.wait()
            assert child.process.stdout is not None
            with contextlib.suppress(KeyError):
                self._selector.unregister(child.process.stdout)
            child.process.stdout.close()
        self._selector.close()

    def _read(self, child: Child) -> None:
        assert child.process.stdout is not None
        try:
            data = os.read(child.process.stdout.fileno(), 1 << 16)
        except BlockingIOError:
            return
        if not data:
            with contextlib.suppress(KeyError):
                self._selector.unregister(child.process.stdout)
            return
        *lines, child.rest = (child.rest + data).split(b"\n")
        for line in lines:
            said = _as_object(line)
            if said is not None:
                child.said.append(said)
            elif line.strip():
                with child.log.open("ab") as log:
                    log.write(line + b"\n")


@contextlib.contextmanager
def signals_end_us() -> Iterator[None]:
    """Ctrl-C, SIGTERM and a closed terminal raise Ended once; while we clean up they are ignored."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def end(number: int, _: object) -> None:
        for each in numbers:
            signal.signal(each, signal.SIG_IGN)
        raise Ended(number)

    before = {number: signal.signal(number, end) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Ended(BaseException):
    """Somebody asked us to end. Not an Exception, so that nothing on the way swallows it."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


def _end_with_parent(parent: int) -> Callable[[], None]:
    """Asks the kernel for a SIGTERM when we die. Safe here, since we have one thread when we fork."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # we died before the kernel was asked
            os._exit(1)

    return ask


def _as_object(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _how(code: int) -> str:
    return f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
