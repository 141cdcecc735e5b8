"""Writes ONNX graphs node by node, and reads the constants of others; the only door to the onnx package."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from teddy_shared.errors import PartMissing

# Fixed, so that the same weights give the same bytes whichever release of onnx writes them.
OPSET: Final = 20
IR_VERSION: Final = 9
CONTRIB: Final = "com.microsoft"  # onnxruntime's own operators, fused by hand where it pays


class Graph:
    """A graph under construction. Values go by their names."""

    def __init__(self, name: str) -> None:
        self._onnx = _onnx()
        self._name = name
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._apart: list[tuple[str, NDArray[Any]]] = []
        self._inputs: list[Any] = []
        self._outputs: list[Any] = []

    def input(self, name: str, kind: type[np.generic], shape: Sequence[int | str]) -> str:
        self._inputs.append(self._value(name, kind, shape))
        return name

    def output(self, value: str, name: str, kind: type[np.generic], shape: Sequence[int | str]) -> None:
        self._nodes.append(self._onnx.helper.make_node("Identity", [value], [name]))
        self._outputs.append(self._value(name, kind, shape))

    def constant(self, array: NDArray[Any]) -> str:
        name = f"c{len(self._constants)}"
        self._constants.append(self._onnx.numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def constant_apart(self, array: NDArray[Any]) -> str:
        """A constant in a file of its own, which onnxruntime maps instead of reading it."""
        name = f"apart{len(self._apart)}"
        self._apart.append((name, np.ascontiguousarray(array)))
        return name

    def node(self, kind: str, inputs: Sequence[str], *, domain: str = "", **attributes: Any) -> str:
        (result,) = self.nodes(kind, inputs, 1, domain=domain, **attributes)
        return result

    def nodes(
        self, kind: str, inputs: Sequence[str], results: int, *, domain: str = "", **attributes: Any
    ) -> tuple[str, ...]:
        """A node of several results. An empty input name leaves an optional input out."""
        stem = f"n{len(self._nodes)}"
        names = tuple(f"{stem}.{index}" for index in range(results))
        make = self._onnx.helper.make_node
        self._nodes.append(make(kind, inputs, names, name=stem, domain=domain, **attributes))
        return names

    def save(self, path: Path, *, apart: Path | None = None) -> None:
        """Write the graph, and the constants that stand apart beside it.

        The graph remembers `apart` by its name alone, so both files may move together.
        """
        helper = self._onnx.helper
        constants = list(self._constants)
        if apart is not None:
            with apart.open("wb") as file:
                for name, array in self._apart:
                    constants.append(self._reference(name, array, apart.name, file.tell()))
                    file.write(array.tobytes())
        graph = helper.make_graph(self._nodes, self._name, self._inputs, self._outputs, constants)
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(CONTRIB, 1)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
        path.write_bytes(model.SerializeToString(deterministic=True))

    def _reference(self, name: str, array: NDArray[Any], file: str, offset: int) -> Any:
        tensor = self._onnx.TensorProto(
            name=name,
            dims=array.shape,
            data_type=self._onnx.helper.np_dtype_to_tensor_dtype(array.dtype),
            data_location=self._onnx.TensorProto.EXTERNAL,
        )
        for key, value in (("location", file), ("offset", str(offset)), ("length", str(array.nbytes))):
            tensor.external_data.add(key=key, value=value)
        return tensor

    def _value(self, name: str, kind: type[np.generic], shape: Sequence[int | str]) -> Any:
        element = self._onnx.helper.np_dtype_to_tensor_dtype(np.dtype(kind))
        return self._onnx.helper.make_tensor_value_info(name, element, list(shape))


def read_constants(path: Path) -> dict[str, NDArray[Any]]:
    """What an ONNX file holds, by name. The manifest's hash has vouched for the file."""
    onnx = _onnx()
    return {each.name: onnx.numpy_helper.to_array(each) for each in onnx.load(path).graph.initializer}


def _onnx() -> Any:
    try:
        import onnx  # here, since only a conversion needs it and it costs 0.2 s
    except ImportError:
        raise PartMissing("the package onnx", "pip install 'teddy[edge]'") from None
    return onnx
