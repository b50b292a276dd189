"""How the networks are served: one ONNX Runtime session each, set up alike; what it is asked is shared out to the cores."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from recognizer.checkpoint import Checkpoint
from recognizer.errors import CheckpointError

CORES = min(4, os.cpu_count() or 1)
"""So many threads answer one picture's questions: more than four only wait for one another on so few digits and lines."""
_HELPERS = ThreadPoolExecutor(max(1, CORES - 1), thread_name_prefix="onnx")
"""All sessions share them, and they start when they are needed first."""


class OnnxSession:
    """A network of one input and one output. Safe to call from several threads."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        """Load the checkpoint's network.

        Raises:
            CheckpointError: ONNX Runtime cannot load it.
        """
        options = ort.SessionOptions()
        # Each batch in one thread, and several batches side by side: to share out every layer of networks as small as these
        # takes about as long as it saves.
        options.intra_op_num_threads = 1
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

    def run(self, batches: Sequence[npt.NDArray[np.float32]]) -> list[npt.NDArray[np.float32]]:
        """The network's answers to some batches, (N, ...) float32 each: N may differ, and be different in shape."""
        return self.start(batches, here_too=True)()

    def start(
        self, batches: Sequence[npt.NDArray[np.float32]], here_too: bool = False
    ) -> Callable[[], list[npt.NDArray[np.float32]]]:
        """Have some batches answered on other cores while this thread goes on.

        Args:
            batches: as for `run`.
            here_too: whether this thread has nothing else to do, and leaves one core fewer to the others.

        Returns:
            What gives the answers, as `run` does: called, it helps with what no other core has begun, and waits for the rest.
        """
        answers: dict[int, npt.NDArray[np.float32]] = {}
        # The largest first, so that no core is left with a large one at the end.
        left = deque(sorted(range(len(batches)), key=lambda index: batches[index].size, reverse=True))

        def work() -> None:
            while True:
                try:
                    index = left.popleft()
                except IndexError:
                    return
                answers[index] = np.asarray(self._session.run(None, {self._input: batches[index]})[0], np.float32)

        helpers = [_HELPERS.submit(work) for _ in range(min(CORES - 1, len(batches) - here_too))]

        def finish() -> list[npt.NDArray[np.float32]]:
            work()
            for helper in helpers:
                # One that has not begun is busy with another picture, and not needed any more.
                if not helper.cancel():
                    helper.result()
            return [answers[index] for index in range(len(batches))]

        return finish
