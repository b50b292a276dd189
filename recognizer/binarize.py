"""Grey picture to ink mask: working size, polarity, uneven light, adaptive Gaussian threshold.

Every length is a share of the picture's own size or of its stroke width, and every threshold a share of its own contrast,
so that one setting serves a scan of 60x34 pixels and a photograph of 12 megapixels.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from recognizer.types import GreyImage, InkMask

LONGEST_SIDE = 1280
"""Larger pictures are shrunk to this: a ten-digit number across the page still has digits of over 60 pixels."""
SHORTEST_SIDE = 120
"""Pictures whose shorter side is below this are enlarged: thresholding enlarged greys keeps what single pixels know."""
LARGEST_ENLARGEMENT = 4.0

_MIN_CONTRAST = 10.0
"""Ink that differs from its paper by fewer of 255 grey levels is not seen, by people hardly either."""
_MIN_SIGNAL_TO_NOISE = 3.45
_THRESHOLD_SHARE = 0.20
"""How much darker than its surroundings a pixel must be, as a share of the ink's own contrast ..."""
_THRESHOLD_IN_NOISE = 2.0
"""... and in standard deviations of the paper: security patterns and grain are noise."""


class Binarized(NamedTuple):
    """What `binarize` found."""

    grey: GreyImage
    """(height, width), dark ink on light ground, whatever the picture was."""
    mask: InkMask
    """(height, width), 255 where there is ink; all 0 on a blank picture."""
    stroke_width: float
    """Typical width of a stroke, in pixels; 0 on a blank picture."""


def working_scale(height: int, width: int) -> float:
    """Factor that brings a picture of this size to the size it is read at."""
    if max(height, width) > LONGEST_SIDE:
        return LONGEST_SIDE / max(height, width)
    room = LONGEST_SIDE / max(height, width)
    return max(1.0, min(LARGEST_ENLARGEMENT, SHORTEST_SIDE / min(height, width), room))


def rescale(grey: GreyImage, scale: float) -> GreyImage:
    """Resize a grey picture: (height, width) uint8 to at least (1, 1) uint8."""
    if scale == 1.0:
        return grey
    height, width = grey.shape
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(
        cv2.resize(grey, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC), dtype=np.uint8
    )


def binarize(grey: GreyImage) -> Binarized:
    """Find the ink of a picture.

    The light is evened out by dividing through the paper's own brightness, and the ink is what is darker than its
    Gaussian-weighted surroundings by a share of the ink's contrast (adaptive Gaussian thresholding, as OpenCV's
    `adaptiveThreshold` does it).

    Args:
        grey: (height, width) uint8 of at least one pixel, at working size (see `working_scale`).
    """
    blank = Binarized(grey, np.zeros_like(grey), 0.0)
    if min(grey.shape) < 3:
        return blank
    if is_light_on_dark(grey):
        grey = 255 - grey
        blank = Binarized(grey, np.zeros_like(grey), 0.0)
    flat = flatten_light(grey)
    darkness = 255 - flat
    level, _ = cv2.threshold(darkness, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    ink = darkness > level
    if not ink.any() or ink.all():
        return blank
    paper = darkness[~ink]
    level_of_paper = float(np.median(paper))
    contrast = float(np.median(darkness[ink])) - level_of_paper
    grain = 1.4826 * float(np.median(np.abs(paper.astype(np.float32) - level_of_paper)))
    noise = max(grain, _pixel_noise(grey))
    if contrast < max(_MIN_CONTRAST, _MIN_SIGNAL_TO_NOISE * noise):
        return blank
    stroke_width = measure_stroke_width(ink.astype(np.uint8))
    # Three strokes to each side: wide enough that the inside of a stroke never becomes its own surroundings.
    block = 2 * round(4 * stroke_width) + 3
    offset = max(_THRESHOLD_SHARE * contrast, _THRESHOLD_IN_NOISE * noise)
    mask = np.asarray(
        cv2.adaptiveThreshold(flat, 255, cv2.ADAPTIVE_THRESH_GAUSSIAN_C, cv2.THRESH_BINARY_INV, block, offset),
        dtype=np.uint8,
    )
    return Binarized(grey, mask, measure_stroke_width(mask))


def is_light_on_dark(grey: GreyImage) -> bool:
    """Tell a blackboard from paper: ink is what differs most from its surroundings, and there is less of it than of ground.

    Looks at the differences from the local mean, which shadows and vignettes do not reach: thin ink draws a long tail of
    them to its own side.
    """
    small = _shrink(grey, 256).astype(np.float32)
    side = 2 * (max(small.shape) // 12) + 1
    local = cv2.blur(cv2.blur(small, (side, side)), (side, side))
    difference = small - local
    spread = float(difference.std())
    if spread < 1.0:
        return False
    return float((difference**3).mean()) / spread**3 > 0.25 or (
        float((difference**3).mean()) > 0 and float(np.median(grey)) < 100
    )


def flatten_light(grey: GreyImage) -> GreyImage:
    """Divide a picture by the brightness of its paper, so that shadows and vignettes go: paper becomes about 255.

    The paper is what is left when strokes are closed (dilated, then eroded) away, smoothed.
    """
    small = _shrink(grey, 320)
    side = 2 * (max(small.shape) // 14) + 1
    kernel = np.ones((side, side), np.uint8)
    # A median first, or one bright speck would become the paper of its whole neighbourhood. The light is continued beyond
    # the edges, or the closing would fill up a corner that is darker than all around it.
    around = np.pad(cv2.medianBlur(small, 3).astype(np.int16), side, mode="reflect", reflect_type="odd")
    paper = cv2.morphologyEx(np.clip(around, 0, 255).astype(np.uint8), cv2.MORPH_CLOSE, kernel)
    # Twice a box is near a Gaussian, at the same price for any width.
    paper = cv2.blur(cv2.blur(paper, (side, side)), (side, side))[side:-side, side:-side]
    paper = cv2.resize(paper, (grey.shape[1], grey.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.divide(grey, np.maximum(paper, 1), scale=255), dtype=np.uint8)


def _pixel_noise(grey: GreyImage) -> float:
    """Standard deviation of noise that is independent from pixel to pixel, in grey levels.

    The second difference in both directions cancels paper and slow light (Immerkaer 1996, "Fast noise variance
    estimation"); its median, where the paper takes the mean, is deaf to the edges of strokes.
    """
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    response = cv2.filter2D(grey, cv2.CV_32F, kernel)
    return 1.4826 * float(np.median(np.abs(response))) / 6


def measure_stroke_width(mask: InkMask) -> float:
    """Typical width of the strokes of a mask, in pixels: twice its area over the length of its outline; 0 without ink."""
    area = int(cv2.countNonZero(mask))
    if area == 0:
        return 0.0
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    outline = sum(cv2.arcLength(contour, True) for contour in contours)
    return max(1.0, 2.0 * area / (outline + 1e-9)) if outline else 1.0


def _shrink(grey: npt.NDArray[np.uint8], longest: int) -> npt.NDArray[np.uint8]:
    scale = longest / max(grey.shape)
    return rescale(grey, scale) if scale < 1 else grey
