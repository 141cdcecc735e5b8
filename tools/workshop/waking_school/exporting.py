"""Weights to a head's two files: the network, and the manifest beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from teddy_edge.inference.fingerprints import sha256_of
from teddy_edge.inference.graph import Graph
from teddy_edge.waking.features import SEEN, WIDTH
from workshop.waking_school.network import PLACES, SPAN, Weights

Entry = str | int | float | Sequence[str] | Mapping[str, "str | int | float"]


def write_network(path: Path, many: Sequence[Weights]) -> None:
    """float32 [n, 16, 96] in, the probability [n, 1] out: the mean of what all networks are sure of."""
    graph = Graph(path.stem)
    seen = graph.input("embeddings", np.float32, ["looks", SEEN, WIDTH])
    sure = [_one(graph, seen, each) for each in many]
    mean = sure[0] if len(sure) == 1 else graph.node("Mean", sure)
    graph.output(graph.node("Sigmoid", [mean]), "probability", np.float32, ["looks", 1])
    graph.save(path)


def _one(graph: Graph, seen: str, weights: Weights) -> str:
    even = graph.node(
        "Mul", [graph.node("Sub", [seen, graph.constant(weights.mean)]), graph.constant(weights.scale)]
    )
    pieces = [
        graph.node("Slice", [even, _number(graph, at), _number(graph, at + PLACES), _number(graph, 1)])
        for at in range(SPAN)
    ]
    first = _layer(graph, graph.node("Concat", pieces, axis=2), weights.span, weights.span_bias)
    flat = graph.node("Flatten", [graph.node("Relu", [first])], axis=1)
    hidden = graph.node("Relu", [_layer(graph, flat, weights.hidden, weights.hidden_bias)])
    return _layer(graph, hidden, weights.out, weights.out_bias)


def _layer(graph: Graph, value: str, weights: np.ndarray, bias: np.ndarray) -> str:
    return graph.node("Add", [graph.node("MatMul", [value, graph.constant(weights)]), graph.constant(bias)])


def _number(graph: Graph, number: int) -> str:
    return graph.constant(np.array([number], np.int64))


def write_manifest(
    network: Path,
    *,
    phrase: str,
    threshold: float,
    hits: int,
    trained: Mapping[str, Entry],
    measured: Mapping[str, Entry],
) -> None:
    """`NAME.toml` beside `NAME.onnx`; what it says stands in teddy_edge/waking/head.py."""
    lines = [
        "# Written by tools/waking-school; what stands here is explained in teddy_edge/waking/head.py.",
        f"phrase = {json.dumps(phrase)}",
        f"threshold = {threshold:.4g}",
        f"hits = {hits}",
        f'sha256 = "{sha256_of(network)}"',
        *_table("trained", trained),
        *_table("measured", measured),
    ]
    network.with_suffix(".toml").write_text("\n".join(lines) + "\n", "utf-8")


def _table(name: str, entries: Mapping[str, Entry]) -> list[str]:
    plain = {key: value for key, value in entries.items() if not isinstance(value, Mapping)}
    lines = ["", f"[{name}]", *(f"{json.dumps(key)} = {_value(value)}" for key, value in plain.items())]
    for key, value in entries.items():
        if isinstance(value, Mapping):
            lines += ["", f"[{name}.{key}]", *(f"{json.dumps(k)} = {_value(v)}" for k, v in value.items())]
    return lines


def _value(value: Entry) -> str:
    return f"{value:.4g}" if isinstance(value, float) else json.dumps(value)
