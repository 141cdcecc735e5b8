"""faster-whisper at the end of a pipe: samples in, words and CPU time out. Runs in the bench's environment.

A request is a line with the number of samples and then the samples; the answer is a line of JSON.
It imports nothing of ours, since nothing of ours is installed beside it.
"""

from __future__ import annotations

import json
import sys
import time
from importlib import import_module
from typing import Any, BinaryIO


def main(model: str) -> None:
    numpy: Any = import_module("numpy")
    # Not an import statement: only the bench's environment has the package, and mypy runs in the other.
    whisper = import_module("faster_whisper").WhisperModel(
        model, device="cpu", compute_type="int8", cpu_threads=1, num_workers=1
    )

    def transcribe(pcm: bytes) -> str:
        sound = numpy.frombuffer(pcm, "<i2").astype(numpy.float32) / 32768
        segments, _ = whisper.transcribe(
            sound,
            language="en",
            beam_size=1,
            temperature=0,
            without_timestamps=True,
            vad_filter=False,
            condition_on_previous_text=False,
        )
        return " ".join(segment.text.strip() for segment in segments)

    transcribe(bytes(2 * 16_000))
    _answer({"ready": True})
    while (pcm := _request(sys.stdin.buffer)) is not None:
        began = time.process_time()
        text = transcribe(pcm)
        _answer({"text": text, "cpu": time.process_time() - began})


def _request(pipe: BinaryIO) -> bytes | None:
    line = pipe.readline()
    return pipe.read(2 * int(line)) if line else None


def _answer(what: dict[str, Any]) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
