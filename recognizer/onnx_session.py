"""How the networks are served: one ONNX Runtime session each, set up alike."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from recognizer.checkpoint import Checkpoint
from recognizer.errors import CheckpointError

_MAX_THREADS = 4
"""More threads than this only wait for one another on pictures as small as digits and lines."""


class OnnxSession:
    """A network of one input and one output. Safe to call from several threads."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        """Load the checkpoint's network.

        Raises:
            CheckpointError: ONNX Runtime cannot load it.
        """
        options = ort.SessionOptions()
        options.intra_op_num_threads = min(_MAX_THREADS, os.cpu_count() or 1)
        # Waiting threads that spin would take the cores from the next stage, and from other programs: on a busy machine they
        # cost more than they save on an idle one.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        try:
            self._session: Any = ort.InferenceSession(
                str(checkpoint.served_path), sess_options=options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # ONNX Runtime's errors share no base class
            raise CheckpointError(
                f"ONNX Runtime cannot load {checkpoint.served_path}: update onnxruntime, or export the checkpoint again."
            ) from error
        self._input = self._session.get_inputs()[0].name

    def run(self, batch: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The network's answer to a batch, (N, ...) float32."""
        return np.asarray(self._session.run(None, {self._input: batch})[0], dtype=np.float32)
