"""Closed outlines that are no digit: what the drawings of people have in common."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from train.pen import Stroke

_FULL = 0.8
"""Share of its convex hull that an empty outline may fill: what bulges all around is a 0."""


def closed_figure(rng: np.random.Generator) -> list[Stroke]:
    """Make up an outline, dented or with strokes inside; often the same on both sides, sometimes on a stem.

    Args:
        rng: no two figures are alike.

    Returns:
        Strokes, each (N, 2) float32: within half a unit of (0, 0), y downwards; a stem may reach further down.
    """
    dented = rng.random() < 0.65
    mirrored = rng.random() < 0.4
    filled = 1.0
    while filled > _FULL:
        fewest, nearest = (5, rng.uniform(0.3, 0.5)) if dented else (7, rng.uniform(0.75, 1.0))
        outline = _outline(int(rng.integers(fewest, 11)), nearest, mirrored, rng)
        filled = cv2.contourArea(outline) / cv2.contourArea(cv2.convexHull(outline)) if dented else 0.0
    inside = int(rng.integers(0, 3) if dented else rng.integers(2, 5))
    angles = rng.uniform(0, 2 * np.pi) + np.arange(inside) * 2 * np.pi / max(1, inside) + rng.normal(0, 0.3, inside)
    middles = np.stack([np.cos(angles), np.sin(angles)], axis=1) * rng.uniform(0.08, 0.22, (inside, 1))
    reach = rng.normal(0, 0.06, (inside, 2)).clip(-0.1, 0.1)
    strokes = [outline, *np.stack([middles - reach, middles + reach], axis=1)]
    if filled < 0.7 and dented and rng.random() < 0.5:  # on a rounder one it would be a 9
        foot = outline[outline[:, 1].argmax()]
        stem = np.array([rng.normal(0, 0.04), rng.uniform(0.1, 0.35)])
        strokes.append(np.stack([foot, foot + stem]))
    return [stroke.astype(np.float32) for stroke in strokes]


def _outline(corners: int, nearest: float, mirrored: bool, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """A closed line about the origin, (N, 2), straight or bent from corner to corner, at half of `nearest` to 1 from it."""
    angles = np.linspace(0, 2 * np.pi, corners, endpoint=False) + rng.normal(0, 0.6 / corners, corners)
    radii = 0.5 * rng.uniform(nearest, 1, corners)
    points = radii[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    if mirrored:
        half = np.linspace(-0.5 * np.pi, 0.5 * np.pi, corners // 2 + 2)
        radii = 0.5 * rng.uniform(nearest, 1, len(half))
        points = radii[:, None] * np.stack([np.cos(half), np.sin(half)], axis=1)
        points = np.concatenate([points, points[-2:0:-1] * (-1, 1)]) + rng.normal(0, 0.02, (2 * len(half) - 2, 2))
    bow = rng.uniform(-0.1, 0.35) if rng.random() < 0.5 else 0.0
    line = []
    for start, end in zip(points, np.roll(points, -1, axis=0), strict=True):
        along = np.linspace(0, 1, 9)[:, None]
        outwards = np.array([end[1] - start[1], start[0] - end[0]])
        line.append(start + along * (end - start) + bow * np.sin(np.pi * along) * outwards)
    return np.concatenate([*line, points[:1]]).astype(np.float32)
