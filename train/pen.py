"""Pen strokes to ink: draws what a pen or a tablet recorded, at any size and width."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

Stroke = npt.NDArray[np.float32]
"""(N, 2) float32: the points (x, y) of one stroke, from pen down to pen up; y grows downwards."""

_SUBPIXEL_BITS = 4


def smooth(points: Sequence[tuple[float, float]]) -> Stroke:
    """A smooth stroke near the points, at least two: corners are cut twice, the ends stay.

    Chaikin 1974, "An algorithm for high-speed curve generation".
    """
    curve = np.array(points, np.float32)
    for _ in range(2):
        cut = np.stack([0.75 * curve[:-1] + 0.25 * curve[1:], 0.25 * curve[:-1] + 0.75 * curve[1:]], axis=1)
        curve = np.concatenate([curve[:1], cut.reshape(-1, 2), curve[-1:]])
    return curve


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


def draw_ink(
    strokes: Sequence[Stroke], pen_width: float, size: tuple[int, int], pressure: float = 0.25
) -> npt.NDArray[np.uint8]:
    """Draw strokes with a pen that presses harder where it moves slowly, on a canvas of a given size.

    A hand slows down in bends, and sets down and lifts its pen in motion: strokes swell in bends and taper at the ends.

    Args:
        strokes: strokes of evenly spaced points, in pixels of the canvas; what lies outside is cut off. May be none.
        pen_width: diameter of the line where it is straight, in pixels.
        size: (height, width) of the canvas, in pixels.
        pressure: how much wider the tightest bends are and how much narrower the ends, as a share of `pen_width`;
            0 draws an even line.

    Returns:
        (height, width) uint8, white ink on black.
    """
    height, width = size
    # Filled circles without anti-aliasing on a finer canvas: overlapping anti-aliased ones would add up at the edges.
    fine = 4 if pen_width < 12 else 2
    canvas = np.zeros((height * fine, width * fine), np.uint8)
    one = 1 << _SUBPIXEL_BITS
    for stroke in strokes:
        diameters = pen_width * _relative_width(stroke, pressure, pen_width)
        points = np.asarray(stroke, np.float64)
        if len(points) > 1:  # circles closer than a quarter of the pen leave no ripples on the line's edge
            count = int(np.linalg.norm(np.diff(points, axis=0), axis=1).sum() / (pen_width / 4)) + 2
            at, index = np.linspace(0, len(points) - 1, max(count, len(points))), np.arange(len(points))
            points = np.stack([np.interp(at, index, points[:, k]) for k in range(2)], axis=1)
            diameters = np.interp(at, index, diameters)
        # A pixel's centre lies half a pixel from its edge: without this the ink would move by it.
        centres = np.round(((points + 0.5) * fine - 0.5) * one).astype(int)
        radii = np.maximum(1, np.round(diameters / 2 * fine * one)).astype(int)
        for (x, y), radius in zip(centres.tolist(), radii.tolist(), strict=True):
            cv2.circle(canvas, (x, y), radius, 255, cv2.FILLED, cv2.LINE_8, _SUBPIXEL_BITS)
    small = cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def _relative_width(stroke: Stroke, pressure: float, pen_width: float) -> npt.NDArray[np.float64]:
    """Width of the line at each point of a stroke, 1 where it is straight: (N,) float64."""
    points = np.asarray(stroke, np.float64)
    count = len(points)
    if count < 8:
        return np.ones(count)
    reach = 4
    ahead = points[np.minimum(np.arange(count) + reach, count - 1)] - points
    behind = points - points[np.maximum(np.arange(count) - reach, 0)]
    turn = np.abs(np.arctan2(ahead[:, 0] * behind[:, 1] - ahead[:, 1] * behind[:, 0], (ahead * behind).sum(axis=1)))
    # The speed of a hand falls with the cube root of the curvature (Lacquaniti et al. 1983, the two-thirds power law).
    slow = np.cbrt(np.clip(turn / 1.2, 0.0, 1.0))
    kernel = np.hanning(min(17, count | 1))
    kernel /= kernel.sum()
    half = len(kernel) // 2
    slow = np.convolve(np.pad(slow, half, mode="edge"), kernel, "valid")[:count]
    step = np.linalg.norm(np.diff(points, axis=0), axis=1).mean()
    from_end = np.minimum(np.arange(count), np.arange(count)[::-1]) * step
    taper = np.exp(-from_end / (1.5 * pen_width))
    return np.asarray(1.0 + pressure * (slow - 0.5) - 1.2 * pressure * taper)
