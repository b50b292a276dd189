"""Written lines as they come to the line network at work: found in a picture and cut out by the reader itself.

What the reader does to a line before the network sees it, an imitation gets only nearly right: how it evens out light and
noise, how large the digits become beside touching ones or tall marks, what it leaves out at the ends. Lines that are cut by
the reader itself show the network all of that.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from recognizer.lines import cut_line
from recognizer.reader import find_lines
from recognizer.types import GreyImage
from train.synthesis.line import ROWS
from train.synthesis.paper import lay, photograph

_HEIGHTS = (28, 65)
"""Range of the height at which a line is photographed, in pixels: digits of about 12 to 45."""
_MARGIN = 12
"""Widest margin around a picture, in pixels."""
_LOST = 0.12
"""So much of the line's own ink, in its heights, may lie outside of what was cut; or the text would say more than there is."""


def cut_by_reader(
    ink: npt.NDArray[np.uint8],
    body: tuple[int, int],
    rng: np.random.Generator,
    neighbour: npt.NDArray[np.uint8] | None = None,
) -> GreyImage | None:
    """Photograph a written line, let the reader find it, and cut it out as the reader does.

    Args:
        ink: (64, W) uint8 as from `train.synthesis.write_line`, and so is `body`.
        rng: the source of all variation.
        neighbour: as for `train.synthesis.degrade`.

    Returns:
        (32, w) uint8, white ink on black; None where the reader finds no line, or several, or not all of it.
    """
    fine, first = lay(ink, body, rng, neighbour)
    height = int(rng.integers(*_HEIGHTS))
    picture, left = print_on_paper(photograph(fine, height, rng), rng)
    found = find_lines(picture)
    if len(found.rows) != 1:
        return None
    cut = cut_line(found.binarized.flat, found.binarized.mask, found.rows[0])
    columns = np.flatnonzero(ink.any(axis=0))
    if not len(columns):
        return None
    factor = height / ROWS
    start, end = (left + factor * (first + column) for column in (columns[0], columns[-1]))
    seen_from, seen_to = cut.x / found.scale, (cut.x + cut.image.shape[1] / cut.scale) / found.scale
    lost = _LOST * factor * (body[1] - body[0])
    return cut.image if seen_from <= start + lost and end - lost <= seen_to else None


def print_on_paper(line: npt.NDArray[np.uint8], rng: np.random.Generator) -> tuple[GreyImage, int]:
    """Turn a line into a picture, with a margin.

    Args:
        line: (height, width) uint8, white ink on black.
        rng: chooses paper, ink and margins.

    Returns:
        (height, width) uint8, dark ink on light paper, and the column at which the line begins.
    """
    paper, dark = float(rng.uniform(180, 250)), float(rng.uniform(10, 110))
    top, bottom, left, right = rng.integers(0, _MARGIN, 4).tolist()
    line = np.pad(line, ((top, bottom), (left, right)))
    grain = rng.standard_normal(line.shape, dtype=np.float32) * np.float32(rng.uniform(0.3, 3.0))
    grey = paper - (paper - dark) / 255 * line.astype(np.float32) + grain
    return np.asarray(cv2.convertScaleAbs(np.maximum(grey, 0)), np.uint8), left
