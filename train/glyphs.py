"""Digits as a hand writes them: stroke skeletons drawn for this project, and hands that vary them.

The repository holds no picture from any data set, so the pictures that it shows and tests itself with are written here.
A `Hand` is one writer: it keeps its slant, its proportions and its way of forming each digit through a whole number,
while every digit it writes comes out a little different. Lengths are in units of the digit height; x grows to the
right, y downwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from recognizer.types import CLASS_NAMES
from train.pen import Stroke

ControlPoints = tuple[tuple[float, float], ...]
"""Points (x, y) that one stroke passes through, in writing order; a point given twice in a row is a corner."""
Glyph = tuple[ControlPoints, ...]
"""The strokes of one digit in a box of height 1: the top at y = 0, the foot at y = 1."""

GLYPHS: Mapping[str, Mapping[str, Glyph]] = {
    "0": {
        "closed": (
            ((0.37, 0.02), (0.2, 0.06), (0.07, 0.28), (0.03, 0.6), (0.1, 0.87), (0.25, 0.99), (0.4, 0.95), (0.52, 0.74),
             (0.56, 0.45), (0.5, 0.17), (0.37, 0.02), (0.25, 0.03)),
        ),
        "round": (
            ((0.34, 0.01), (0.15, 0.12), (0.03, 0.36), (0.03, 0.66), (0.14, 0.91), (0.31, 0.99), (0.5, 0.91),
             (0.63, 0.67), (0.64, 0.36), (0.53, 0.11), (0.36, 0.01), (0.27, 0.04)),
        ),
        "slightly open": (
            ((0.29, 0.04), (0.12, 0.2), (0.03, 0.5), (0.08, 0.83), (0.24, 0.99), (0.4, 0.92), (0.52, 0.7), (0.54, 0.42),
             (0.49, 0.17), (0.39, 0.03)),
        ),
        "clockwise": (
            ((0.12, 0.12), (0.27, 0.01), (0.43, 0.09), (0.53, 0.34), (0.53, 0.65), (0.43, 0.91), (0.27, 0.99),
             (0.12, 0.89), (0.03, 0.62), (0.06, 0.3), (0.2, 0.04), (0.3, 0.02)),
        ),
    },
    "1": {
        "bare": (((0.1, 0.0), (0.08, 0.5), (0.05, 1.0)),),
        "flag": (((0.01, 0.24), (0.1, 0.14), (0.19, 0.0), (0.19, 0.0), (0.185, 0.5), (0.16, 1.0)),),
        "flag and foot": (
            ((0.06, 0.19), (0.17, 0.1), (0.25, 0.0), (0.25, 0.0), (0.245, 0.5), (0.23, 0.98)),
            ((0.03, 0.99), (0.24, 0.975), (0.45, 0.985)),
        ),
    },
    "2": {
        "plain": (
            ((0.05, 0.23), (0.13, 0.07), (0.31, 0.0), (0.5, 0.08), (0.55, 0.25), (0.46, 0.47), (0.25, 0.73),
             (0.02, 0.95), (0.02, 0.95), (0.18, 0.92), (0.4, 0.95), (0.68, 0.97)),
        ),
        "looped": (
            ((0.06, 0.2), (0.16, 0.05), (0.34, 0.0), (0.51, 0.11), (0.51, 0.31), (0.37, 0.6), (0.18, 0.87),
             (0.06, 0.95), (0.01, 0.87), (0.1, 0.79), (0.27, 0.87), (0.46, 0.97), (0.67, 0.89)),
        ),
        "wavy foot": (
            ((0.03, 0.19), (0.14, 0.03), (0.35, 0.01), (0.52, 0.14), (0.5, 0.33), (0.33, 0.62), (0.01, 0.93),
             (0.01, 0.93), (0.16, 0.87), (0.33, 0.91), (0.5, 0.99), (0.69, 0.93)),
        ),
    },
    "3": {
        "round": (
            ((0.05, 0.14), (0.17, 0.02), (0.34, 0.01), (0.46, 0.13), (0.43, 0.3), (0.31, 0.42), (0.17, 0.46),
             (0.17, 0.46), (0.35, 0.48), (0.5, 0.6), (0.52, 0.78), (0.4, 0.95), (0.2, 1.0), (0.0, 0.89)),
        ),
        "nested loop": (
            ((0.03, 0.1), (0.2, 0.0), (0.4, 0.06), (0.45, 0.22), (0.34, 0.4), (0.2, 0.46), (0.15, 0.42),
             (0.23, 0.41), (0.4, 0.5), (0.51, 0.7), (0.41, 0.92), (0.19, 1.0), (0.0, 0.9)),
        ),
        "flat top": (
            ((0.05, 0.04), (0.26, 0.03), (0.48, 0.02), (0.48, 0.02), (0.35, 0.19), (0.2, 0.39), (0.2, 0.39),
             (0.37, 0.4), (0.5, 0.54), (0.51, 0.76), (0.38, 0.95), (0.18, 1.0), (0.0, 0.91)),
        ),
    },
    "4": {
        "open": (
            ((0.14, 0.02), (0.1, 0.28), (0.05, 0.56), (0.05, 0.56), (0.3, 0.57), (0.62, 0.54)),
            ((0.47, 0.06), (0.45, 0.5), (0.42, 1.0)),
        ),
        "closed": (
            ((0.43, 0.02), (0.22, 0.34), (0.0, 0.65), (0.0, 0.65), (0.3, 0.66), (0.64, 0.63)),
            ((0.44, 0.0), (0.43, 0.5), (0.4, 1.0)),
        ),
        "open, curved": (
            ((0.12, 0.0), (0.05, 0.25), (0.04, 0.47), (0.16, 0.55), (0.34, 0.5), (0.49, 0.4)),
            ((0.52, 0.03), (0.49, 0.4), (0.46, 0.7), (0.44, 1.0)),
        ),
    },
    "5": {
        "two strokes": (
            ((0.11, 0.03), (0.1, 0.2), (0.08, 0.42), (0.08, 0.42), (0.24, 0.37), (0.42, 0.46), (0.49, 0.66),
             (0.4, 0.9), (0.2, 1.0), (0.0, 0.91)),
            ((0.11, 0.04), (0.3, 0.04), (0.52, 0.01)),
        ),
        "one stroke": (
            ((0.53, 0.01), (0.33, 0.03), (0.14, 0.03), (0.14, 0.03), (0.1, 0.24), (0.07, 0.44), (0.07, 0.44),
             (0.22, 0.39), (0.41, 0.47), (0.49, 0.68), (0.39, 0.91), (0.18, 1.0), (0.0, 0.92)),
        ),
        "flowing": (
            ((0.56, 0.0), (0.36, 0.03), (0.2, 0.06), (0.13, 0.22), (0.13, 0.38), (0.28, 0.44), (0.44, 0.57),
             (0.47, 0.76), (0.35, 0.95), (0.16, 1.0), (0.0, 0.93)),
        ),
    },
    "6": {
        "leaning": (
            ((0.42, 0.0), (0.23, 0.17), (0.09, 0.42), (0.04, 0.7), (0.13, 0.93), (0.3, 1.0), (0.47, 0.89),
             (0.5, 0.71), (0.39, 0.58), (0.22, 0.6), (0.07, 0.76)),
        ),
        "upright": (
            ((0.26, 0.0), (0.1, 0.28), (0.03, 0.6), (0.07, 0.86), (0.24, 1.0), (0.44, 0.92), (0.52, 0.74),
             (0.43, 0.57), (0.25, 0.54), (0.1, 0.66), (0.06, 0.78)),
        ),
        "hooked": (
            ((0.47, 0.09), (0.37, 0.01), (0.2, 0.12), (0.07, 0.38), (0.03, 0.68), (0.12, 0.92), (0.29, 1.0),
             (0.46, 0.9), (0.5, 0.73), (0.39, 0.57), (0.22, 0.58), (0.08, 0.72)),
        ),
    },
    "7": {
        "plain": (((0.0, 0.05), (0.28, 0.05), (0.56, 0.02), (0.56, 0.02), (0.39, 0.36), (0.26, 0.7), (0.19, 1.0)),),
        "barred": (
            ((0.0, 0.06), (0.28, 0.05), (0.56, 0.01), (0.56, 0.01), (0.41, 0.38), (0.28, 0.7), (0.2, 1.0)),
            ((0.15, 0.52), (0.34, 0.5), (0.55, 0.48)),
        ),
        "with a start stroke": (
            ((0.0, 0.17), (0.03, 0.03), (0.03, 0.03), (0.28, 0.07), (0.54, 0.03), (0.54, 0.03), (0.42, 0.3),
             (0.31, 0.62), (0.27, 1.0)),
        ),
    },
    "8": {
        "one stroke": (
            ((0.43, 0.1), (0.28, 0.0), (0.12, 0.06), (0.07, 0.22), (0.2, 0.4), (0.4, 0.56), (0.5, 0.76),
             (0.42, 0.95), (0.24, 1.0), (0.06, 0.9), (0.05, 0.7), (0.2, 0.52), (0.38, 0.36), (0.47, 0.18),
             (0.39, 0.05)),
        ),
        "two rings": (
            ((0.28, 0.01), (0.13, 0.09), (0.1, 0.27), (0.24, 0.43), (0.4, 0.34), (0.44, 0.16), (0.29, 0.0),
             (0.22, 0.03)),
            ((0.25, 0.43), (0.08, 0.56), (0.03, 0.78), (0.15, 0.97), (0.34, 0.99), (0.49, 0.83), (0.45, 0.6),
             (0.28, 0.43), (0.22, 0.45)),
        ),
        "open start": (
            ((0.48, 0.07), (0.31, 0.0), (0.13, 0.08), (0.09, 0.24), (0.24, 0.42), (0.42, 0.58), (0.48, 0.8),
             (0.36, 0.98), (0.15, 0.98), (0.03, 0.82), (0.12, 0.6), (0.3, 0.41), (0.46, 0.22), (0.49, 0.12)),
        ),
    },
    "9": {
        "straight tail": (
            ((0.45, 0.15), (0.34, 0.02), (0.16, 0.05), (0.04, 0.22), (0.07, 0.42), (0.22, 0.48), (0.38, 0.36),
             (0.46, 0.1), (0.46, 0.1), (0.46, 0.5), (0.43, 1.0)),
        ),
        "curved tail": (
            ((0.46, 0.14), (0.32, 0.01), (0.13, 0.07), (0.04, 0.26), (0.11, 0.45), (0.27, 0.46), (0.41, 0.32),
             (0.47, 0.12), (0.48, 0.4), (0.44, 0.72), (0.31, 0.95), (0.15, 1.0), (0.03, 0.91)),
        ),
        "leaning tail": (
            ((0.47, 0.11), (0.31, 0.0), (0.11, 0.09), (0.03, 0.28), (0.12, 0.45), (0.3, 0.42), (0.44, 0.26),
             (0.49, 0.08), (0.45, 0.36), (0.36, 0.7), (0.26, 1.0)),
        ),
    },
}  # fmt: skip
"""Ways of writing each digit, by name."""

_STEP = 0.01
"""Distance between the points of a written stroke, in digit heights."""


@dataclass(frozen=True, slots=True)
class Hand:
    """One writer's habits. Lengths are in digit heights."""

    slant: float = 0.08
    """How far the top leans to the right of the foot."""
    aspect: float = 1.0
    """Width of the digits, compared with their skeletons."""
    spacing: float = 0.28
    """Clear distance between neighbouring digits."""
    drift: float = 0.0
    """How far the line of writing rises (negative) or sinks per unit of its length."""
    baseline_jitter: float = 0.02
    """Standard deviation of a digit's foot about the line of writing."""
    size_jitter: float = 0.04
    """Standard deviation of a digit's size, as a share of it."""
    looseness: float = 1.0
    """How far each digit strays from its skeleton: 0 is a machine, 1 a usual hand, 2 a careless one."""
    roundness: float = 0.018
    """How far a fast pen cuts corners."""
    tremor: float = 0.0025
    """Standard deviation of the pen's shake."""
    styles: Mapping[str, str] = field(default_factory=dict)
    """Which of GLYPHS[digit] the writer uses, by digit; the first where a digit is not named."""


def random_hand(rng: np.random.Generator) -> Hand:
    """Make up a writer."""
    return Hand(
        slant=float(rng.normal(0.09, 0.08)),
        aspect=float(rng.uniform(0.88, 1.18)),
        spacing=float(rng.uniform(0.27, 0.38)),
        drift=float(rng.normal(0.0, 0.012)),
        baseline_jitter=float(rng.uniform(0.01, 0.03)),
        size_jitter=float(rng.uniform(0.025, 0.06)),
        looseness=float(rng.uniform(0.8, 1.3)),
        roundness=float(rng.uniform(0.012, 0.026)),
        tremor=float(rng.uniform(0.0015, 0.0035)),
        styles={digit: str(rng.choice(list(GLYPHS[digit]))) for digit in CLASS_NAMES},
    )


def write_digit(digit: str, rng: np.random.Generator, hand: Hand | None = None) -> list[Stroke]:
    """Write one digit.

    Args:
        digit: "0" to "9".
        rng: makes this digit different from the writer's next one.
        hand: the writer; an average one where it is not given.

    Returns:
        Its strokes, each (N, 2) float32 in digit heights: the foot near y = 0, the top near y = -1, the left at x = 0.
    """
    hand = hand or Hand()
    styles = GLYPHS[digit]
    return write_glyph(styles[hand.styles.get(digit, next(iter(styles)))], rng, hand)


def write_glyph(glyph: Glyph, rng: np.random.Generator, hand: Hand) -> list[Stroke]:
    """Write one skeleton, be it a digit, a letter or a drawing.

    Args:
        glyph: the skeleton.
        rng: makes this writing different from the next one.
        hand: the writer.

    Returns:
        Its strokes, each (N, 2) float32 in glyph heights: the foot near y = 0, the top near y = -1, the left at x = 0.
    """
    strokes = [_trace(points, hand, rng) for points in glyph]
    bend = _Bend(rng, 0.028 * hand.looseness)
    scale = 1.0 + rng.normal(0.0, hand.size_jitter)
    squeeze = hand.aspect * (1.0 + rng.normal(0.0, 0.045 * hand.looseness))
    lean = hand.slant + rng.normal(0.0, 0.03 * hand.looseness)
    angle = rng.normal(0.0, 0.025 * hand.looseness)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])

    written = []
    for stroke in strokes:
        x, y = np.moveaxis(stroke + bend(stroke), 1, 0)
        y = y - 1.0
        points = np.stack([x * squeeze - y * lean, y], axis=1) * scale
        points = points @ turn + _shake(len(points), rng, hand.tremor)
        written.append(points.astype(np.float32))
    left = min(float(s[:, 0].min()) for s in written)
    return [s - np.array([left, 0], np.float32) for s in written]


def write_number(
    text: str,
    rng: np.random.Generator,
    hand: Hand | None = None,
    *,
    pitch: float | None = None,
    line_pitch: float = 1.75,
) -> list[Stroke]:
    """Write a number, or several one below the other, in one hand.

    Args:
        text: digits; line feeds begin new lines, spaces leave room. May be empty.
        rng: the source of all variation.
        hand: the writer; made up from `rng` where it is not given.
        pitch: distance between the middles of neighbouring digits, as in a form's boxes: that of the i-th digit lies
            near (i + 0.5) * pitch. The writer's own spacing where it is None.
        line_pitch: distance between the lines of writing.

    Returns:
        The strokes of all digits in writing order, each (N, 2) float32 in digit heights: the first line's foot is near
        y = 0. No two digits touch for a pen thinner than 0.2.
    """
    hand = hand or random_hand(rng)
    strokes: list[Stroke] = []
    for row, line in enumerate(text.split("\n")):
        indent = 0.0 if pitch else float(abs(rng.normal(0.0, 0.12)))
        for digit in _write_line(line, rng, hand, pitch):
            strokes += [s + np.array([indent, row * line_pitch], np.float32) for s in digit]
    return strokes


def _write_line(line: str, rng: np.random.Generator, hand: Hand, pitch: float | None) -> list[list[Stroke]]:
    """Write one line of digits and spaces: the strokes of each digit."""
    digits: list[list[Stroke]] = []
    room = 0.0
    for place, character in enumerate(line):
        if character == " ":
            room += 0.45
            continue
        digit = write_digit(character, rng, hand)
        if pitch is not None:
            width = max(float(s[:, 0].max()) for s in digit)
            x = (place + 0.5) * pitch - width / 2 + float(rng.normal(0.0, 0.03))
        elif digits:
            gap = max(0.26, hand.spacing * (1.0 + float(rng.normal(0.0, 0.15))))
            x = _place_after(digits[-1], digit, gap) + room
        else:
            x = room
        y = x * hand.drift + float(rng.normal(0.0, hand.baseline_jitter))
        digits.append([s + np.array([x, y], np.float32) for s in digit])
        room = 0.0
    return digits


def _place_after(left: list[Stroke], right: list[Stroke], gap: float) -> float:
    """Shift that brings `right` to a distance of `gap` from `left`.

    The distance is measured row by row, as the eye does it: the bar of a 7 may reach over the foot of a slanted 1.
    """
    a, b = np.concatenate(left), np.concatenate(right)
    near = np.abs(a[:, None, 1] - b[None, :, 1]) < gap
    reach = np.where(near, a[:, None, 0] - b[None, :, 0], -np.inf).max()
    # Digits that hardly meet in height (none do, with the skeletons above) must still follow each other.
    return float(max(reach + gap, a[:, 0].max() - 0.1))


def _trace(points: ControlPoints, hand: Hand, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Pass a pen through the control points: (N, 2) float64, evenly spaced, corners rounded."""
    controls = np.array(points, np.float64)
    corner = np.r_[False, (controls[1:] == controls[:-1]).all(axis=1)]
    controls[~corner] += rng.normal(0.0, 0.009 * hand.looseness, (int((~corner).sum()), 2))
    # Both copies of a corner move together, or it would not be one.
    controls[corner] = controls[np.flatnonzero(corner) - 1]
    pieces = np.split(controls, np.flatnonzero(corner))
    curve = np.concatenate([_spline(piece) for piece in pieces])
    curve = _resample(curve, _STEP)
    return _resample(_smooth(curve, hand.roundness / _STEP), _STEP)


def _spline(points: npt.NDArray[np.float64], samples: int = 16) -> npt.NDArray[np.float64]:
    """Centripetal Catmull-Rom curve through (N, 2) points, N at least 2: it adds no loops of its own."""
    ends = np.concatenate([[2 * points[0] - points[1]], points, [2 * points[-1] - points[-2]]])
    knots = np.r_[0.0, np.cumsum(np.sqrt(np.linalg.norm(np.diff(ends, axis=0), axis=1)) + 1e-9)]
    curve = [points[:1]]
    for i in range(1, len(ends) - 2):
        t = np.linspace(knots[i], knots[i + 1], samples + 1)[1:, None]
        t0, t1, t2, t3 = knots[i - 1 : i + 3]
        p0, p1, p2, p3 = ends[i - 1 : i + 3]
        a1 = (t1 - t) / (t1 - t0) * p0 + (t - t0) / (t1 - t0) * p1
        a2 = (t2 - t) / (t2 - t1) * p1 + (t - t1) / (t2 - t1) * p2
        a3 = (t3 - t) / (t3 - t2) * p2 + (t - t2) / (t3 - t2) * p3
        b1 = (t2 - t) / (t2 - t0) * a1 + (t - t0) / (t2 - t0) * a2
        b2 = (t3 - t) / (t3 - t1) * a2 + (t - t1) / (t3 - t1) * a3
        curve.append((t2 - t) / (t2 - t1) * b1 + (t - t1) / (t2 - t1) * b2)
    return np.concatenate(curve)


def _resample(curve: npt.NDArray[np.float64], step: float) -> npt.NDArray[np.float64]:
    """Evenly spaced points along a polyline: (N, 2) -> (M, 2), M at least 2."""
    length = np.r_[0.0, np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))]
    at = np.linspace(0.0, length[-1], max(2, round(float(length[-1]) / step) + 1))
    return np.stack([np.interp(at, length, curve[:, k]) for k in range(2)], axis=1)


def _smooth(curve: npt.NDArray[np.float64], sigma: float) -> npt.NDArray[np.float64]:
    """Gaussian average along the curve, `sigma` in points; the ends stay where they are."""
    reach = int(np.ceil(3 * sigma))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    # Mirroring the curve in its end points keeps them, and the direction there.
    index = np.arange(1, reach + 1).clip(max=len(curve) - 1)
    padded = np.concatenate([2 * curve[0] - curve[index][::-1], curve, 2 * curve[-1] - curve[-1 - index]])
    return np.stack([np.convolve(padded[:, k], kernel, "valid") for k in range(2)], axis=1)


class _Bend:
    """A smooth displacement of the plane: the same digit's strokes bend together."""

    def __init__(self, rng: np.random.Generator, amplitude: float) -> None:
        self.wave = rng.normal(0.0, 2.2, (3, 2))
        self.phase = rng.uniform(0.0, 2 * np.pi, 3)
        self.push = rng.normal(0.0, amplitude, (3, 2))

    def __call__(self, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Displacement at each of (N, 2) points."""
        moved: npt.NDArray[np.float64] = np.sin(points @ self.wave.T + self.phase) @ self.push
        return moved


def _shake(count: int, rng: np.random.Generator, deviation: float) -> npt.NDArray[np.float64]:
    """Shake of a hand: (count, 2) noise that changes over about a tenth of a digit."""
    coarse = rng.normal(0.0, deviation, (max(2, count // 9 + 2), 2))
    at = np.linspace(0, len(coarse) - 1, count)
    noise = np.stack([np.interp(at, np.arange(len(coarse)), coarse[:, k]) for k in range(2)], axis=1)
    return _smooth(noise, 3.0)
