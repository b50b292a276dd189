"""Changes that a digit may suffer between the pen and the network, drawn at random for each showing.

One affine map (rotation, shear, zoom, shift, in one interpolation), then a smooth distortion, a gap, foreign ink at
the edge, then the stroke's thickness, then lost detail (blur, low resolution). All by OpenCV on uint8,
which is many times faster than the network and needs no backend.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from recognizer.types import CROP_SIZE


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How far each change goes; zero everywhere leaves the images as they are."""

    rotation: float = 12.0
    """Degrees to either side: a hand-held photograph, a slanted sheet."""
    shear: float = 0.15
    """Horizontal shift per row, to either side: the slant of a hand (0.15 is 8.5 degrees)."""
    zoom: float = 0.12
    """Share of the size, larger or smaller, both axes together."""
    stretch: float = 0.08
    """Share by which the width grows and the height shrinks, or the reverse: broad and narrow hands."""
    shift: float = 2.0
    """Pixels to either side, in x and in y: a speck or a cut stroke moves the box that the crop is centred on."""
    thickness: float = 0.4
    """Probability that strokes become thinner or thicker, by up to one pixel on either side together."""
    blur: float = 0.15
    """Probability of a Gaussian blur, sigma 0.3 to 0.9 pixels: an unfocused camera."""
    low_resolution: float = 0.15
    """Probability that detail is lost as if the digit had been only 9 to 20 pixels high."""
    elastic: float = 0.25
    """Probability of a smooth distortion by up to about 1.5 pixels (Simard, Steinkraus and Platt 2003, "Best practices for
    convolutional neural networks applied to visual document analysis")."""
    broken: float = 0.06
    """Probability of a gap through the ink, 1 to 2 pixels wide: faint strokes, ink lost with a ruling line."""
    residue: float = 0.06
    """Probability of foreign ink at the image's edge: the tip of a neighbour, a piece of a ruling line below."""


NONE = Augmentation(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)

_CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
_CENTRE = (CROP_SIZE - 1) / 2
_GRID = np.stack(np.meshgrid(np.arange(CROP_SIZE), np.arange(CROP_SIZE)), axis=2).astype(np.float32)


def augment(images: npt.NDArray[np.uint8], rng: np.random.Generator, strength: Augmentation) -> npt.NDArray[np.uint8]:
    """Change each image at random.

    Args:
        images: (N, 28, 28) uint8, white ink on black; left unchanged.
        rng: the same state gives the same images.
        strength: how far each change goes.

    Returns:
        (N, 28, 28) uint8.
    """
    count = len(images)
    maps = _affine_maps(count, rng, strength)
    amount = np.where(rng.random(count) < strength.thickness, rng.uniform(-0.9, 0.9, count), 0.0)
    sigma = np.where(rng.random(count) < strength.blur, rng.uniform(0.3, 0.9, count), 0.0)
    height = np.where(rng.random(count) < strength.low_resolution, rng.integers(9, 21, count), CROP_SIZE)
    bent, broken, residue = (
        rng.random(count) < share for share in (strength.elastic, strength.broken, strength.residue)
    )
    moved = bool(np.any([strength.rotation, strength.shear, strength.zoom, strength.stretch, strength.shift]))

    out = np.empty_like(images)
    for i in range(count):
        image = images[i]
        if moved:
            image = cv2.warpAffine(image, maps[i], (CROP_SIZE, CROP_SIZE), flags=cv2.INTER_LINEAR)
        if bent[i]:
            image = _bend(image, rng)
        if broken[i]:
            image = _break(image, rng)
        if residue[i]:
            image = _add_residue(image, images[rng.integers(count)], rng)
        if amount[i]:
            # Blending with the full step gives strokes of any thickness in between; one that would vanish stays.
            full = cv2.dilate(image, _CROSS) if amount[i] > 0 else cv2.erode(image, _CROSS)
            share = abs(amount[i])
            image = cv2.addWeighted(full, share, image, 1 - share, 0)
        if sigma[i]:
            image = cv2.GaussianBlur(image, (0, 0), float(sigma[i]))
        if height[i] < CROP_SIZE:
            size = int(height[i])
            small = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)
            image = cv2.resize(small, (CROP_SIZE, CROP_SIZE), interpolation=cv2.INTER_LINEAR)
        if amount[i] or sigma[i] or height[i] < CROP_SIZE:
            # As `recognizer.normalize` does: a crop always reaches full contrast.
            image = cv2.convertScaleAbs(image, alpha=255.0 / max(1, int(image.max())))
        out[i] = image
    return out


def _bend(image: npt.NDArray[np.uint8], rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Shift each pixel by a smooth random field."""
    coarse = rng.normal(0.0, 0.8, (4, 4, 2)).astype(np.float32)
    field = cv2.resize(coarse, (CROP_SIZE, CROP_SIZE), interpolation=cv2.INTER_CUBIC) + _GRID
    return np.asarray(cv2.remap(image, field[..., 0], field[..., 1], cv2.INTER_LINEAR), np.uint8)


def _break(image: npt.NDArray[np.uint8], rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Wipe a thin line that crosses the image near its middle."""
    angle = rng.uniform(0, np.pi)
    direction, middle = np.array([np.cos(angle), np.sin(angle)]), _CENTRE + rng.uniform(-7, 7, 2)
    start, end = ([int(v) for v in np.round(middle + sign * 40 * direction)] for sign in (-1, 1))
    return np.asarray(cv2.line(image.copy(), start, end, 0, int(rng.integers(1, 3))), np.uint8)


def _add_residue(
    image: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8], rng: np.random.Generator
) -> npt.NDArray[np.uint8]:
    """Add the outermost columns of another image's ink at one side, over part of the height, or a piece of a line below."""
    image = image.copy()
    start, end = np.sort(rng.integers(2, CROP_SIZE - 2, 2))
    depth = int(rng.integers(2, 5))
    if rng.random() < 0.3:  # never above: it would make a 7 of a 1
        row = int(rng.integers(CROP_SIZE - 4, CROP_SIZE - 1))
        image[row : row + 1 + depth // 3, start:end] = 255
        return image
    x, _, width, _ = cv2.boundingRect(other)
    if rng.random() < 0.5:
        strip, place = other[start:end, max(0, x + width - depth) : x + width], image[start:end, :depth]
    else:
        strip, place = other[start:end, x : x + depth], image[start:end, CROP_SIZE - depth :]
    if strip.shape == place.shape:
        np.maximum(place, strip, out=place)
    return image


def _affine_maps(count: int, rng: np.random.Generator, strength: Augmentation) -> npt.NDArray[np.float64]:
    """(N, 2, 3) maps from the original image to the changed one about the image's centre, in OpenCV's form."""
    angle = np.deg2rad(rng.uniform(-1, 1, count) * strength.rotation)
    shear = rng.uniform(-1, 1, count) * strength.shear
    zoom = 1 + rng.uniform(-1, 1, count) * strength.zoom
    stretch = 1 + rng.uniform(-1, 1, count) * strength.stretch
    shift = rng.uniform(-1, 1, (count, 2)) * strength.shift
    cos, sin = np.cos(angle), np.sin(angle)
    linear = np.empty((count, 2, 2))
    # rotation @ shear @ scale
    linear[:, 0, 0] = cos * zoom * stretch
    linear[:, 1, 0] = sin * zoom * stretch
    linear[:, 0, 1] = (cos * shear - sin) * zoom / stretch
    linear[:, 1, 1] = (sin * shear + cos) * zoom / stretch
    centre = np.array([_CENTRE, _CENTRE])
    offset = centre + shift - linear @ centre
    return np.concatenate([linear, offset[:, :, None]], axis=2)
