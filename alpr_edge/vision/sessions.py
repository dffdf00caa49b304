"""ONNX Runtime sessions as this product runs them: bytes in, CPU, spinning off, errors raised.

All sessions of a process take the memory of their tensors from one arena, in pieces of the size that is asked for. By
itself each session would have an arena of its own, grown by powers of two, and keep room for one whole run of each
thread besides (its pattern of memory).
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from alpr_edge.domain.errors import ModelError
from alpr_edge.vision.model_files.manifest import ModelFile

Array = NDArray[Any]
_AS_REQUESTED = 1
"""kSameAsRequested: an arena grows by what is asked for, not to the next power of two."""
_FAULTS = (
    ort.capi.onnxruntime_pybind11_state.Fail,
    ort.capi.onnxruntime_pybind11_state.InvalidArgument,
    ort.capi.onnxruntime_pybind11_state.InvalidGraph,
    ort.capi.onnxruntime_pybind11_state.InvalidProtobuf,
    ort.capi.onnxruntime_pybind11_state.NoSuchFile,
    ort.capi.onnxruntime_pybind11_state.NotImplemented,
    ort.capi.onnxruntime_pybind11_state.RuntimeException,
)


class Session:
    """One model with one input; of its outputs one is used.

    Args:
        model: checked bytes.
        threads: intra-op threads, at least 1.
    """

    def __init__(self, model: ModelFile, threads: int, output: str = "") -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # A spinning thread pool takes the core that decodes the next frame.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 4
        _open_arena()
        options.add_session_config_entry("session.use_env_allocators", "1")
        options.enable_mem_pattern = False
        try:
            self._session = ort.InferenceSession(model.content, options, providers=["CPUExecutionProvider"])
        except _FAULTS as error:
            raise ModelError(f"{model.model_id}: not a usable ONNX model: {_first_line(error)}") from None
        self._model_id = model.model_id
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        if len(inputs) != 1 or not outputs:
            raise ModelError(f"{model.model_id}: {len(inputs)} inputs and {len(outputs)} outputs; 1 input is expected")
        self._input = inputs[0]
        self._output = next((item for item in outputs if item.name == output), outputs[0])

    @property
    def model_id(self) -> str:
        """Identity of the model."""
        return self._model_id

    @property
    def input_shape(self) -> tuple[int | str | None, ...]:
        """Shape of the input; free dimensions are names or None."""
        return tuple(self._input.shape)

    @property
    def output_shape(self) -> tuple[int | str | None, ...]:
        return tuple(self._output.shape)

    @property
    def output_name(self) -> str:
        """Name of the output that is used."""
        return str(self._output.name)

    @property
    def takes_uint8(self) -> bool:
        """Whether normalisation is inside the graph."""
        return bool(self._input.type == "tensor(uint8)")

    def metadata(self, key: str) -> str:
        """A text that the model's file carries; empty where it has none."""
        return str(self._session.get_modelmeta().custom_metadata_map.get(key, ""))

    def run(self, tensor: Array) -> Array:
        """One inference."""
        feed: Mapping[str, Array] = {self._input.name: tensor}
        try:
            output = self._session.run([self._output.name], feed)[0]
        except _FAULTS as error:
            raise ModelError(f"{self._model_id}: inference failed: {_first_line(error)}") from None
        return np.asarray(output)


@cache
def _open_arena() -> None:
    """Open the arena that all sessions of this process share; ONNX Runtime wants that once, before the first of them.

    Measured with two threads over the frames of a street: 16 MiB less than with an arena and a pattern a session, and
    no more of the processor's time.
    """
    place = ort.OrtMemoryInfo("Cpu", ort.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, ort.OrtMemType.DEFAULT)
    ort.create_and_register_allocator(place, ort.OrtArenaCfg({"arena_extend_strategy": _AS_REQUESTED}))


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or ["no reason given"])[0][:200]
