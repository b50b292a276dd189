"""Test strings: whole pictures of numbers, put together from the digits of EMNIST's test part.

The recipe is simple and shares no code with the one that training lines are made by (`train.synthesis`): what a network has
learnt of that recipe's habits helps it nowhere here. Digits are scaled, sheared by one slant, set side by side on a baseline
and printed dark on light paper. Each digit keeps the writing of its own writer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from recognizer.types import CLASS_NAMES, GreyImage, InkMask
from train.data import Digits

SEED = 2024
"""The seed of the strings whose figures are reported."""
HEIGHTS = (24.0, 60.0)
"""Range of the digits' height, in pixels."""
_EMNIST_HEIGHT = 24
"""Longer side of EMNIST's digits, in pixels: 28 less a margin of 2 on each side."""
_INK = 100
"""From this value on, 0 to 255, a pixel is ink: where digits end and whether they touch is told by it."""


class StringPicture(NamedTuple):
    """A picture of a number."""

    picture: GreyImage
    text: str


@dataclass(frozen=True, slots=True)
class Recipe:
    """A kind of strings."""

    length: int
    """Number of digits."""
    touching: bool = False
    """Whether neighbours touch or overlap, or keep a gap."""
    target: float | None = None
    """Share of whole texts that a good reader gets right, in percent."""


RECIPES: Mapping[str, Recipe] = {
    "separated, 6 digits": Recipe(6, target=98.5),
    "touching pairs": Recipe(2, touching=True, target=96.0),
    "separated, 10 digits": Recipe(10, target=97.0),
}
"""The strings whose figures are reported."""


def strings(digits: Digits, recipe: Recipe, count: int, seed: int = SEED) -> Iterator[StringPicture]:
    """Make strings.

    Args:
        digits: EMNIST's digits of the test part.
        recipe: their kind.
        count: how many; the first ones are the same whatever the count.
        seed: the same seed, digits and recipe give the same strings.
    """
    for index in range(count):
        yield make_string(digits, recipe, np.random.default_rng((seed, recipe.length, recipe.touching, index)))


def make_string(digits: Digits, recipe: Recipe, rng: np.random.Generator) -> StringPicture:
    """Make one string of digits drawn at random.

    Returns:
        A picture, (height, width) uint8, dark ink on light paper with a margin around it, and its text.
    """
    chosen = rng.integers(len(digits), size=recipe.length)
    height = float(rng.uniform(*HEIGHTS))
    slant = float(rng.normal(0.0, 0.12))
    line: InkMask | None = None
    for index in chosen:
        ink = scale_ink(digits.images[index], height * float(rng.normal(1.0, 0.05)), slant)
        ink = _stand(ink, round(2 * height), round(height * (1.6 + float(rng.normal(0.0, 0.04)))))
        if line is None:
            line = ink
        elif recipe.touching:
            line = overlay(line, ink, contact(line, ink) - round(height * float(rng.uniform(0.0, 0.08))))
        else:
            line = overlay(line, ink, line.shape[1] + max(2, round(height * float(rng.uniform(0.08, 0.4)))))
    assert line is not None, "a recipe has a positive length"
    rows = np.flatnonzero(line.any(axis=1))
    top, bottom, left, right = (round(height * float(rng.uniform(0.3, 0.8))) for _ in range(4))
    picture = _print(np.pad(line[rows[0] : rows[-1] + 1], ((top, bottom), (left, right))), rng)
    return StringPicture(picture, "".join(CLASS_NAMES[label] for label in digits.labels[chosen]))


def scale_ink(image: InkMask, height: float, slant: float) -> InkMask:
    """Scale and slant one of EMNIST's images.

    Args:
        image: (28, 28) uint8, white ink on black.
        height: what a digit as tall as EMNIST has them becomes, in pixels.
        slant: how far the top is moved to the right, in heights.

    Returns:
        (rows, columns) uint8, white ink on black, cropped to the ink.
    """
    scale = height / _EMNIST_HEIGHT
    side = image.shape[0]
    room = int(np.ceil(abs(slant) * side * scale))
    # Pixel centres are mapped to pixel centres, and the middle row stays where it is.
    shear = np.array([[scale, -slant * scale, 0.0], [0.0, scale, (scale - 1) / 2]], np.float32)
    shear[0, 2] = room + (scale - 1) / 2 + slant * scale * (side - 1) / 2
    size = int(np.ceil(side * scale)) + 2 * room, int(np.ceil(side * scale))
    ink = cv2.warpAffine(image, shear, size, flags=cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA)
    x, y, width, rows = cv2.boundingRect((ink >= _INK).astype(np.uint8))
    return np.asarray(ink[y : y + rows, x : x + width], np.uint8)


def _stand(ink: InkMask, rows: int, foot: int) -> InkMask:
    """Stand a digit on row `foot` of `rows`, (rows, width) uint8; what would reach over an edge is moved inside."""
    top = min(max(0, foot - len(ink)), rows - len(ink))
    return np.pad(ink, ((top, rows - top - len(ink)), (0, 0)))


def contact(line: InkMask, ink: InkMask) -> int:
    """Column of a line at which a digit that is pushed in from the right first touches its ink (8-connected).

    Args:
        line: (rows, width) uint8.
        ink: the digit, of as many rows.
    """
    right = np.where((line >= _INK).any(axis=1), line.shape[1] - 1 - (line >= _INK)[:, ::-1].argmax(axis=1), -np.inf)
    left = np.where((ink >= _INK).any(axis=1), (ink >= _INK).argmax(axis=1), np.inf)
    # Pixels of neighbouring rows touch too.
    right = np.stack([right, np.append(right[1:], -np.inf), np.append(-np.inf, right[:-1])]).max(axis=0)
    nearest = float((right - left).max())
    return int(nearest) + 1 if np.isfinite(nearest) else 0


def overlay(line: InkMask, ink: InkMask, left: int) -> InkMask:
    """Lay a digit over a line of as many rows, from column `left` on; where both have ink, the darker counts.

    Where `left` is negative, the line begins with the digit.
    """
    start = max(0, -left)
    canvas = np.zeros((len(line), max(line.shape[1] + start, left + start + ink.shape[1])), np.uint8)
    canvas[:, start : start + line.shape[1]] = line
    part = canvas[:, left + start : left + start + ink.shape[1]]
    np.maximum(part, ink, out=part)
    return canvas


def _print(ink: InkMask, rng: np.random.Generator) -> GreyImage:
    """Dark ink on light, slightly uneven, slightly noisy paper."""
    height, width = ink.shape
    corners = rng.uniform(215, 250) + rng.uniform(-12, 5, (2, 2))
    paper = cv2.resize(corners.astype(np.float32), (width, height))
    cover = ink.astype(np.float32) / 255
    grey = paper * (1 - cover) + np.float32(rng.uniform(10, 90)) * cover
    return np.clip(np.round(grey + rng.normal(0.0, rng.uniform(0.5, 3.0), grey.shape)), 0, 255).astype(np.uint8)
