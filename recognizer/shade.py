"""Shadows with an edge - of a hand, a telephone, a fold: the light is evened out where it changes from one pixel to the next.

`recognizer.binarize.flatten_light` takes light for smooth. Beside an edge of light its paper is too bright on the dark side,
and what is too dark for it looks like a stroke.
"""

from __future__ import annotations

import cv2
import numpy as np

from recognizer.binarize import Prepared, close_strokes, glance, prepare_flat
from recognizer.types import GreyImage

_SIDE = 14
"""Strokes are closed away by a square of this part of the picture's longer side, which is also what remains of a shadow's edge
where it bends."""
_SHARP, _SHARE = 0.06, 0.1
"""Light has an edge where in this share of the picture the paper differs by so much from the same smoothed."""


def has_edges(grey: GreyImage) -> bool:
    """Whether the paper's brightness changes too abruptly for `flatten_light`.

    Args:
        grey: (height, width) uint8 of at least one pixel, dark ink on light ground.
    """
    small = glance(grey)
    side = 2 * (max(small.shape) // _SIDE) + 1
    paper = close_strokes(small, side)
    smooth = cv2.blur(cv2.blur(paper, (side, side)), (side, side))
    inside = np.s_[side:-side, side:-side]
    differs = cv2.absdiff(paper, smooth)[inside] > _SHARP * smooth[inside]
    return bool(np.count_nonzero(differs) >= _SHARE * differs.size)


def in_even_light(prepared: Prepared) -> Prepared:
    """The same picture divided by the brightness of its paper as it is, edges and all.

    The paper is what is left when strokes are closed away: closing fills what is narrower than its square, and leaves an edge
    where it was. It is coarser than `flatten_light` in all else: it takes thick blots for paper, and the brightest grain.

    Args:
        prepared: the picture as it was.
    """
    grey = prepared.grey
    side = 2 * (max(grey.shape) // (2 * _SIDE)) + 1
    paper = close_strokes(grey, side)[side:-side, side:-side]
    flat = np.asarray(cv2.divide(grey, np.maximum(paper, 1), scale=255), dtype=np.uint8)
    return prepare_flat(flat, flat)
