"""A microphone and a speaker that are only memory, on private PulseAudio servers, and can be unplugged."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, Literal

import numpy as np

from teddy_edge.audio.samples import EAR_RATE, MOUTH_RATE, Pcm
from workshop.servers import START_SECONDS, STOP_SECONDS, ServerFailed, ServerMissing, installed

Plug = Literal["microphone", "speaker"]

# A server for each card: on one, PulseAudio would move the streams of a card that goes to the other.
# Without `norewinds` an idle null sink sleeps for up to two seconds before it takes its first sample.
MODULES: Final[Mapping[Plug, tuple[str, ...]]] = {
    "microphone": (
        "module-null-sink sink_name=air rate=16000 channels=1 norewinds=1",
        "module-remap-source master=air.monitor source_name=microphone",
    ),
    "speaker": ("module-null-sink sink_name=speaker rate=48000 channels=1 norewinds=1",),
}
ALSA: Final = """
</usr/share/alsa/alsa.conf>
pcm.bear_microphone {{ type pulse server "{microphone}" device microphone }}
pcm.bear_speaker {{ type pulse server "{speaker}" device speaker }}
pcm.!default {{ type asym capture.pcm bear_microphone playback.pcm bear_speaker }}
"""


class SoundServer:
    """Programs started with `environment` find the devices bear_microphone, bear_speaker and default."""

    def __init__(self, folder: Path) -> None:
        self._microphone = _Card(folder / "microphone", "microphone")
        self._speaker = _Card(folder / "speaker", "speaker")
        self._cards = {"microphone": self._microphone, "speaker": self._speaker}
        alsa = folder / "asound.conf"
        alsa.write_text(ALSA.format(microphone=self._microphone.address, speaker=self._speaker.address))
        self.environment = {
            "ALSA_CONFIG_PATH": str(alsa),
            "PULSE_SERVER": f"unix:{folder}/nobody",  # nor is the machine's own server ever touched
            "PULSE_COOKIE": f"{folder}/cookie",
        }

    @property
    def pids(self) -> tuple[int, ...]:
        return tuple(card.pid for card in self._cards.values())

    def start(self) -> None:
        for card in self._cards.values():
            card.start()

    def stop(self) -> None:
        for card in self._cards.values():
            card.stop()

    def plug(self, what: Plug) -> None:
        """Put the card in; it may be in already."""
        self._cards[what].plug()

    def unplug(self, what: Plug) -> None:
        """Pull the card out, under the feet of whoever uses it."""
        self._cards[what].unplug()

    def speak(self, pcm: Pcm) -> None:
        """Say 16 kHz mono into the microphone; returns when the last sample has been said."""
        # Half a second ahead, so that a loaded machine leaves no hole in what is said.
        command = self._microphone.pacat("--playback", "--device=air", rate=EAR_RATE, ahead=500)
        subprocess.run(command, input=pcm.astype("<i2").tobytes(), check=True)

    def ear_at_the_speaker(self) -> list[str]:
        """A command that writes what the speaker plays, raw, 16 kHz mono, as it is played."""
        return self._speaker.pacat("--record", "--device=speaker.monitor", rate=EAR_RATE, ahead=20)

    def voice_in_the_air(self) -> list[str]:
        """A command that plays what it reads, raw, 16 kHz mono, into the microphone."""
        return self._microphone.pacat("--playback", "--device=air", rate=EAR_RATE, ahead=250)

    @contextlib.contextmanager
    def listening(self, rate: int = MOUTH_RATE) -> Iterator[Heard]:
        """What the speaker plays, at this rate, mono, while the block runs and the speaker is plugged in."""
        command = self._speaker.pacat("--record", "--device=speaker.monitor", rate=rate, ahead=20)
        with subprocess.Popen(command, stdout=subprocess.PIPE) as recorder:
            heard = Heard(recorder)
            try:
                heard.wait(1)  # it records
                yield heard
            finally:
                recorder.terminate()
                heard.close()


class Heard:
    """A recording that grows."""

    def __init__(self, recorder: subprocess.Popen[bytes]) -> None:
        self._recorder = recorder
        self._bytes = bytearray()
        self._grown = threading.Condition()
        self._thread = threading.Thread(target=self._read, name="listening")
        self._thread.start()

    @property
    def pcm(self) -> Pcm:
        """int16 [n]"""
        with self._grown:
            return np.frombuffer(bytes(self._bytes[: len(self._bytes) // 2 * 2]), "<i2").astype(np.int16)

    def wait(self, samples: int, seconds: float = 10.0) -> None:
        """Returns when so many samples have been heard since the start."""
        with self._grown:
            assert self._grown.wait_for(lambda: len(self._bytes) >= 2 * samples, seconds), "nothing is heard"

    def close(self) -> None:
        self._thread.join()

    def _read(self) -> None:
        assert self._recorder.stdout is not None
        while data := os.read(self._recorder.stdout.fileno(), 65536):
            with self._grown:
                self._bytes += data
                self._grown.notify_all()


@contextlib.contextmanager
def sound_server(folder: Path) -> Iterator[SoundServer]:
    """Raises ServerMissing where PulseAudio or ALSA's way to it is not installed."""
    if not any(Path("/usr/lib").glob("*/alsa-lib/libasound_module_pcm_pulse.so")):
        raise ServerMissing("ALSA cannot reach PulseAudio: sudo apt install libasound2-plugins")
    server = SoundServer(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()


class _Card:
    """One PulseAudio with one card, in a home of its own."""

    def __init__(self, folder: Path, what: Plug) -> None:
        self._folder = folder
        self._what = what
        self._process: subprocess.Popen[bytes] | None = None
        self._modules: list[str] = []  # their numbers while the card is in, in order of loading
        self.address = f"unix:{folder}/native"
        folder.mkdir(parents=True)

    @property
    def pid(self) -> int:
        assert self._process is not None, "not started"
        return self._process.pid

    def start(self) -> None:
        home = {"HOME": str(self._folder), "XDG_RUNTIME_DIR": str(self._folder)}
        socket = f"module-native-protocol-unix auth-anonymous=1 socket={self._folder}/native"
        log = self._folder / "log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [
                    *(installed("pulseaudio", "pulseaudio"), "-n", "--daemonize=no", "--use-pid-file=no"),
                    *("--exit-idle-time=-1", "--disallow-exit", "-L", socket),
                ],
                env={**os.environ, **home},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            if (self._folder / "native").exists():
                with contextlib.suppress(ServerFailed):
                    self.plug()
                    return
            time.sleep(0.005)
        self.stop()
        raise ServerFailed(f"pulseaudio did not start; its last words: {log.read_text()[-800:]}")

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def plug(self) -> None:
        for module in MODULES[self._what][len(self._modules) :]:
            self._modules.append(self._control("load-module", *module.split()))

    def unplug(self) -> None:
        while self._modules:
            self._control("unload-module", self._modules.pop())

    def pacat(self, *words: str, rate: int, ahead: int) -> list[str]:
        form = ["--raw", f"--rate={rate}", "--channels=1", "--format=s16le", f"--latency-msec={ahead}"]
        return [installed("pacat", "pulseaudio-utils"), f"--server={self.address}", *words, *form]

    def _control(self, *words: str) -> str:
        done = subprocess.run(
            [installed("pactl", "pulseaudio-utils"), f"--server={self.address}", *words],
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise ServerFailed(f"pactl {words[0]}: {done.stderr.strip()}")
        return done.stdout.strip()
