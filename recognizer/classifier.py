"""The digit network, served by ONNX Runtime."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from recognizer.checkpoint import Checkpoint
from recognizer.onnx_session import CORES, OnnxSession
from recognizer.types import CROP_SIZE

_MAX_BATCH = 128
"""Crops a call of the network: bounds the memory a page full of marks can take (about 100 kB a crop, on each core)."""
_LEAST_BATCH, _SMALL_BATCH = 2, 4
"""Of fewer crops no core is given a part of its own; and so many take hardly longer each than any number."""


class DigitClassifier:
    """Says which digit each 28x28 crop shows, with calibrated probabilities. Safe to call from several threads."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._session = OnnxSession(checkpoint)
        self._temperature = checkpoint.temperature
        self.class_names = checkpoint.class_names

    def predict(self, crops: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Classify crops in one batch.

        Args:
            crops: (N, 28, 28) uint8, white ink on black; N may be 0.

        Returns:
            (N, number of classes) float32 probabilities, each row summing to 1, calibrated by the checkpoint's temperature
            (Guo et al. 2017, "On calibration of modern neural networks", arXiv:1706.04599).
        """
        return self._softened(self._session.run(self._batches(crops, CORES)))

    def start(self, crops: npt.NDArray[np.uint8]) -> Callable[[], npt.NDArray[np.float32]]:
        """Classify crops on other cores while this thread goes on; called, the result gives what `predict` gives."""
        # In small parts, so that this thread can help when it has nothing else to do.
        finish = self._session.start(self._batches(crops, len(crops) // _SMALL_BATCH))
        return lambda: self._softened(finish())

    def _batches(self, crops: npt.NDArray[np.uint8], parts: int) -> list[npt.NDArray[np.float32]]:
        """Crops as the network takes them, in so many parts, if that is within reason."""
        if crops.shape[1:] != (CROP_SIZE, CROP_SIZE) or crops.dtype != np.uint8:
            raise ValueError(f"crops must be (N, {CROP_SIZE}, {CROP_SIZE}) uint8, got {crops.shape} {crops.dtype}")
        if len(crops) == 0:
            return []
        parts = max(-(-len(crops) // _MAX_BATCH), min(parts, len(crops) // _LEAST_BATCH), 1)
        images = (crops.astype(np.float32) / np.float32(255.0))[..., np.newaxis]
        return np.array_split(images, parts)

    def _softened(self, answers: list[npt.NDArray[np.float32]]) -> npt.NDArray[np.float32]:
        nothing = np.zeros((0, len(self.class_names)), np.float32)
        return _soften(np.concatenate(answers), self._temperature) if answers else nothing


def _soften(probabilities: npt.NDArray[np.float32], temperature: float) -> npt.NDArray[np.float32]:
    """Softmax of the logits over `temperature`, from the probabilities alone (logits and log-probabilities differ by a
    constant in each row, which softmax ignores)."""
    logits = np.log(np.maximum(probabilities, np.float32(1e-12))) / np.float32(temperature)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float32)
