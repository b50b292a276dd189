"""Shadows with an edge - of a hand, a telephone, a fold: the light is evened out where it changes from one pixel to the next.

`recognizer.binarize.flatten_light` takes light for smooth. Beside an edge of light its paper is too bright on the dark side,
and what is too dark for it looks like a stroke.
"""

from __future__ import annotations

import cv2
import numpy as np

from recognizer.binarize import Prepared, close_strokes, divide_by_paper, find_paper, glance, prepare_flat
from recognizer.types import GreyImage

_SIDE = 28
"""Strokes are closed away by a square with twice this part of the picture's longer side: half as wide as where light is taken
for smooth, for the square's corners remain where a shadow's edge bends."""
_SHARP, _SHARE = 0.06, 0.1
"""Light has an edge where in this share of the picture the paper differs by so much from the same smoothed."""


def has_edges(grey: GreyImage) -> bool:
    """Whether the paper's brightness changes too abruptly for `flatten_light`.

    Args:
        grey: (height, width) uint8 of at least one pixel, dark ink on light ground.
    """
    paper, smooth = find_paper(glance(grey))
    differs = cv2.absdiff(paper, smooth) > _SHARP * smooth
    return bool(np.count_nonzero(differs) >= _SHARE * differs.size)


def in_even_light(prepared: Prepared) -> Prepared:
    """The same picture divided by the brightness of its paper as it is, edges and all.

    The paper is what is left when strokes are closed away: closing fills what is narrower than its square, and leaves an edge
    where it was. It is coarser than `flatten_light` in all else: it takes thick blots for paper, and the brightest grain.

    Args:
        prepared: the picture as it was.
    """
    grey = prepared.grey
    side = 2 * (max(grey.shape) // _SIDE) + 1
    flat = divide_by_paper(grey, close_strokes(grey, side)[side:-side, side:-side])
    return prepare_flat(flat, flat)
