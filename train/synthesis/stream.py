"""Numbered batches of synthesised lines."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from train.synthesis.cut import cut_by_reader
from train.synthesis.line import random_hand, write_line
from train.synthesis.paper import degrade
from train.synthesis.sources import Sources
from train.synthesis.texts import DOODLE, random_text

MARK = 11
"""Class of a mark; a digit's class is one more than the digit, and 0 is CTC's blank."""


def synthesise(text: str, sources: Sources, rng: np.random.Generator, cut: float = 0.0) -> npt.NDArray[np.uint8]:
    """Write a text and put it on paper.

    Args:
        text: what `random_text` makes up.
        sources: the characters to write with.
        rng: the same state gives the same line.
        cut: with this probability the reader itself cuts the line out of a picture, which takes ten times as long; or else, and
            where it does not find it, it is made to look as if it had.

    Returns:
        (32, W) uint8, white ink on black, as the reader cuts its lines.
    """
    hand = random_hand(rng)
    ink, body = write_line(text, hand, sources, rng)
    neighbour = None
    if rng.random() < 0.1:
        neighbour, _ = write_line(random_text(rng), hand, sources, rng)
    line = cut_by_reader(ink, body, rng, neighbour) if cut and rng.random() < cut else None
    return degrade(ink, body, rng, neighbour) if line is None else line


def classes_of(text: str) -> list[int]:
    """The sequence that the network is to give: spaces and doodles are left out."""
    return [int(c) + 1 if c.isdigit() else MARK for c in text if c not in (" ", DOODLE)]


class StringStream:
    """Endless lines with their labels; picking up the stream at any batch needs nothing but its number."""

    def __init__(self, sources: Sources, seed: int, *more: int, cut: float = 0.0) -> None:
        """`more` numbers beside the seed give other lines; `cut` as for `synthesise`."""
        self.sources, self.seed, self.cut = sources, (seed, *more), cut

    def batch(self, index: int, size: int) -> tuple[list[npt.NDArray[np.uint8]], list[list[int]]]:
        """Batch number `index`: `size` pictures, each (32, W) uint8, and the classes that each shows, 1 to 11."""
        rng = np.random.default_rng([*self.seed, index])
        texts = [random_text(rng) for _ in range(size)]
        return [synthesise(text, self.sources, rng, self.cut) for text in texts], [classes_of(text) for text in texts]
