"""Writes a head and the manifest beside it, the same bytes for the same lessons."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from teddy_edge.safety.heads import Weights
from workshop.guard_school.exam import Thresholds


def write_head(
    folder: Path,
    name: str,
    *,
    weights: Weights,
    categories: Sequence[str],
    thresholds: Thresholds,
    trained: Mapping[str, Any],
    measured: Mapping[str, Mapping[str, Any]],
) -> Path:
    """`NAME.npz` and `NAME.toml`; the manifest last, so that a half-written head is refused."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.npz"
    np.savez_compressed(
        path,
        into=weights.into.astype(np.float16),
        into_bias=weights.into_bias,
        out=weights.out.astype(np.float16),
        out_bias=weights.out_bias,
        words=weights.words,
        words_scale=weights.words_scale,
        words_bias=weights.words_bias,
        share=np.array(weights.share),
    )
    lines = [
        "# Written by tools/guard-school; heads.py explains it. Shares in [measured] are of the heads alone,",
        "# without the rules, each on sentences of situations that the head which judged them never saw.",
        f"categories = {_list(categories)}",
        f'sha256 = "{sha256(path.read_bytes()).hexdigest()}"',
        "",
        "[thresholds]",
        f"grave = {thresholds.grave:g}",
        f"other = {thresholds.other:g}",
        "",
        "[trained]",
        *(f"{key} = {json.dumps(value)}" for key, value in trained.items()),
        "",
        "[measured]",
        *(f'"{key}" = {_table(row)}' for key, row in measured.items()),
    ]
    path.with_suffix(".toml").write_text("\n".join(lines) + "\n", "utf-8")
    return path


def _list(names: Sequence[str]) -> str:
    return json.dumps(list(names))


def _table(row: Mapping[str, Any]) -> str:
    return "{ " + ", ".join(f"{key} = {json.dumps(value)}" for key, value in row.items()) + " }"
