"""Connected components of a mask, medians and fitted lines: shared by the stages."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import cv2
import numpy as np
import numpy.typing as npt

from recognizer.types import Box, InkMask


def weighted_median(values: Sequence[float], weights: Sequence[float]) -> float:
    """The least of `values` up to which at least half of the weight lies; both are (N,) with N at least 1."""
    pairs = sorted(zip(values, weights, strict=True))
    half = sum(weights) / 2
    # Not by arrays: that takes longer where there are a few, as mostly.
    return float(
        next(
            value
            for (value, _), sofar in zip(pairs, accumulate(weight for _, weight in pairs), strict=True)
            if sofar >= half
        )
    )


def count_apart(places: npt.NDArray[np.floating], apart: float) -> int:
    """How many of some places there are, where those that are no farther than `apart` from the next are one."""
    return int(np.count_nonzero(np.diff(np.sort(places), prepend=-np.inf) > apart))


def grey_quantile(levels: npt.NDArray[np.uint8], share: float = 0.5) -> float:
    """The grey level that `share` of the levels do not exceed, by counting: many times faster than by sorting.

    Args:
        levels: uint8 of any shape, at least one.
        share: 0 to 1; 0.5 gives the median.
    """
    return quantile_of_counts(count_levels(levels), share)


def count_levels(levels: npt.NDArray[np.uint8], mask: npt.NDArray[np.uint8] | None = None) -> npt.NDArray[np.float32]:
    """How often each grey level occurs.

    Args:
        levels: uint8 of any shape.
        mask: uint8 of the same shape, not 0 for the levels that count; None for all.

    Returns:
        (256,) whole numbers, exact up to 16 millions.
    """
    counts = cv2.calcHist([np.ascontiguousarray(levels)], [0], mask, [256], [0, 256])
    return np.asarray(counts, dtype=np.float32).ravel()


def quantile_of_counts(counts: npt.NDArray[np.number], share: float = 0.5) -> float:
    """The index up to which `share` of what was counted lies: (N,) counts, at least one above 0."""
    cumulated = counts.cumsum()
    return float(np.searchsorted(cumulated, cumulated[-1] * share))


def shrink(picture: npt.NDArray[np.uint8], factor: int) -> npt.NDArray[np.uint8]:
    """Make a picture smaller by a whole number: several times as fast as by a broken one.

    Args:
        picture: (height, width) uint8.
        factor: at least 1.

    Returns:
        (ceil(height / factor), ceil(width / factor)) uint8, the means of squares of pixels. Those at the right and lower edge
        may reach beyond it, where the last pixels go on.
    """
    if factor == 1:
        return picture
    height, width = picture.shape
    whole = cv2.copyMakeBorder(picture, 0, -height % factor, 0, -width % factor, cv2.BORDER_REPLICATE)
    size = whole.shape[1] // factor, whole.shape[0] // factor
    return np.asarray(cv2.resize(whole, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def enlarge(
    small: npt.NDArray[np.uint8], factor: int, shape: tuple[int, ...], interpolation: int
) -> npt.NDArray[np.uint8]:
    """Bring what `shrink` made of a picture back to the picture's size, `shape`; `interpolation` as OpenCV names it."""
    height, width = shape
    size = small.shape[1] * factor, small.shape[0] * factor
    return np.asarray(cv2.resize(small, size, interpolation=interpolation)[:height, :width], dtype=np.uint8)


def disc(radius: float) -> npt.NDArray[np.uint8]:
    """A round kernel for OpenCV's morphology, of at least three pixels: (side, side) uint8."""
    side = 2 * max(1, round(radius)) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), dtype=np.uint8)


def grow(mask: InkMask, radius: float) -> InkMask:
    """Grow the ink of a mask by a radius in pixels, at least by one: (height, width) uint8 to a new one of the same shape."""
    return np.asarray(cv2.dilate(np.ascontiguousarray(mask), disc(radius)), dtype=np.uint8)


def count_runs(inked: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
    """How many runs of ink there are in each row of pixels, one after the other: (...) of (..., N)."""
    return np.asarray(np.count_nonzero(np.diff(inked.astype(np.int8), prepend=0) == 1, axis=-1), dtype=np.intp)


def label_components(mask: InkMask) -> tuple[npt.NDArray[np.int32], list[tuple[int, Box]]]:
    """Number the 8-connected components of a mask.

    OpenCV's `connectedComponentsWithStats` does the same in eight times the time: its boxes, areas and centres cost more
    than the labels do, and only the boxes are wanted here. Those come from the outlines.

    Args:
        mask: (height, width) uint8, any value but 0 where there is ink.

    Returns:
        (height, width) int32, 0 for the ground; and the label and box of each component.
    """
    mask = np.ascontiguousarray(mask)
    _, labels = cv2.connectedComponents(mask, connectivity=8, ltype=cv2.CV_32S)
    found = []
    for contour in _outer_contours(mask):
        x, y = contour[0][0]
        found.append((int(labels[y, x]), Box(*cv2.boundingRect(contour))))
    return np.asarray(labels, dtype=np.int32), found


def find_boxes(mask: InkMask) -> list[Box]:
    """The boxes of a mask's components, as `label_components` finds them, without the labels, which cost as much again."""
    return [Box(*cv2.boundingRect(contour)) for contour in _outer_contours(np.ascontiguousarray(mask))]


def _outer_contours(mask: InkMask) -> list[cv2.typing.MatLike]:
    contours, hierarchy = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    # The outline of a hole has a parent.
    return [contour for index, contour in enumerate(contours) if hierarchy[0][index][3] < 0]


def fit_line(
    x: npt.NDArray[np.intp] | npt.NDArray[np.float64],
    y: npt.NDArray[np.intp] | npt.NDArray[np.float64],
    weights: npt.NDArray[np.float64] | None = None,
) -> tuple[float, float, float]:
    """Slope and offset of the straight line through points, by least squares, and the standard deviation of y from it.

    By their moments: `numpy.polyfit` takes many times as long, and a picture has dozens of runs.

    Args:
        x: (N,).
        y: (N,).
        weights: (N,) how often each point counts; None for once.
    """
    if weights is None:
        weights = np.ones(len(x))
    count = float(weights.sum())
    middle_x, middle_y = float(weights @ x) / count, float(weights @ y) / count
    dx, dy = x - middle_x, y - middle_y
    weighted = weights * dx
    spread = float(weighted @ dx)
    slope = float(weighted @ dy) / spread if spread else 0.0
    rest = dy - slope * dx
    return slope, middle_y - slope * middle_x, float((weights * rest) @ rest / count) ** 0.5
