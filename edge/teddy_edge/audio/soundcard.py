"""The only door to sounddevice: PortAudio's devices and streams, in our words."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any, Final

from teddy_edge.audio.card import CardUnavailable, Format, FormatRefused, OnBlock
from teddy_edge.audio.devices import Device, Direction
from teddy_shared.errors import PartMissing

BLOCK: Final = 0.010  # seconds
KERNEL_CARDS: Final = Path("/proc/asound/cards")
REFUSED: Final = (
    -9998,
    -9997,
    -9994,
)  # paInvalidChannelCount, paInvalidSampleRate, paSampleFormatNotSupported


class PortAudio:
    """The machine's cards. One for a process: microphone and speaker share it.

    Any thread may call. PortAudio opens and closes one stream at a time, hence the lock, and looks for
    devices only when it starts, hence `look_again`.
    """

    def __init__(self, *, load: Callable[[], Any] = lambda: import_module("sounddevice")) -> None:
        self._load = load  # importing takes 0.13 s and fails without PortAudio: not before it is needed
        self._lock = Lock()
        self._streams: list[PortAudioStream] = []
        self._listed = ""

    def devices(self) -> tuple[Device, ...]:
        with self._lock:
            library = self._library()
            ours = library.query_hostapis(library.default.hostapi)
            return tuple(
                Device(
                    number,
                    str(each["name"]),
                    int(each["max_input_channels"]),
                    int(each["max_output_channels"]),
                    first_input=number == ours["default_input_device"],
                    first_output=number == ours["default_output_device"],
                )
                for number, each in enumerate(library.query_devices())
            )

    def open(
        self, device: Device, direction: Direction, form: Format, on_block: OnBlock, *, buffered: float
    ) -> PortAudioStream:
        with self._lock:
            library = self._library()
            self._streams = [stream for stream in self._streams if not stream.closed]
            stream = PortAudioStream(lock=self._lock, on_block=on_block, abort=library.CallbackAbort)
            hear, speak = library.RawInputStream, library.RawOutputStream
            try:
                stream.run(
                    (hear if direction == "microphone" else speak)(
                        device=device.number,
                        samplerate=form.rate,
                        channels=form.channels,
                        dtype=f"int{8 * form.width}",
                        blocksize=round(form.rate * BLOCK),
                        latency=buffered,
                        dither_off=True,
                        clip_off=True,
                        callback=stream.heard if direction == "microphone" else stream.asked,
                        finished_callback=stream.finished,
                    )
                )
            except library.PortAudioError as error:
                message, code = str(error.args[0]), error.args[1] if len(error.args) > 1 else 0
                kind = FormatRefused if code in REFUSED else CardUnavailable
                raise kind(f"{device.name}: {message}") from None
            self._streams.append(stream)
            return stream

    def look_again(self) -> bool:
        """Start PortAudio anew, which ends every stream of the process.

        So not while one runs, unless the kernel lists other cards than before; the owners of the streams
        then open them again.
        """
        with self._lock:
            library = self._library()
            cards = _kernel_cards()
            running = [stream for stream in self._streams if not stream.closed]
            if running and cards == self._listed:
                return False
            for stream in running:
                stream.close_locked()
            library._terminate()
            library._initialize()
            self._streams.clear()
            self._listed = cards
            return True

    def _library(self) -> Any:
        try:
            library = self._load()
        except OSError:
            raise PartMissing("PortAudio", "sudo apt install libportaudio2") from None
        except ImportError:
            raise PartMissing("sounddevice", "pip install 'teddy[edge]'") from None
        self._listed = self._listed or _kernel_cards()
        return library


class PortAudioStream:
    """One running device. `heard`, `asked` and `finished` are called by PortAudio's own thread."""

    def __init__(self, *, lock: Lock, on_block: OnBlock, abort: type[Exception]) -> None:
        self._lock = lock
        self._on_block = on_block
        self._abort = abort
        self._stream: Any = None
        self.blocks = 0
        self.ended = False
        self.error: BaseException | None = None

    @property
    def closed(self) -> bool:
        return self._stream is None

    def run(self, stream: Any) -> None:
        self._stream = stream
        try:
            stream.start()
        except BaseException:
            self.close_locked()
            raise

    def close(self) -> None:
        with self._lock:
            self.close_locked()

    def close_locked(self) -> None:
        """For who holds the lock."""
        if self._stream is not None:
            self._stream.abort()  # not stop, which would first play what is buffered
            self._stream.close()
            self._stream = None
        self.ended = True

    def heard(self, data: Any, frames: int, _: Any, status: Any) -> None:
        self._pass(data, frames, int(status.input_overflow), 0.0)

    def asked(self, data: Any, frames: int, time: Any, status: Any) -> None:
        self._pass(data, frames, int(status.output_underflow), time.outputBufferDacTime - time.currentTime)

    def finished(self) -> None:
        self.ended = True

    def _pass(self, data: Any, frames: int, lost: int, delay: float) -> None:
        try:
            self._on_block(memoryview(data), frames, lost, delay)
        except BaseException as error:  # PortAudio would print it and fall silent; its owner must know
            self.error = error
            raise self._abort from None
        self.blocks += 1


def _kernel_cards() -> str:
    """What Linux lists; nothing elsewhere."""
    try:
        return KERNEL_CARDS.read_text()
    except OSError:
        return ""
