"""Crops of ink to the 28x28 pictures that the network takes, made the way EMNIST made its own.

EMNIST's conversion (Cohen et al. 2017, "EMNIST: an extension of MNIST to handwritten letters", arXiv:1702.05373): the
binary character is blurred (Gaussian, sigma 1 at 128x128), cropped to its bounding box, placed in the middle of a square
with a 2-pixel border keeping its aspect ratio, and brought to 28x28 by bicubic interpolation. A crop made in the same way
meets at run time what the network saw in training.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from recognizer.types import CROP_SIZE

BORDER = 2
"""Empty pixels on each side of the longer side, as in EMNIST."""
_OVERSAMPLING = 4
"""The character is first brought to four times its final size, near the 96 pixels at which NIST's forms held it."""
_BLUR_SIGMA = 1.0
"""EMNIST's own blur, at the size of NIST's forms."""


class Steps(NamedTuple):
    """A character after each step, uint8, white ink on black; `stretched` is the result."""

    cropped: npt.NDArray[np.uint8]
    """(height, width) cut to the ink."""
    resized: npt.NDArray[np.uint8]
    """The longer side brought to 96 pixels."""
    centred: npt.NDArray[np.uint8]
    """(112, 112) in the middle of an empty square."""
    blurred: npt.NDArray[np.uint8]
    """(112, 112) its edges softened."""
    shrunk: npt.NDArray[np.uint8]
    """(28, 28) a quarter of the size."""
    stretched: npt.NDArray[np.uint8]
    """(28, 28) the lightest pixel brought to 255."""


def normalize(ink: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Bring one character to EMNIST's form.

    Args:
        ink: (height, width) uint8 of any size, 0 where there is no ink, up to 255 where there is.

    Returns:
        (28, 28) uint8, white ink on black: the ink's longer side spans 24 pixels and is centred. All zero where `ink` is.
    """
    steps = normalize_steps(ink)
    return np.zeros((CROP_SIZE, CROP_SIZE), np.uint8) if steps is None else steps.stretched


def normalize_steps(ink: npt.NDArray[np.uint8]) -> Steps | None:
    """Bring one character to EMNIST's form, keeping every step; arguments as for `normalize`, None where there is no ink."""
    x, y, width, height = cv2.boundingRect(ink)
    if width == 0 or height == 0:
        return None
    cropped = ink[y : y + height, x : x + width]

    side = CROP_SIZE * _OVERSAMPLING
    scale = (CROP_SIZE - 2 * BORDER) * _OVERSAMPLING / max(width, height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    # INTER_AREA averages when it shrinks, but does not smooth the steps of a small crop that grows.
    resized = cv2.resize(cropped, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    centred = np.zeros((side, side), np.uint8)
    top, left = (side - size[1]) // 2, (side - size[0]) // 2
    centred[top : top + size[1], left : left + size[0]] = resized
    blurred = cv2.GaussianBlur(centred, (0, 0), _BLUR_SIGMA)
    shrunk = cv2.resize(blurred, (CROP_SIZE, CROP_SIZE), interpolation=cv2.INTER_AREA)
    # Every EMNIST picture reaches 255; a thin stroke that was shrunk does not.
    stretched = cv2.convertScaleAbs(shrunk, alpha=255.0 / max(1, int(shrunk.max())))
    pictures = (cropped, resized, centred, blurred, shrunk, stretched)
    return Steps(*(np.asarray(picture, np.uint8) for picture in pictures))


def normalize_all(inks: Sequence[npt.NDArray[np.uint8]]) -> npt.NDArray[np.uint8]:
    """Bring each character to EMNIST's form: (N, 28, 28) uint8, N the number of `inks`, which may be 0."""
    if not inks:
        return np.zeros((0, CROP_SIZE, CROP_SIZE), np.uint8)
    return np.stack([normalize(ink) for ink in inks])


def to_network_input(crops: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Scale (N, 28, 28) uint8 pictures to the network's input, (N, 28, 28, 1) float32 in [0, 1]."""
    return (crops.astype(np.float32) / np.float32(255.0))[..., np.newaxis]
