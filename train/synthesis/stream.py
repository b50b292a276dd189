"""Numbered batches of synthesised lines."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from train.synthesis.line import random_hand, write_line
from train.synthesis.paper import degrade
from train.synthesis.sources import Sources
from train.synthesis.texts import DOODLE, PRINTED, random_text

MARK = 11
"""Class of a mark; a digit's class is one more than the digit, and 0 is CTC's blank."""


def synthesise(text: str, sources: Sources, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Write a text and put it on paper.

    Returns:
        (32, W) uint8, white ink on black, as the reader cuts its lines.
    """
    hand = random_hand(rng)
    ink, body = write_line(text, hand, sources, rng)
    neighbour = None
    if rng.random() < 0.1:
        neighbour, _ = write_line(random_text(rng), hand, sources, rng)
    return degrade(ink, body, rng, neighbour)


def classes_of(text: str) -> list[int]:
    """The sequence that the network is to give: spaces, doodles and print are left out."""
    return [int(c) + 1 if c.isdigit() else MARK for c in text if c not in (" ", DOODLE, PRINTED)]


class StringStream:
    """Endless lines with their labels; picking up the stream at any batch needs nothing but its number."""

    def __init__(self, sources: Sources, seed: int, *more: int) -> None:
        """`more` numbers beside the seed give other lines."""
        self.sources, self.seed = sources, (seed, *more)

    def batch(self, index: int, size: int) -> tuple[list[npt.NDArray[np.uint8]], list[list[int]]]:
        """Batch number `index`: `size` pictures, each (32, W) uint8, and the classes that each shows, 1 to 11."""
        rng = np.random.default_rng([*self.seed, index])
        texts = [random_text(rng) for _ in range(size)]
        return [synthesise(text, self.sources, rng) for text in texts], [classes_of(text) for text in texts]
