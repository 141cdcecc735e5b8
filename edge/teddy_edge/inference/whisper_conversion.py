"""Turns Whisper's CTranslate2 weights into an int8 ONNX encoder and a decoder with a cache.

The encoder gives what the decoder attends to (`cross_key0` … `cross_value3`), computed once an
utterance. The decoder takes any number of tokens at once, so that the prompt is one run.
Weights are int8 with a scale a column; activations are quantised as they come (the recipe of
onnxruntime's `quantize_dynamic`, written out so that the bytes depend on nothing but the weights).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from teddy_edge.inference.ct2 import Weights, read_weights
from teddy_edge.inference.graph import CONTRIB, Graph

LAYERS: Final = 4  # of Whisper tiny.en, as all sizes here
WIDTH: Final = 384
HEADS: Final = 6
HEAD: Final = 64
MELS: Final = 80
VOCABULARY: Final = 51864

Floats = NDArray[np.float32]


def convert(weights: Path, *, encoder: Path, decoder: Path, embedding: Path) -> None:
    """Write three files; `embedding` belongs to the decoder and must stay beside it."""
    read = read_weights(weights)
    _Whisper(Graph("whisper-encoder"), read).encoder(encoder)
    _Whisper(Graph("whisper-decoder"), read).decoder(decoder, embedding)


class _Whisper:
    """The network's parts over one graph. A part's name is the prefix of its weights."""

    def __init__(self, graph: Graph, weights: Weights) -> None:
        self._graph = graph
        self._weights = weights

    def encoder(self, path: Path) -> None:
        graph = self._graph
        x = graph.input("mel", np.float32, [1, MELS, "frames"])
        x = self._convolution(x, "encoder/conv1", stride=1)
        x = self._convolution(x, "encoder/conv2", stride=2)
        x = graph.node("Transpose", [x], perm=[0, 2, 1])
        x = graph.node("Add", [x, self._positions_of(x)])
        for layer in range(LAYERS):
            part = f"encoder/layer_{layer}"
            attention = f"{part}/self_attention"
            query, key, value = self._split(
                self._linear(self._norm(x, attention), f"{attention}/linear_0"), 3
            )
            heard = graph.node("MultiHeadAttention", [query, key, value], domain=CONTRIB, num_heads=HEADS)
            x = graph.node("Add", [x, self._linear(heard, f"{attention}/linear_1")])
            x = self._feed_forward(x, f"{part}/ffn")
        x = self._norm(x, "encoder")
        for layer in range(LAYERS):
            both = self._split(self._linear(x, f"decoder/layer_{layer}/attention/linear_1"), 2)
            for name, value in zip(("cross_key", "cross_value"), both, strict=True):
                graph.output(self._heads(value), f"{name}{layer}", np.float32, [1, HEADS, "heard", HEAD])
        graph.save(path)

    def decoder(self, path: Path, embedding: Path) -> None:
        graph = self._graph
        tokens = graph.input("tokens", np.int64, [1, "new"])
        positions = graph.input("positions", np.int64, [1, "new"])
        # Row by row for looking up and column by column for the logits: the same numbers, transposed.
        table, scales = _quantise(self._floats("decoder/embeddings/weight").T)
        rows = graph.node("Cast", [graph.node("Gather", [graph.constant_apart(table.T), tokens])], to=1)
        row_scales = graph.node("Gather", [graph.constant(scales[:, None]), tokens])
        places = graph.constant(self._floats("decoder/position_encodings/encodings"))
        x = graph.node("Mul", [rows, row_scales])
        x = graph.node("Add", [x, graph.node("Gather", [places, positions])])
        for layer in range(LAYERS):
            part = f"decoder/layer_{layer}"
            x = self._look_back(x, f"{part}/self_attention", layer)
            x = self._look_across(x, f"{part}/attention", layer)
            x = self._feed_forward(x, f"{part}/ffn")
        logits = self._product(self._norm(x, "decoder"), table, scales)
        graph.output(logits, "logits", np.float32, [1, "new", VOCABULARY])
        graph.save(path, apart=embedding)

    def _look_back(self, x: str, part: str, layer: int) -> str:
        """Attention to the tokens so far, whose keys and values come in and go out."""
        graph = self._graph
        query, key, value = self._split(self._linear(self._norm(x, part), f"{part}/linear_0"), 3)
        past = [
            graph.input(f"past_{name}{layer}", np.float32, [1, HEADS, "past", HEAD])
            for name in ("key", "value")
        ]
        heard, keys, values = graph.nodes(
            "MultiHeadAttention",
            [query, key, value, "", "", "", *past],
            3,
            domain=CONTRIB,
            num_heads=HEADS,
            unidirectional=1,
        )
        for name, all_ in (("key", keys), ("value", values)):
            graph.output(all_, f"{name}{layer}", np.float32, [1, HEADS, "so_far", HEAD])
        return graph.node("Add", [x, self._linear(heard, f"{part}/linear_1")])

    def _look_across(self, x: str, part: str, layer: int) -> str:
        """Attention to what the encoder heard."""
        graph = self._graph
        query = self._linear(self._norm(x, part), f"{part}/linear_0")
        heard = [
            graph.input(f"cross_{name}{layer}", np.float32, [1, HEADS, "heard", HEAD])
            for name in ("key", "value")
        ]
        answer = graph.node("MultiHeadAttention", [query, *heard], domain=CONTRIB, num_heads=HEADS)
        return graph.node("Add", [x, self._linear(answer, f"{part}/linear_2")])

    def _feed_forward(self, x: str, part: str) -> str:
        inner = self._graph.node("Gelu", [self._linear(self._norm(x, part), f"{part}/linear_0")])
        return self._graph.node("Add", [x, self._linear(inner, f"{part}/linear_1")])

    def _convolution(self, x: str, part: str, *, stride: int) -> str:
        weight, bias = (self._graph.constant(self._floats(f"{part}/{name}")) for name in ("weight", "bias"))
        y = self._graph.node("Conv", [x, weight, bias], kernel_shape=[3], pads=[1, 1], strides=[stride])
        return self._graph.node("Gelu", [y])

    def _positions_of(self, x: str) -> str:
        graph = self._graph
        length = graph.node("Shape", [x], start=1, end=2)
        table = graph.constant(self._floats("encoder/position_encodings/encodings"))
        return graph.node("Slice", [table, graph.constant(np.array([0], np.int64)), length])

    def _norm(self, x: str, part: str) -> str:
        gamma, beta = (
            self._graph.constant(self._floats(f"{part}/layer_norm/{name}")) for name in ("gamma", "beta")
        )
        return self._graph.node("LayerNormalization", [x, gamma, beta], axis=-1, epsilon=1e-5)

    def _linear(self, x: str, part: str) -> str:
        return self._product(
            x, *_quantise(self._floats(f"{part}/weight").T), bias=self._floats(f"{part}/bias")
        )

    def _product(self, x: str, weight: NDArray[np.int8], scales: Floats, bias: Floats | None = None) -> str:
        graph = self._graph
        inputs = [x, graph.constant(weight), graph.constant(scales), ""]
        if bias is not None:
            inputs.append(graph.constant(bias))
        return graph.node("DynamicQuantizeMatMul", inputs, domain=CONTRIB)

    def _split(self, x: str, parts: int) -> tuple[str, ...]:
        return self._graph.nodes("Split", [x], parts, axis=-1, num_outputs=parts)

    def _heads(self, x: str) -> str:
        shape = self._graph.constant(np.array([1, -1, HEADS, HEAD], np.int64))
        return self._graph.node("Transpose", [self._graph.node("Reshape", [x, shape])], perm=[0, 2, 1, 3])

    def _floats(self, name: str) -> Floats:
        return self._weights[name].astype(np.float32)


def _quantise(weight: Floats) -> tuple[NDArray[np.int8], Floats]:
    """int8 [rows, columns] and a scale a column, symmetric about zero."""
    scales: Floats = np.maximum(np.abs(weight).max(axis=0), np.float32(1e-12)) / np.float32(127)
    return np.rint(weight / scales).astype(np.int8), scales
