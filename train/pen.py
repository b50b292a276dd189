"""Pen strokes to ink: draws what a pen or a tablet recorded, at any size and width."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

Stroke = npt.NDArray[np.float32]
"""(N, 2) float32: the points (x, y) of one stroke, from pen down to pen up; y grows downwards."""

_SUBPIXEL_BITS = 4


def draw_strokes(strokes: Sequence[Stroke], pen_width: float) -> npt.NDArray[np.uint8]:
    """Draw strokes with a round pen, anti-aliased.

    Args:
        strokes: one or more strokes, in pixels of the picture to make; they may lie anywhere.
        pen_width: diameter of the pen's tip, in pixels, at least 1 after rounding.

    Returns:
        (height, width) uint8, white ink on black, cropped to the ink with one pen width of margin.
    """
    points = np.concatenate(strokes)
    margin = float(np.ceil(pen_width)) + 1
    origin = points.min(axis=0) - margin
    width, height = np.ceil(points.max(axis=0) - origin + margin).astype(int) + 1
    canvas = np.zeros((int(height), int(width)), np.uint8)
    fixed = [np.round((s - origin) * (1 << _SUBPIXEL_BITS)).astype(np.int32).reshape(-1, 1, 2) for s in strokes]
    # A tap of the pen is a single point, of which polylines draws nothing: doubling it gives a dot.
    fixed = [np.repeat(s, 2, axis=0) if len(s) == 1 else s for s in fixed]
    cv2.polylines(canvas, fixed, False, 255, max(1, round(pen_width)), cv2.LINE_AA, _SUBPIXEL_BITS)
    return canvas
