"""Grey picture to ink mask: working size, polarity, uneven light, adaptive Gaussian threshold.

Every length is a share of the picture's own size or of its stroke width, and every threshold a share of its own contrast,
so that one setting serves a scan of 60x34 pixels and a photograph of 12 megapixels.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from recognizer.components import count_levels, enlarge, grey_quantile, quantile_of_counts, shrink
from recognizer.types import GreyImage, InkMask

LONGEST_SIDE = 800
"""Larger pictures are shrunk to this: a ten-digit number across the page still has digits of over 40 pixels."""
SHORTEST_SIDE = 120
"""Pictures whose shorter side is below this are enlarged: thresholding enlarged greys keeps what single pixels know."""
LARGEST_ENLARGEMENT = 4.0

_GLANCE = 160
"""Longest side, in pixels, that is left at least where the light is evened out and a blackboard told from paper."""
_CLEAR_SKEWNESS = 0.25
"""Skewness of the differences from the local mean from which ink is light."""
_DARK_GROUND = 100
"""Median grey level below which a picture may be light on dark."""
_MEDIAN_SAMPLE = 40_000
"""Pixels that are enough for a median."""
_MIN_CONTRAST = 10.0
"""Ink that differs from its paper by fewer of 255 grey levels is not seen, by people hardly either ..."""
_MIN_CONTRAST_BEFORE = 7.0
"""... nor what differed by fewer before the light was evened out: in a dark room that makes steps of single levels large."""
_MIN_SIGNAL_TO_NOISE = 3.45
_LEAST_SIGNAL_TO_NOISE = 3.0
"""Contrast of clear ink, in standard deviations of the noise; and of ink that no blur makes any clearer."""
_LEAST_NOISE = 1.0
"""Counted in whole grey levels, noise of less may come out as none."""
_SMOOTHING = (0.35, 0.75)
"""Blurs that are tried where ink does not stand out from its paper, sigma in stroke widths."""
_THRESHOLD_IN_NOISE = 2.0
"""How much darker than its surroundings a pixel must be at least, in standard deviations of the paper: security patterns and
grain are noise."""


class Threshold(NamedTuple):
    """What a pixel is compared with to be ink."""

    surroundings: float
    """Sigma of its surroundings, in stroke widths."""
    share: float
    """How much darker than these it must be, as a share of the ink's own contrast."""


USUAL = Threshold(1.5, 0.20)
"""Narrow surroundings find faint ink beside dark ink, and tell strokes apart that nearly touch ..."""
WIDE = Threshold(2.5, 0.35)
"""... and wide ones, with more of the contrast, leave broad and blurred strokes whole, and what is paler than the rest out."""


class Binarized(NamedTuple):
    """What `binarize` found."""

    grey: GreyImage
    """(height, width), dark ink on light ground, whatever the picture was."""
    flat: GreyImage
    """(height, width), the same in even light: paper is about 255. As `grey` where the picture is too small for that."""
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


class _Ink(NamedTuple):
    """How ink stands out from paper. Contrast and noise in grey levels, the stroke width in pixels."""

    contrast: float
    noise: float
    stroke_width: float
    light: float
    """How bright the paper was before the light was evened out, as a share of what it is now."""

    @property
    def signal_to_noise(self) -> float:
        return self.contrast / self.noise

    @property
    def is_clear(self) -> bool:
        return self.stands_out(_MIN_SIGNAL_TO_NOISE)

    def stands_out(self, signal_to_noise: float) -> bool:
        seen = self.contrast * self.light >= _MIN_CONTRAST_BEFORE
        return seen and self.contrast >= max(_MIN_CONTRAST, signal_to_noise * self.noise)


class Prepared(NamedTuple):
    """A picture in even light, with all that is known of its ink before a threshold is chosen."""

    grey: GreyImage
    """(height, width), dark ink on light ground, whatever the picture was."""
    flat: GreyImage
    """(height, width), the same in even light: paper is about 255. As `grey` where the picture is too small for that."""
    smooth: GreyImage
    """(height, width), the same smoothed as much as it takes for the ink to stand out."""
    ink: _Ink | None
    """How the ink stands out; None on a blank picture."""


def binarize(grey: GreyImage, threshold: Threshold = USUAL) -> Binarized:
    """Find the ink of a picture: `prepare` and `find_ink` in one.

    Args:
        grey: (height, width) uint8 of at least one pixel, at working size (see `working_scale`).
        threshold: from where on a pixel is ink.
    """
    return find_ink(prepare(grey), threshold)


def prepare(grey: GreyImage) -> Prepared:
    """Even out the light of a picture by dividing through the paper's own brightness, and measure how its ink stands out.

    Args:
        grey: (height, width) uint8 of at least one pixel, at working size (see `working_scale`).
    """
    if min(grey.shape) < 3:
        return Prepared(grey, grey, grey, None)
    # The light and which of both is ink are the same in a smaller picture, and sooner found.
    small = glance(grey)
    if is_light_on_dark(small):
        grey = 255 - grey
        small = glance(grey)
    return prepare_flat(grey, flatten_light(grey, small))


def prepare_flat(grey: GreyImage, flat: GreyImage) -> Prepared:
    """The second half of `prepare`: measure how the ink stands out of a picture whose light is even.

    Args:
        grey: (height, width) uint8, dark ink on light ground.
        flat: (height, width) uint8, the same in even light.
    """
    ink, smooth = _find_ink(grey, flat) or (None, flat)
    return Prepared(grey, flat, smooth, ink)


def find_ink(prepared: Prepared, threshold: Threshold) -> Binarized:
    """Mark what is darker than its Gaussian-weighted surroundings by a share of the ink's contrast (adaptive Gaussian
    thresholding, as OpenCV's `adaptiveThreshold` does it).

    Args:
        prepared: as from `prepare`.
        threshold: from where on a pixel is ink.
    """
    grey, flat, smooth, ink = prepared
    if ink is None:
        return Binarized(grey, flat, np.zeros_like(grey), 0.0)
    offset = max(threshold.share * ink.contrast, _THRESHOLD_IN_NOISE * ink.noise)
    mask = adaptive_threshold(smooth, threshold.surroundings * ink.stroke_width, offset)
    return Binarized(grey, flat, mask, measure_stroke_width(mask))


def _blur(grey: GreyImage, sigma: float) -> GreyImage:
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), sigma), dtype=np.uint8)


def _find_ink(grey: GreyImage, flat: GreyImage) -> tuple[_Ink, GreyImage] | None:
    """How ink stands out, and the flat picture smoothed as much as it takes; None where there is none."""
    looks: list[tuple[_Ink, GreyImage]] = []
    sigma = 0.0
    for share in (*_SMOOTHING, 0.0):
        smooth = _blur(flat, sigma) if sigma else flat
        ink = _measure(_blur(grey, sigma) if sigma else grey, smooth)
        if ink is None:
            break
        if ink.is_clear:
            return ink, smooth
        looks.append((ink, smooth))
        # A security pattern is finer than a stroke, and so is grain: smoothed, they go and the strokes stay.
        sigma = share * ink.stroke_width
    best = max(looks, key=lambda look: look[0].signal_to_noise, default=None)
    return best if best and best[0].stands_out(_LEAST_SIGNAL_TO_NOISE) else None


def _measure(grey: GreyImage, flat: GreyImage) -> _Ink | None:
    """Split ink from paper at one threshold for all (Otsu 1979); None where all is one."""
    darkness = np.asarray(cv2.bitwise_not(flat), dtype=np.uint8)
    level, mask = cv2.threshold(darkness, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    first = int(level) + 1
    counts = count_levels(darkness)
    paper, ink = counts[:first], counts[first:]
    if not paper.any() or not ink.any():
        return None
    ground = quantile_of_counts(paper)
    away = np.abs(np.arange(first) - round(ground))
    grain = 1.4826 * quantile_of_counts(np.bincount(away, weights=paper))
    noise = max(grain, _pixel_noise(grey), _LEAST_NOISE)
    light = grey_quantile(_sample(grey)) / (255 - ground)
    stroke_width = measure_stroke_width(np.asarray(mask, dtype=np.uint8))
    return _Ink(first + quantile_of_counts(ink) - ground, noise, stroke_width, light)


def adaptive_threshold(grey: GreyImage, sigma: float, offset: float) -> InkMask:
    """Mark what is darker than the Gaussian-weighted mean of its surroundings by more than `offset` grey levels.

    The same as OpenCV's `adaptiveThreshold` with ADAPTIVE_THRESH_GAUSSIAN_C, but the mean, which changes slowly, is taken
    of a smaller picture: that is many times faster where strokes are wide.

    Args:
        grey: (height, width) uint8, dark ink.
        sigma: of the surroundings, in pixels; more than a stroke's width, so that the inside of a stroke never becomes its own
            surroundings.
        offset: in grey levels.

    Returns:
        (height, width) uint8, 255 where there is ink.
    """
    shrunk = max(1, int(sigma / 2))
    mean = enlarge(_blur(shrink(grey, shrunk), sigma / shrunk), shrunk, grey.shape, cv2.INTER_LINEAR)
    return np.asarray(cv2.threshold(cv2.subtract(mean, grey), offset, 255, cv2.THRESH_BINARY)[1], dtype=np.uint8)


def is_light_on_dark(grey: GreyImage) -> bool:
    """Tell a blackboard from paper: ink is what differs most from its surroundings, and there is less of it than of ground.

    Looks at the differences from the local mean, which shadows and vignettes do not reach: thin ink draws a long tail of
    them to its own side.
    """
    small = glance(grey).astype(np.float32)
    side = 2 * (max(small.shape) // 12) + 1
    local = cv2.blur(cv2.blur(small, (side, side)), (side, side))
    difference = small - local
    spread = float(difference.std())
    if spread < 1.0:
        return False
    skewness = float((difference * difference * difference).mean()) / spread**3
    # Broad strokes may fill half of a picture, and then the tail is short: what decides is that the ground is dark.
    return skewness > _CLEAR_SKEWNESS or (skewness > 0 and grey_quantile(_sample(grey)) < _DARK_GROUND)


def flatten_light(grey: GreyImage, small: GreyImage) -> GreyImage:
    """Divide a picture by the brightness of its paper, so that shadows and vignettes go: paper becomes about 255.

    The paper is what is left when strokes are closed (dilated, then eroded) away, smoothed.

    Args:
        grey: (height, width) uint8, dark ink on light ground.
        small: the same picture, shrunk, in which the paper is sought.

    Returns:
        (height, width) uint8.
    """
    _, smooth = find_paper(small)
    return divide_by_paper(grey, cv2.resize(smooth, (grey.shape[1], grey.shape[0]), interpolation=cv2.INTER_LINEAR))


def find_paper(small: GreyImage) -> tuple[GreyImage, GreyImage]:
    """The brightness of a picture's paper, as it is and smoothed: (height, width) uint8 both, as `small`."""
    side = 2 * (max(small.shape) // 14) + 1
    inside = np.s_[side:-side, side:-side]
    paper = close_strokes(small, side)
    # Twice a box is near a Gaussian, at the same price for any width.
    smooth = cv2.blur(cv2.blur(paper, (side, side)), (side, side))
    return paper[inside], np.asarray(smooth, dtype=np.uint8)[inside]


def divide_by_paper(grey: GreyImage, paper: npt.NDArray[np.generic]) -> GreyImage:
    """A picture as it is in even light: (height, width) uint8 as `grey` and the brightness of its paper, which becomes 255."""
    return np.asarray(cv2.divide(grey, np.maximum(paper, 1), scale=255), dtype=np.uint8)


def close_strokes(grey: GreyImage, side: int) -> GreyImage:
    """Close strokes away (dilate, then erode), so that the paper under them is left.

    Args:
        grey: (height, width) uint8, dark ink on light ground.
        side: of the square that is wider than any stroke, in pixels; odd.

    Returns:
        (height + 2 * side, width + 2 * side) uint8: the paper goes on beyond each edge.
    """
    # A median first, or one bright speck would become the paper of its whole neighbourhood. The light is continued beyond
    # the edges, or the closing would fill up a corner that is darker than all around it.
    around = np.pad(cv2.medianBlur(grey, 3).astype(np.int16), side, mode="reflect", reflect_type="odd")
    kernel = np.ones((side, side), np.uint8)
    paper = cv2.morphologyEx(np.clip(around, 0, 255).astype(np.uint8), cv2.MORPH_CLOSE, kernel)
    return np.asarray(paper, dtype=np.uint8)


def _pixel_noise(grey: GreyImage) -> float:
    """Standard deviation of noise that is independent from pixel to pixel, in grey levels.

    The second difference in both directions cancels paper and slow light (Immerkaer 1996, "Fast noise variance
    estimation"); its median, where the paper takes the mean, is deaf to the edges of strokes.
    """
    second = np.array([1, -2, 1], np.float32)
    response = cv2.convertScaleAbs(cv2.sepFilter2D(grey, cv2.CV_16S, second, second))
    return 1.4826 * grey_quantile(_sample(np.asarray(response, dtype=np.uint8))) / 6


def _sample(grey: GreyImage) -> npt.NDArray[np.uint8]:
    """Grey levels of pixels on an even grid, at most about `_MEDIAN_SAMPLE` of them: (N,) uint8."""
    step = max(1, int((grey.size / _MEDIAN_SAMPLE) ** 0.5))
    return grey[::step, ::step].ravel()


def measure_stroke_width(mask: InkMask) -> float:
    """Typical width of the strokes of a mask, in pixels: twice its area over the length of its outline; 0 without ink."""
    area = int(cv2.countNonZero(mask))
    if area == 0:
        return 0.0
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    outline = sum(cv2.arcLength(contour, True) for contour in contours)
    return max(1.0, 2.0 * area / outline) if outline else 1.0


def glance(grey: GreyImage) -> GreyImage:
    """A picture shrunk to where its light and its polarity are still seen."""
    return shrink(grey, max(1, max(grey.shape) // _GLANCE))
