"""The only door to onnxruntime: a model file in, arrays through it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from numpy.typing import NDArray

from teddy_shared.errors import ConfigError, PartMissing

Array = NDArray[Any]


class Session(Protocol):
    """One loaded model. Safe to run from several threads, though one a model is the rule."""

    @property
    def inputs(self) -> tuple[str, ...]: ...

    @property
    def outputs(self) -> tuple[str, ...]: ...

    def run(self, feeds: Mapping[str, Array], outputs: Sequence[str] | None = None) -> list[Array]:
        """The outputs by name, in that order; all of them without names."""


def open_session(path: Path, *, threads: int = 1, gives_back: bool = False) -> Session:
    """Load a model. Raises PartMissing for an absent file and ConfigError for one that is no model.

    `gives_back`: after each run, the memory that it borrowed. For inputs of many lengths, once a sentence.
    """
    if not path.is_file():
        raise PartMissing(f"the model file {path}", "run `teddy models prepare`")
    try:
        import onnxruntime  # here, since it costs 0.4 s and most commands need no model
    except ImportError:
        raise PartMissing("the package onnxruntime", "pip install 'teddy[edge]'") from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Utterances differ in length, and a pattern a length is kept: without patterns 20 MB less and as fast.
    # The arena stays: without it hearing peaks 28 MB higher, since malloc keeps the freed pieces.
    options.enable_mem_pattern = False
    options.log_severity_level = 4  # what goes wrong arrives as an exception
    try:
        native = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # a barrier: onnxruntime has a class of its own for every kind of damage
        raise ConfigError(
            f"the model file {path} does not load ({type(error).__name__}): run `teddy models prepare`"
        ) from error
    run_options = onnxruntime.RunOptions()
    if gives_back:
        run_options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    return _OnnxSession(native, run_options)


class _OnnxSession:
    def __init__(self, native: Any, run_options: Any = None) -> None:
        self._native = native
        self._run_options = run_options
        self._inputs = tuple(each.name for each in native.get_inputs())
        self._outputs = tuple(each.name for each in native.get_outputs())

    @property
    def inputs(self) -> tuple[str, ...]:
        return self._inputs

    @property
    def outputs(self) -> tuple[str, ...]:
        return self._outputs

    def run(self, feeds: Mapping[str, Array], outputs: Sequence[str] | None = None) -> list[Array]:
        results: list[Array] = self._native.run(outputs, feeds, self._run_options)
        return results
