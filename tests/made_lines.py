"""Lines made on the spot, for tests that train the line network. Imports no Keras: other processes import it too."""

from __future__ import annotations

import os

import numpy as np
import numpy.typing as npt

PATTERNS = np.random.default_rng(2).integers(0, 2, (12, 32)).astype(np.uint8) * 255
"""What stands for each class: bars at certain heights."""


class BarStream:
    """Lines of one to three classes, each shown as bars eight columns long."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def batch(self, index: int, size: int) -> tuple[list[npt.NDArray[np.uint8]], list[list[int]]]:
        """As `train.line_batches.Stream` says."""
        rng = np.random.default_rng([self.seed, index])
        labels = [rng.integers(1, 12, rng.integers(1, 4)).tolist() for _ in range(size)]
        return [bars(label, int(rng.integers(2, 6))) for label in labels], labels


def bars(classes: list[int], gap: int = 4) -> npt.NDArray[np.uint8]:
    """(32, W) uint8 picture of the classes, with `gap` columns around each."""
    line = np.zeros((32, gap + (8 + gap) * len(classes)), np.uint8)
    for place, label in enumerate(classes):
        start = gap + (8 + gap) * place
        line[:, start : start + 8] = PATTERNS[label][:, None]
    return line


class DyingStream(BarStream):
    """Ends the process that asks for lines, as the kernel does where the memory is used up."""

    def batch(self, index: int, size: int) -> tuple[list[npt.NDArray[np.uint8]], list[list[int]]]:
        os._exit(1)
