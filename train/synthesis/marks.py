"""Marks that are no digits, as pen strokes."""

from __future__ import annotations

import numpy as np

from train.figures import closed_figure
from train.pen import Stroke, smooth


def mark_strokes(mark: str, rng: np.random.Generator) -> list[Stroke]:
    """Strokes of one mark.

    Args:
        mark: one of `train.synthesis.texts.MARKS` but the letter.
        rng: no two marks are alike.

    Returns:
        Strokes, each (N, 2) float32 in digit heights: the digits around stand from y = -0.5 (top) to y = 0.5 (foot), x
        is centred on 0.
    """
    u = rng.uniform
    if mark == ".":
        return [_line((0, u(0.36, 0.52)), (u(-0.05, 0.05), u(0.36, 0.56)))]
    if mark in ",'":
        y = u(0.36, 0.5) if mark == "," else u(-0.6, -0.4)
        lean, drop = u(0.0, 0.16), u(0.1, 0.32)
        return [smooth([(0, y), (0.3 * lean - 0.02, y + drop / 2), (-lean, y + drop)])]
    if mark == "-":
        length = u(0.2, 0.7) if rng.random() < 0.85 else u(0.7, 1.6)
        y, tilt = u(-0.12, 0.25), u(-0.14, 0.1)
        bend = u(-0.06, 0.06)
        return [smooth([(-length / 2, y - tilt / 2), (0, y + bend), (length / 2, y + tilt / 2)])]
    if mark == "=":
        length, y, gap, tilt = u(0.3, 1.0), u(-0.1, 0.2), u(0.14, 0.34), u(-0.12, 0.08)
        lines = [
            _line((-length / 2, y + s - tilt / 2), (length / 2 + u(-0.1, 0.1), y + s + tilt / 2)) for s in (0, gap)
        ]
        return [np.concatenate([lines[0], lines[1][::-1]])] if rng.random() < 0.15 else lines
    if mark == "/":
        # One that neither leans nor reaches beyond the digits is rare: nothing but the line as a whole tells it from a 1.
        if rng.random() < 0.12:
            lean, top, foot = u(0.03, 0.15), u(-0.6, -0.45), u(0.42, 0.6)
        elif rng.random() < 0.5:
            lean, top, foot = u(0.15, 0.45), u(-0.95, -0.45), u(0.42, 0.95)
        else:
            lean, top, foot = u(0.03, 0.35), u(-1.0, -0.6), u(0.55, 1.0)
        return [smooth([(lean, top), (u(-0.04, 0.04), (top + foot) / 2), (-lean, foot)])]
    if mark == ":":
        x = u(-0.06, 0.06)
        if rng.random() < 0.35:  # a dot and a longer tick, like an i
            dot, tick = u(-0.45, -0.2), u(-0.05, 0.15)
            return [_line((0, dot), (x, dot + u(0, 0.08))), _line((0, tick), (x, tick + u(0.2, 0.45)))]
        length = u(0, 0.05) if rng.random() < 0.75 else u(0.05, 0.24)  # dots, or ticks
        return [_line((0, y), (x, y + length)) for y in (u(-0.35, 0.05), u(0.2, 0.42))]
    if mark == "#":
        slant = u(0.05, 0.2)
        bars = [_line((x + slant, -0.45), (x - slant, 0.45)) for x in (-0.14, 0.14)]
        return [*bars, *(_line((-0.36, y), (0.36, y + u(-0.06, 0.03))) for y in (-0.14, 0.16))]
    if mark == "*":
        angles = u(0, 1) + np.arange(3) * np.pi / 3
        r, y = u(0.15, 0.3), u(-0.3, 0.1)
        return [
            _line((-r * c, y - r * s), (r * c, y + r * s)) for c, s in zip(np.cos(angles), np.sin(angles), strict=True)
        ]
    if mark in "()":
        bow, side = u(0.12, 0.3), 1 if mark == "(" else -1
        return [smooth([(side * bow, u(-0.7, -0.5)), (-side * bow, 0), (side * bow, u(0.45, 0.7))])]
    if mark == "x":
        r, y = u(0.14, 0.3), u(0.05, 0.25)
        return [_line((-r, y - r), (r, y + r)), _line((r, y - r), (-r, y + r))]
    if mark == "$":
        s = [(0.26, -0.3), (0.0, -0.45), (-0.27, -0.28), (0.0, -0.02), (0.28, 0.22), (0.0, 0.45), (-0.28, 0.28)]
        stems = (-0.04, 0.04) if rng.random() < 0.4 else (0.0,)
        return [smooth(_shaken(s, rng)), *(_line((x + u(0, 0.1), -0.65), (x - u(0, 0.1), 0.65)) for x in stems)]
    if mark == "€":
        c = [(0.3, -0.38), (0.05, -0.48), (-0.22, -0.2), (-0.24, 0.15), (0.0, 0.46), (0.3, 0.36)]
        return [smooth(_shaken(c, rng)), *(_line((-0.4, y), (0.15, y + u(-0.04, 0.04))) for y in (-0.1, 0.1))]
    if mark == "£":
        body = [(0.26, -0.36), (0.05, -0.48), (-0.12, -0.25), (-0.04, 0.1), (-0.2, 0.42), (0.05, 0.38), (0.3, 0.42)]
        return [smooth(_shaken(body, rng)), _line((-0.26, 0.02), (0.16, u(-0.05, 0.05)))]
    raise ValueError(f"{mark!r} is no mark")


def doodle(rng: np.random.Generator) -> list[Stroke]:
    """Strokes that mean nothing, in the units of `mark_strokes`: a scribble, a few strokes here and there, a figure."""
    if rng.random() < 0.5:
        return _figure(rng)
    strokes: list[Stroke] = []
    for _ in range(int(rng.integers(1, 4))):
        count = int(rng.integers(6, 14)) if not strokes else int(rng.integers(2, 6))
        points = rng.uniform(-0.6, 0.6, (count, 2)) * (rng.uniform(0.6, 2.0), 1.0)
        strokes.append(smooth([(float(x), float(y)) for x, y in points]))
    return strokes


def _figure(rng: np.random.Generator) -> list[Stroke]:
    """A waved or a jagged line, a coil, rays, a row of empty boxes, or a closed outline."""
    u = rng.uniform
    stretch = np.array([u(0.6, 2.5), u(0.6, 1.4)])
    kind = rng.integers(8)
    if kind == 0:
        t = np.linspace(0, u(6, 25), 60)
        points = np.stack([t / t[-1] - 0.5, u(0.1, 0.5) * np.sin(t)], axis=1)
    elif kind == 1:
        corners = int(rng.integers(5, 12))
        points = np.stack([np.linspace(-0.5, 0.5, corners), 0.45 * (-1.0) ** np.arange(corners)], axis=1)
        points += rng.normal(0, 0.06, points.shape)
    elif kind == 2:
        t = np.linspace(0, u(14, 30), 70)
        points = 0.5 * (t / t[-1])[:, None] * np.stack([np.cos(t), np.sin(t)], axis=1)
    elif kind == 3:
        return _boxes(int(rng.integers(1, 6)), rng)
    elif kind == 4:
        angles = u(0, 1) + np.linspace(0, 2 * np.pi, int(rng.integers(5, 12)), endpoint=False)
        near, far = u(0.0, 0.3), u(0.4, 0.6)
        return [
            _line((near * c * stretch[0], near * s), (far * c * stretch[0], far * s))
            for c, s in zip(np.cos(angles), np.sin(angles), strict=True)
        ]
    else:
        # One as tall as the digits beside it, or a drawing that the line is cut to.
        size = u(0.8, 1.5) * np.array([u(0.8, 1.3), 1.0])
        return [(stroke * size).astype(np.float32) for stroke in closed_figure(rng)]
    return [(points * stretch).astype(np.float32)]


def _boxes(count: int, rng: np.random.Generator) -> list[Stroke]:
    """A row of empty boxes, as forms have them."""
    top, foot = rng.uniform(-0.75, -0.4), rng.uniform(0.4, 0.75)
    sides = (np.arange(count + 1) - count / 2) * rng.uniform(0.5, 1.4)
    rows = [_line((sides[0], y), (sides[-1], y)) for y in (top, foot)]
    return [*rows, *(_line((x, top), (x, foot)) for x in sides)]


def _line(start: tuple[float, float], end: tuple[float, float]) -> Stroke:
    return np.array([start, end], np.float32)


def _shaken(points: list[tuple[float, float]], rng: np.random.Generator) -> list[tuple[float, float]]:
    moved = np.array(points) * rng.uniform(0.8, 1.1, 2) + rng.normal(0, 0.03, (len(points), 2))
    return [(float(x), float(y)) for x, y in moved]
