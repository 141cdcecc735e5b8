"""Turns the sentence model all-MiniLM-L6-v2 into a graph that stays int8 in memory, and pools by itself.

The packaged file has int8 weights, which onnxruntime would unfold to 90 MB of floats at load. Here the
embedding is looked up before it is scaled, from a file that is mapped, and the rest is multiplied as int8;
activations are quantised as they come. Tokens of one sentence go in, its direction comes out.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from teddy_edge.inference.graph import CONTRIB, Graph, read_constants

LAYERS: Final = 6
HEADS: Final = 12
WIDTH: Final = 384
# Of a layer, in the order in which the file numbers its nameless weights.
PARTS: Final = (
    *(f"attention.self.{name}" for name in ("query", "key", "value")),
    *("attention.output.dense", "intermediate.dense", "output.dense"),
)

_NAMELESS: Final = re.compile(r"val_(\d+)_q")


def convert(packaged: Path, *, model: Path, embedding: Path) -> None:
    """Write two files; `embedding` belongs to the model and must stay beside it."""
    _MiniLm(read_constants(packaged)).write(model, embedding)


class _MiniLm:
    def __init__(self, constants: dict[str, NDArray[Any]]) -> None:
        self._graph = Graph("minilm")
        self._constants = constants
        numbers = sorted(int(found[1]) for name in constants if (found := _NAMELESS.fullmatch(name)))
        places = (f"encoder.layer.{layer}.{part}" for layer in range(LAYERS) for part in PARTS)
        self._nameless = dict(zip(places, numbers, strict=True))

    def write(self, model: Path, embedding: Path) -> None:
        graph = self._graph
        x = self._embedded(graph.input("tokens", np.int64, [1, "length"]))
        for layer in range(LAYERS):
            x = self._layer(x, f"encoder.layer.{layer}")
        mean = graph.node("ReduceMean", [x, self._axes(1)], keepdims=0)
        graph.output(graph.node("LpNormalization", [mean], axis=-1, p=2), "meaning", np.float32, [1, WIDTH])
        graph.save(model, apart=embedding)

    def _embedded(self, tokens: str) -> str:
        """Words and places; the first kind of sentence is added to every place beforehand."""
        graph = self._graph
        words = graph.constant_apart(self._constants["inner.embeddings.word_embeddings.weight_q"])
        scales = graph.constant(self._constants["inner.embeddings.word_embeddings.weight_scale"])
        rows = graph.node("Cast", [graph.node("Gather", [words, tokens])], to=1)
        x = graph.node("Mul", [rows, graph.node("Gather", [scales, tokens])])
        table = "inner.embeddings.position_embeddings.weight"
        places = self._constants[f"{table}_q"].astype(np.float32) * self._constants[f"{table}_scale"]
        places += self._constants["inner.embeddings.token_type_embeddings.weight"][0]
        length = graph.node("Shape", [tokens], start=1, end=2)
        from_first = graph.node("Slice", [graph.constant(places), self._axes(0), length])
        return self._norm(graph.node("Add", [x, from_first]), "embeddings")

    def _layer(self, x: str, part: str) -> str:
        graph = self._graph
        attended = graph.node(
            "MultiHeadAttention",
            [self._linear(x, f"{part}.{each}") for each in PARTS[:3]],
            domain=CONTRIB,
            num_heads=HEADS,
        )
        x = self._add_and_norm(x, self._linear(attended, f"{part}.{PARTS[3]}"), f"{part}.attention.output")
        inner = graph.node("Gelu", [self._linear(x, f"{part}.{PARTS[4]}")])
        return self._add_and_norm(x, self._linear(inner, f"{part}.{PARTS[5]}"), f"{part}.output")

    def _add_and_norm(self, x: str, more: str, part: str) -> str:
        return self._norm(self._graph.node("Add", [x, more]), part)

    def _norm(self, x: str, part: str) -> str:
        scale, bias = (
            self._graph.constant(self._constants[f"inner.{part}.LayerNorm.{name}"])
            for name in ("weight", "bias")
        )
        return self._graph.node("LayerNormalization", [x, scale, bias], axis=-1, epsilon=1e-12)

    def _linear(self, x: str, part: str) -> str:
        number = self._nameless[part]
        weight = self._constants[f"val_{number}_q"]
        scales = self._constants[f"val_{number}_scale"].reshape(-1)
        bias = self._constants[f"inner.{part}.bias"]
        inputs = [x, *map(self._graph.constant, (weight, scales)), "", self._graph.constant(bias)]
        return self._graph.node("DynamicQuantizeMatMul", inputs, domain=CONTRIB)

    def _axes(self, axis: int) -> str:
        return self._graph.constant(np.array([axis], np.int64))
