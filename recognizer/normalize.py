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
_SIDE = CROP_SIZE * _OVERSAMPLING
_AT_ONCE = 256
"""Characters that are blurred together, 12.5 kB each: bounds the memory that a page full of marks can take."""
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
    return np.asarray(normalize_all([ink])[0])


def normalize_steps(ink: npt.NDArray[np.uint8]) -> Steps | None:
    """Bring one character to EMNIST's form, keeping every step; arguments as for `normalize`, None where there is no ink."""
    cropped = _cropped(ink)
    if not cropped.size:
        return None
    resized = _resized(cropped)
    centred = np.zeros((_SIDE, _SIDE), np.uint8)
    _put_in_the_middle(resized, centred)
    blurred, shrunk = _softened(centred)
    return Steps(cropped, resized, centred, blurred, shrunk, _stretched(shrunk))


def normalize_all(inks: Sequence[npt.NDArray[np.uint8]]) -> npt.NDArray[np.uint8]:
    """Bring each character to EMNIST's form: (N, 28, 28) uint8, N the number of `inks`, which may be 0."""
    parts = [_normalize_some(inks[start : start + _AT_ONCE]) for start in range(0, len(inks), _AT_ONCE)]
    return np.concatenate(parts) if parts else np.zeros((0, CROP_SIZE, CROP_SIZE), np.uint8)


def _normalize_some(inks: Sequence[npt.NDArray[np.uint8]]) -> npt.NDArray[np.uint8]:
    # Side by side they are blurred and shrunk in one go: the empty border of each keeps it from its neighbours. (Below one
    # another it would take several times as long: OpenCV works row by row.)
    row = np.zeros((_SIDE, len(inks) * _SIDE), np.uint8)
    for index, ink in enumerate(inks):
        if (cropped := _cropped(ink)).size:
            _put_in_the_middle(_resized(cropped), row[:, index * _SIDE : (index + 1) * _SIDE])
    shrunk = _softened(row)[1].reshape(CROP_SIZE, -1, CROP_SIZE)
    return _stretched(shrunk.transpose(1, 0, 2))


def _cropped(ink: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    x, y, width, height = cv2.boundingRect(ink)
    return ink[y : y + height, x : x + width]


def _resized(cropped: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    height, width = cropped.shape
    scale = (CROP_SIZE - 2 * BORDER) * _OVERSAMPLING / max(width, height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    # INTER_AREA averages when it shrinks, but does not smooth the steps of a small crop that grows.
    resized = cv2.resize(cropped, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    return np.asarray(resized, dtype=np.uint8)


def _put_in_the_middle(resized: npt.NDArray[np.uint8], square: npt.NDArray[np.uint8]) -> None:
    height, width = resized.shape
    top, left = (_SIDE - height) // 2, (_SIDE - width) // 2
    square[top : top + height, left : left + width] = resized


def _softened(squares: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Squares side by side, (112, N * 112), blurred; and the same shrunk, (28, N * 28)."""
    blurred = cv2.GaussianBlur(squares, (0, 0), _BLUR_SIGMA)
    size = squares.shape[1] // _OVERSAMPLING, CROP_SIZE
    shrunk = cv2.resize(blurred, size, interpolation=cv2.INTER_AREA)
    return np.asarray(blurred, dtype=np.uint8), np.asarray(shrunk, dtype=np.uint8)


def _stretched(shrunk: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Crops, (..., 28, 28), each of them brought to 255 at its lightest."""
    # Every EMNIST picture reaches 255; a thin stroke that was shrunk does not.
    lightest = np.maximum(shrunk.max(axis=(-2, -1), keepdims=True), 1)
    return np.asarray(np.rint(shrunk * (np.float32(255.0) / lightest)), dtype=np.uint8)


def to_network_input(crops: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Scale (N, 28, 28) uint8 pictures to the network's input, (N, 28, 28, 1) float32 in [0, 1]."""
    return (crops.astype(np.float32) / np.float32(255.0))[..., np.newaxis]
