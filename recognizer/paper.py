"""The sheet of paper on a darker table, or the board on a brighter wall: what is beside it is made to look like it.

Otherwise the table is what differs most from the paper, and the paper's edge the boldest stroke.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from recognizer.components import count_levels, disc, enlarge, grow, quantile_of_counts, shrink
from recognizer.types import GreyImage, InkMask

_GLANCE = 240
"""Longest side, in pixels, of the picture in which the sheet is sought."""
_MIN_DARK_BORDER = 0.12
"""Share of a picture's outermost pixels that a table must fill."""
_MIN_SHEET, _MIN_TABLE = 0.03, 0.02
"""Least share of the picture that a sheet fills, and what is beside it."""
_MAX_RATIO = 0.75
"""Brightness of a table, at most, compared with the sheet's, and of a board compared with the wall's."""
_MIN_SOLIDITY, _MIN_SQUARENESS = 0.93, 0.82
"""Share of its convex hull that a sheet fills, its writing included; and the hull of the narrowest rectangle around it: the
outline of a 0 fills 0.79."""
_MIN_BLANK = 0.7
"""Share of a sheet that is blank: of a frame and of a 0 the inside is not."""
_NEAR, _FAR = 3, 8
"""Within so many pixels of a sheet's edge and within so many ..."""
_SHARP, _MIN_SHARP = 0.6, 0.8
"""... levels differ by no less than this share, in so much of the edge: the light of a lamp and the edge of a shadow are
softer."""
_BLURRED = 2
"""So many pixels from its edge a sheet may be darker."""
_MAX_BRIGHT = 0.1
"""Share of what is beside the sheet that may be as bright as the sheet: digits in chalk are several, and so may sheets be."""
_SURROUNDINGS = 9
"""Something is written where it is darker than its surroundings, so many pixels wide."""
_FAINT, _MIN_WRITING = 0.1, 0.002
"""By this share of the difference it must be in so much of a sheet, which may be a stroke itself otherwise ..."""
_DARK, _MAX_WRITING = 0.15, 0.005
"""... and by this one in no more than so much of what is beside it: that may be paper in the shade."""


def without_table(grey: GreyImage) -> GreyImage:
    """Paint what is beside a sheet like the sheet.

    Args:
        grey: (height, width) uint8 of at least one pixel, at working size.

    Returns:
        (height, width) uint8: `grey` itself where there is no sheet on a darker ground and no board on a brighter one.
    """
    factor = -(-max(grey.shape) // _GLANCE)
    small = shrink(grey, factor)
    if min(small.shape) < 2 * _FAR:
        return grey
    if (sheet := find_sheet(small)) is not None:
        return _paint(grey, small, sheet, factor)
    negative = 255 - small
    if (board := find_sheet(negative, is_board=True)) is not None:
        return 255 - _paint(255 - grey, negative, board, factor)
    return grey


def find_sheet(grey: GreyImage, is_board: bool = False) -> InkMask | None:
    """The one bright sheet of a picture, where it is convex, its edges are sharp, and it alone is written on.

    Args:
        grey: (height, width) uint8, of a glance at the picture.
        is_board: whether `grey` is the negative of the picture, in which a board is what is bright.

    Returns:
        (height, width) uint8, 255 where the sheet lies, its writing included; None where there is none, or where it fills the
        picture.
    """
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    level, bright = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    if _share(border <= level) < _MIN_DARK_BORDER:
        return None
    contours, _ = cv2.findContours(bright, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not contours:
        return None
    outline = max(contours, key=cv2.contourArea)
    hull = cv2.convexHull(outline)
    area = cv2.contourArea(hull)
    if area < _MIN_SHEET * grey.size or cv2.contourArea(outline) < _MIN_SOLIDITY * area:
        return None
    _, sides, _ = cv2.minAreaRect(hull)
    if area < _MIN_SQUARENESS * sides[0] * sides[1]:
        return None
    sheet = np.zeros_like(grey)
    cv2.fillConvexPoly(sheet, hull, 255)
    if _share(bright[sheet > 0] > 0) < _MIN_BLANK or not _lies_on_a_table(grey, sheet, is_board):
        return None
    return sheet


def _lies_on_a_table(grey: GreyImage, sheet: InkMask, is_board: bool) -> bool:
    beyond_near, beyond_far = (grow(sheet, reach) == 0 for reach in (_NEAR, _FAR))
    beside, within = count_levels(grey[beyond_near]), count_levels(grey[sheet > 0])
    if beside.sum() < _MIN_TABLE * grey.size:
        return False
    dark, bright = quantile_of_counts(beside), quantile_of_counts(within)
    darker, brighter = (255 - bright, 255 - dark) if is_board else (dark, bright)
    if darker > _MAX_RATIO * brighter or beside[int((dark + bright) / 2) :].sum() > _MAX_BRIGHT * beside.sum():
        return False
    edge = (grow(sheet, 1) > 0) & (sheet == 0)
    step, whole = (_range(grey, reach)[edge] for reach in (_NEAR, _FAR))
    if _share(step >= _SHARP * whole) < _MIN_SHARP:
        return False
    smooth = cv2.blur(grey, (3, 3))
    around = cv2.morphologyEx(smooth, cv2.MORPH_CLOSE, np.ones((_SURROUNDINGS, _SURROUNDINGS), np.uint8))
    depth = cv2.subtract(around, smooth) / (bright - dark)
    is_written_on = _share(depth[grow(255 - sheet, _NEAR) == 0] > _FAINT) >= _MIN_WRITING
    return is_written_on and _share(depth[beyond_far] > _DARK) <= _MAX_WRITING


def _paint(grey: GreyImage, small: GreyImage, sheet: InkMask, factor: int) -> GreyImage:
    """A picture with every pixel beside a sheet as bright as the paper at the nearest one on it.

    Args:
        grey: (height, width) uint8.
        small: the same, shrunk.
        sheet: of `small`.
        factor: by which it is shrunk.
    """
    beside = grow(255 - sheet, _BLURRED)
    _, nearest = cv2.distanceTransformWithLabels(beside, cv2.DIST_L2, cv2.DIST_MASK_3, labelType=cv2.DIST_LABEL_PIXEL)
    paper = np.asarray(cv2.morphologyEx(small, cv2.MORPH_CLOSE, disc(_FAR)), dtype=np.uint8)
    levels = np.zeros(int(nearest.max()) + 1, np.uint8)
    levels[nearest[beside == 0]] = paper[beside == 0]
    painted = np.asarray(cv2.blur(levels[nearest], (_SURROUNDINGS, _SURROUNDINGS)), dtype=np.uint8)
    where = enlarge(beside, factor, grey.shape, cv2.INTER_NEAREST)
    return np.where(where > 0, enlarge(painted, factor, grey.shape, cv2.INTER_LINEAR), grey)


def _range(grey: GreyImage, reach: int) -> npt.NDArray[np.float32]:
    """By how many levels the pixels around each differ."""
    return np.asarray(cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, disc(reach)), dtype=np.float32)


def _share(which: npt.NDArray[np.bool_]) -> float:
    return float(which.mean()) if which.size else 0.0
