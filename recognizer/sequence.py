"""The line network, served by ONNX Runtime: what it says about each column of a line, for `recognizer.ctc` to read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from recognizer.checkpoint import Checkpoint
from recognizer.ctc import CLASSES
from recognizer.errors import CheckpointError
from recognizer.onnx_session import OnnxSession
from recognizer.types import LINE_HEIGHT, GreyImage

FRAME = 2
"""Width of an output frame, in pixels of the line."""
_WIDTH_STEP = 8
"""The network takes widths that are multiples of this ..."""
_LEAST_WIDTH = 32
"""... and learnt from none below this."""
_MAX_COLUMNS = 1024
"""Columns of all lines in a call of the network, unless one line is wider: bounds the memory (about 6 kB a column, on each
core)."""


class SequenceReader:
    """Gives the probability of each digit, of a mark and of nothing along a line. Safe to call from several threads."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        """Load the network.

        Raises:
            CheckpointError: the checkpoint holds another network, or ONNX Runtime cannot load it.
        """
        if checkpoint.class_names != CLASSES:
            raise CheckpointError(
                f"The checkpoint '{checkpoint.name}' in {checkpoint.folder} holds no line network: "
                "name a folder to which a run of `python -m train strings` was exported."
            )
        self._session = OnnxSession(checkpoint)
        self._temperature = checkpoint.temperature

    def predict(self, lines: Sequence[GreyImage]) -> list[npt.NDArray[np.float32]]:
        """Look at lines, those of nearly the same width together: a line's answer depends on no other line.

        Args:
            lines: (32, W) uint8 each, white ink on black as `recognizer.lines.cut_line` gives it; W may differ and is at
                least 1.

        Returns:
            Of each line (ceil(W / 2), 12) float32 log-probabilities in nats, each row normalised, of the classes that
            `recognizer.ctc` names. The checkpoint's temperature divides them before they are normalised.
        """
        groups, batches = _batches(lines)
        return self._answers(lines, groups, self._session.run(batches))

    def start(self, lines: Sequence[GreyImage]) -> Callable[[], list[npt.NDArray[np.float32]]]:
        """Look at lines on other cores while this thread goes on; called, the result gives what `predict` gives."""
        groups, batches = _batches(lines)
        finish = self._session.start(batches)
        return lambda: self._answers(lines, groups, finish())

    def _answers(
        self, lines: Sequence[GreyImage], groups: Sequence[list[int]], answered: Sequence[npt.NDArray[np.float32]]
    ) -> list[npt.NDArray[np.float32]]:
        answers: dict[int, npt.NDArray[np.float32]] = {}
        for indices, batch in zip(groups, answered, strict=True):
            for index, answer in zip(indices, batch, strict=True):
                # Copied, for a part of a batch would keep all of it in memory.
                answers[index] = _soften(answer[: -(-lines[index].shape[1] // FRAME)].copy(), self._temperature)
        return [answers[index] for index in range(len(lines))]


def _batches(lines: Sequence[GreyImage]) -> tuple[list[list[int]], list[npt.NDArray[np.float32]]]:
    """Which lines go into each call of the network, and what it takes: (N, 32, padded width, 1) float32 in [0, 1]."""
    for line in lines:
        if line.ndim != 2 or line.shape[0] != LINE_HEIGHT or line.shape[1] < 1 or line.dtype != np.uint8:
            raise ValueError(f"lines must be ({LINE_HEIGHT}, W) uint8, W at least 1, got {line.shape} {line.dtype}")
    groups, batches = [], []
    for width, indices in _groups([line.shape[1] for line in lines]):
        pictures = np.zeros((len(indices), LINE_HEIGHT, width, 1), np.float32)
        for picture, index in zip(pictures, indices, strict=True):
            np.divide(lines[index], np.float32(255.0), out=picture[:, : lines[index].shape[1], 0])
        groups.append(indices)
        batches.append(pictures)
    return groups, batches


def _groups(widths: Sequence[int]) -> Iterator[tuple[int, list[int]]]:
    """Which lines go into a call of the network: the width that they are padded to, and their indices."""
    padded: dict[int, list[int]] = {}
    for index, width in enumerate(widths):
        padded.setdefault(max(_LEAST_WIDTH, -(-width // _WIDTH_STEP) * _WIDTH_STEP), []).append(index)
    for width, indices in padded.items():
        size = max(1, _MAX_COLUMNS // width)
        for start in range(0, len(indices), size):
            yield width, indices[start : start + size]


def _soften(log_probs: npt.NDArray[np.float32], temperature: float) -> npt.NDArray[np.float32]:
    """Log-softmax of the logits over `temperature`, from the log-probabilities (both differ by a constant in each row)."""
    if temperature == 1:
        return log_probs
    logits = log_probs / np.float32(temperature)
    return np.asarray(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True), dtype=np.float32)
