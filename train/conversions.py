"""How a written character becomes 28x28 pixels: EMNIST's published steps, MNIST's, and what tells the results apart."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from recognizer.normalize import BORDER
from recognizer.types import CROP_SIZE, InkMask
from train.data import Digits, Images
from train.glyphs import random_hand, write_digit
from train.pen import draw_strokes

FORM_SIZE = 128
"""Side of the squares that NIST cut its characters out in, in pixels."""
_CHARACTER_HEIGHT = 88
_PEN_WIDTH = 10.0
_MNIST_BOX = 20
_BOX_LEVEL = 60
"""Grey level from which a pixel counts as ink: a blurred fringe does not."""


def character(digit: str, seed: int = 7) -> InkMask:
    """A digit as NIST Special Database 19 holds it, written by a made-up hand: (128, 128) uint8, 0 or 255, off centre."""
    rng = np.random.default_rng(seed)
    strokes = [stroke * np.float32(_CHARACTER_HEIGHT) for stroke in write_digit(digit, rng, random_hand(rng))]
    ink = np.where(draw_strokes(strokes, _PEN_WIDTH) > 127, 255, 0).astype(np.uint8)
    square = np.zeros((FORM_SIZE, FORM_SIZE), np.uint8)
    top, left = (FORM_SIZE - ink.shape[0]) // 3, (FORM_SIZE - ink.shape[1]) // 2
    square[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return square


def emnist_steps(written: InkMask) -> dict[str, Images]:
    """EMNIST's conversion, step by step (Cohen et al. 2017, "EMNIST: an extension of MNIST to handwritten letters",
    arXiv:1702.05373, section II).

    Args:
        written: (128, 128) uint8, one binary character, not empty.

    Returns:
        By step, the picture after it; the last one is (28, 28) uint8.
    """
    blurred = cv2.GaussianBlur(written, (0, 0), 1.0)
    x, y, width, height = cv2.boundingRect((blurred > 127).astype(np.uint8))
    cropped = blurred[y : y + height, x : x + width]
    side = round(max(width, height) * CROP_SIZE / (CROP_SIZE - 2 * BORDER))
    square = np.zeros((side, side), np.uint8)
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = cropped
    small = np.asarray(Image.fromarray(square).resize((CROP_SIZE, CROP_SIZE), Image.Resampling.BICUBIC))
    stretched = cv2.convertScaleAbs(small, alpha=255.0 / max(1, int(small.max())))
    pictures = {
        "black and white": written,
        "blurred": blurred,
        "cut out": cropped,
        "squared, with a border": square,
        "shrunk": small,
        "full contrast": stretched,
    }
    return {name: np.asarray(picture, np.uint8) for name, picture in pictures.items()}


def to_mnist(ink: InkMask) -> Images:
    """Bring a character to MNIST's form: 20 pixels on its longer side, its centre of mass in the middle of 28x28 pixels
    (LeCun, Bottou, Bengio and Haffner 1998, "Gradient-based learning applied to document recognition", section III.A).

    Args:
        ink: (height, width) uint8, white on black, not empty.
    """
    x, y, width, height = cv2.boundingRect((ink > _BOX_LEVEL).astype(np.uint8))
    scale = _MNIST_BOX / max(width, height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = np.asarray(cv2.resize(ink[y : y + height, x : x + width], size, interpolation=cv2.INTER_AREA), np.uint8)
    down, right = _centre_of_mass(small)
    middle = (CROP_SIZE - 1) / 2
    move = np.array([[1, 0, round(middle - right)], [0, 1, round(middle - down)]], np.float32)
    return np.asarray(cv2.warpAffine(small, move, (CROP_SIZE, CROP_SIZE)), np.uint8)


def _centre_of_mass(image: npt.NDArray[np.uint8]) -> tuple[float, float]:
    """Row and column, in pixels."""
    weights = image.astype(np.float64)
    rows, columns = np.indices(image.shape)
    return float((rows * weights).sum() / weights.sum()), float((columns * weights).sum() / weights.sum())


def placement(images: Images) -> Mapping[str, float]:
    """How digits lie in their 28x28 pixels, in pixels.

    Args:
        images: (N, 28, 28) uint8, none of them empty.

    Returns:
        Medians over the images: longer side of the ink's box, and distance of the box's centre and of the centre of mass from
        the middle.
    """
    middle = (CROP_SIZE - 1) / 2
    sides, boxes, masses = [], [], []
    for image in images:
        x, y, width, height = cv2.boundingRect((image > _BOX_LEVEL).astype(np.uint8))
        sides.append(max(width, height))
        boxes.append(np.hypot(x + (width - 1) / 2 - middle, y + (height - 1) / 2 - middle))
        masses.append(np.hypot(*(np.array(_centre_of_mass(image)) - middle)))
    return {
        "longer side": float(np.median(sides)),
        "box's centre off the middle by": float(np.median(boxes)),
        "centre of mass off the middle by": float(np.median(masses)),
    }


def mean_difference(one: Images, other: Images) -> float:
    """Mean distance of two pictures of one shape, in grey levels (0 to 255)."""
    return float(np.abs(one.astype(float) - other.astype(float)).mean())


def placement_rows(sets: Mapping[str, Digits], count: int = 1000) -> list[dict[str, str]]:
    """A table of `placement`, as `train.show.table` takes it: a row for the first `count` digits of each set, by its name."""
    return [
        {"digits": name, **{what: f"{value:.1f}" for what, value in placement(digits.images[:count]).items()}}
        for name, digits in sets.items()
    ]
