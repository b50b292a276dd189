"""Ink that is no digit, made up anew for each showing: what the reader cuts out beside and instead of digits.

Each recipe makes one kind: parts of digits, touching digits, punctuation, currency signs, ruling lines, letters, smudges. What
a person could take for a digit is left out: a plain upright stroke, the right half of an 8, the top of a 9, a corner like a
7, letters with the form of a digit. `TRAINING` is what the network learns from; `EVALUATION` holds other recipes, of digits
and letter classes that training does not use, so that it measures whether the class is understood or learnt by heart.

Over-segmentation needs such a class: LeCun, Bottou, Bengio and Haffner 1998, "Gradient-based learning applied to document
recognition", section VI, train their recognizer to reject pieces that are no character.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from recognizer.normalize import normalize
from recognizer.split import split
from recognizer.types import Box, Component
from train.data import NO_LETTERS, NO_STROKES, PEN_WIDTHS, Digits, Images, StrokedDigits
from train.figures import closed_figure
from train.pen import Stroke, draw_strokes

_SIZE = 88.0
"""Height at which signs are drawn, in pixels."""
_NARROWEST = 0.36
"""Narrowest part of a digit, in heights: what is narrower may be a 1."""

# Of each side that a cut leaves, the digits that it makes into no other digit, and how much of them it may leave.
_PARTS: Mapping[str, Mapping[int, float]] = {
    "left": {0: 0.6, 2: 0.45, 3: 0.4, 4: 0.45, 5: 0.4, 7: 0.5, 8: 0.35, 9: 0.35},
    "right": {0: 0.6, 2: 0.35, 5: 0.35, 6: 0.45},
    "top": {0: 0.6, 2: 0.3, 3: 0.3, 4: 0.5, 5: 0.45},
    "bottom": {0: 0.6, 2: 0.35},
}
_LEAST_PART = 0.2
_WIDE = (0, 2, 3, 4, 5, 6, 8, 9)
"""Digits of which a part beside another digit does not make up a third one, as a 1 beside a half 0 would."""


@dataclass(frozen=True)
class Sources:
    """What non-digits are made of."""

    digits: Digits
    strokes: StrokedDigits = NO_STROKES
    """Further digits, drawn with a pen of random width."""
    letters: Images = field(default_factory=lambda: NO_LETTERS)
    """(N, 28, 28) uint8."""

    def digit(self, rng: np.random.Generator, wanted: Sequence[int] = range(10)) -> tuple[Images, int]:
        """Ink of one digit, cropped, (height, width) uint8, and its label, one of `wanted` (where there is such a digit)."""
        for _ in range(200):
            stroked = len(self.strokes) > 0 and rng.random() < 0.3
            some = self.strokes.labels if stroked else self.digits.labels
            index = int(rng.integers(len(some)))
            if int(some[index]) in wanted:
                break
        image = self.strokes.draw(index, rng.uniform(*PEN_WIDTHS)) if stroked else self.digits.images[index]
        return _crop(image), int(some[index])


Recipe = Callable[[Sources, np.random.Generator], Images]
"""Makes the ink of one non-digit: (height, width) uint8 of any size, white on black."""


def draw(
    count: int, sources: Sources, rng: np.random.Generator, recipes: Mapping[Recipe, float] | None = None
) -> Images:
    """Make non-digits.

    Args:
        count: how many.
        sources: the digits and letters to make them of.
        rng: the same state gives the same non-digits.
        recipes: the share of each; None for `TRAINING`.

    Returns:
        (count, 28, 28) uint8 in EMNIST's form, white ink on black.
    """
    recipes = TRAINING if recipes is None else recipes
    usable = {r: share for r, share in recipes.items() if r is not letter or len(sources.letters)}
    shares = np.array(list(usable.values()))
    kinds = list(usable)
    images = np.empty((count, 28, 28), np.uint8)
    for place, kind in enumerate(rng.choice(len(kinds), size=count, p=shares / shares.sum())):
        images[place] = normalize(kinds[kind](sources, rng))
    return images


# --- of digits and letters -------------------------------------------------------------------------------------------


def part_of_digit(sources: Sources, rng: np.random.Generator) -> Images:
    """What a straight, leaning cut leaves of a digit."""
    side = str(rng.choice(list(_PARTS), p=(0.45, 0.25, 0.2, 0.1)))
    for _ in range(20):
        ink, label = sources.digit(rng, list(_PARTS[side]))
        ink = _sharpened(ink, 3)
        part = _cut(ink, side, rng.uniform(_LEAST_PART, _PARTS[side].get(label, 0.4)), rng.uniform(-0.25, 0.25))
        height, width = part.shape
        if width >= _NARROWEST * height and cv2.countNonZero(part) > 100:
            return part
    return dash(sources, rng)


def touching_digits(sources: Sources, rng: np.random.Generator) -> Images:
    """Two or three digits side by side, touching, overlapping or hardly apart."""
    for _ in range(20):
        ink, _ = sources.digit(rng)
        for _ in range(1 if rng.random() < 0.85 else 2):
            ink = _beside(ink, _varied(sources.digit(rng)[0], rng), rng)
        if ink.shape[1] >= 0.6 * ink.shape[0]:
            break
    return _thickened(ink, rng) if rng.random() < 0.6 else ink


def digit_and_part(sources: Sources, rng: np.random.Generator) -> Images:
    """A digit with half of its neighbour or more."""
    for _ in range(20):
        ink, _ = sources.digit(rng, _WIDE)
        other = _varied(sources.digit(rng, _WIDE)[0], rng)
        share, lean = rng.uniform(0.4, 0.75), rng.uniform(-0.2, 0.2)
        if rng.random() < 0.5:
            both = _beside(ink, _cut(other, "left", share, lean), rng)
        else:
            both = _beside(_cut(other, "right", share, lean), ink, rng)
        if both.shape[1] >= 1.35 * ink.shape[1]:
            break
    return _thickened(both, rng) if rng.random() < 0.6 else both


def letter(sources: Sources, rng: np.random.Generator) -> Images:
    """A letter that looks like no digit."""
    return np.asarray(sources.letters[rng.integers(len(sources.letters))])


def seam_piece(sources: Sources, rng: np.random.Generator) -> Images:
    """A piece that the reader itself cuts out of a row of digits and that holds most of two of them."""
    for _ in range(20):
        row = _row([_sharpened(sources.digit(rng)[0], 2) for _ in range(int(rng.integers(2, 4)))], rng)
        ink = row.max(axis=0)
        held = []
        for piece in split(Component(Box(0, 0, ink.shape[1], ink.shape[0]), ink), 6.0):
            box, own = piece.component.box, piece.component.ink > 0
            parts = row[:, box.y : box.bottom, box.x : box.right] > 0
            shares = (parts & own).sum(axis=(1, 2)) / (row > 0).sum(axis=(1, 2))
            if (shares > 0.6).sum() >= 2:
                held.append(piece.component.ink)
        if held:
            return np.asarray(held[rng.integers(len(held))])
    return np.asarray(ink, np.uint8)


def _row(inks: Sequence[Images], rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Digits in a row that overlap a little: (number of digits, height, width), the ink of each on a canvas of its own."""
    steps = [round(ink.shape[1] * rng.uniform(0.8, 1.05)) for ink in inks]
    left = np.cumsum([0, *steps[:-1]])
    top = rng.integers(0, 10, len(inks))
    height = max(int(y) + ink.shape[0] for y, ink in zip(top, inks, strict=True))
    width = max(int(x) + ink.shape[1] for x, ink in zip(left, inks, strict=True))
    canvas = np.zeros((len(inks), height, width), np.uint8)
    for own, ink, x, y in zip(canvas, inks, left, top, strict=True):
        own[y : y + ink.shape[0], x : x + ink.shape[1]] = ink
    return canvas


def digit_above_digit(sources: Sources, rng: np.random.Generator) -> Images:
    """Digits of two lines that touch."""
    upper, lower = (sources.digit(rng, _WIDE)[0] for _ in range(2))
    return np.ascontiguousarray(_beside(np.ascontiguousarray(upper.T), np.ascontiguousarray(lower.T), rng).T)


def _crop(image: Images) -> Images:
    x, y, width, height = cv2.boundingRect(image)
    return image[y : y + height, x : x + width] if width else image[:1, :1]


def _sharpened(ink: Images, factor: int) -> Images:
    """Enlarged ink, black and white as the reader's: small ink that is only enlarged would be told by its blur."""
    size = factor * ink.shape[1], factor * ink.shape[0]
    return np.where(cv2.resize(ink, size, interpolation=cv2.INTER_CUBIC) > 127, 255, 0).astype(np.uint8)


def _thickened(ink: Images, rng: np.random.Generator) -> Images:
    """Sharp ink with strokes as wide as they are, or up to half as wide again: what touches runs together."""
    grown = int(rng.integers(0, 4))
    ink = _sharpened(ink, 2)
    return np.asarray(cv2.dilate(ink, np.ones((grown, grown), np.uint8)), np.uint8) if grown > 1 else ink


def _varied(ink: Images, rng: np.random.Generator) -> Images:
    """The ink a little larger or smaller: no two digits of a hand are of one size."""
    factor = rng.uniform(0.75, 1.3)
    size = max(2, round(ink.shape[1] * factor)), max(2, round(ink.shape[0] * factor))
    return np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def _cut(ink: Images, side: str, share: float, lean: float) -> Images:
    """What lies on one side of a straight cut; `lean` is its shift per pixel across."""
    height, width = ink.shape
    rows, columns = np.arange(height)[:, None], np.arange(width)[None, :]
    upright = side in ("left", "right")
    along = columns + lean * (rows - height / 2) if upright else rows + lean * (columns - width / 2)
    length = width if upright else height
    inside = along < share * length if side in ("left", "top") else along >= (1 - share) * length
    return _crop(np.where(inside, ink, 0).astype(np.uint8))


def _beside(left: Images, right: Images, rng: np.random.Generator) -> Images:
    """Two inks so near one another that they touch, with their middles at about the same height."""
    height = max(left.shape[0], right.shape[0]) + 6
    reach = int(rng.integers(-3, 4))
    y1 = min(max(0, (height - left.shape[0]) // 2), height - left.shape[0])
    y2 = min(max(0, (height - right.shape[0]) // 2 + reach), height - right.shape[0])
    a, b = np.zeros((height, left.shape[1]), bool), np.zeros((height, right.shape[1]), bool)
    a[y1 : y1 + left.shape[0]], b[y2 : y2 + right.shape[0]] = left > 127, right > 127
    # Row by row: white space at the right end of the left one, and at the left end of the right one.
    after = np.where(a.any(axis=1), a[:, ::-1].argmax(axis=1), 99)
    before = np.where(b.any(axis=1), b.argmax(axis=1), 99)
    room = int((after + before).min())
    x = left.shape[1] - min(room, left.shape[1] - 1, 12) + int(rng.integers(-5, 3))
    x = max(x, left.shape[1] // 2, left.shape[1] - right.shape[1] // 2)
    canvas = np.zeros((height, max(left.shape[1], x + right.shape[1])), np.uint8)
    canvas[y1 : y1 + left.shape[0], : left.shape[1]] = left
    window = canvas[y2 : y2 + right.shape[0], x : x + right.shape[1]]
    np.maximum(window, right, out=window)
    return _crop(canvas)


# --- signs, drawn from strokes ----------------------------------------------------------------------------------------

Sign = tuple[tuple[tuple[float, float], ...], ...]
"""Strokes through points (x, y) in a box of height 1, y downwards."""

_BOW = ((0.42, 0.0), (0.16, 0.2), (0.05, 0.5), (0.16, 0.8), (0.42, 1.0))
_S = (
    (0.55, 0.2),
    (0.4, 0.1),
    (0.18, 0.12),
    (0.1, 0.28),
    (0.25, 0.45),
    (0.48, 0.58),
    (0.55, 0.75),
    (0.4, 0.9),
    (0.05, 0.82),
)
_TRAINING_SIGNS: Mapping[str, Sign] = {
    "+": (((0.5, 0.0), (0.5, 1.0)), ((0.0, 0.5), (1.0, 0.5))),
    "(": (_BOW,),
    ")": (tuple((0.45 - x, y) for x, y in _BOW),),
    "[": (((0.5, 0.0), (0.0, 0.0), (0.0, 1.0), (0.5, 1.0)),),
    "]": (((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)),),
    "$": (_S, ((0.32, 0.0), (0.32, 1.0))),
    "$$": (_S, ((0.26, 0.0), (0.26, 1.0)), ((0.4, 0.0), (0.4, 1.0))),
    "EUR": (
        ((0.8, 0.1), (0.6, 0.0), (0.35, 0.1), (0.22, 0.5), (0.35, 0.9), (0.6, 1.0), (0.8, 0.9)),
        ((0.05, 0.4), (0.6, 0.4)),
        ((0.0, 0.6), (0.55, 0.6)),
    ),
    "GBP": (
        ((0.65, 0.15), (0.5, 0.0), (0.33, 0.08), (0.28, 0.4), (0.3, 0.75), (0.05, 1.0), (0.3, 0.93), (0.7, 1.0)),
        ((0.05, 0.5), (0.52, 0.5)),
    ),
    "Rs": (
        ((0.0, 1.0), (0.0, 0.0), (0.35, 0.05), (0.4, 0.3), (0.05, 0.48), (0.45, 1.0)),
        ((0.85, 0.5), (0.65, 0.48), (0.62, 0.65), (0.85, 0.8), (0.8, 0.98), (0.58, 0.95)),
    ),
    "INR": (
        ((0.0, 0.0), (0.6, 0.0)),
        ((0.0, 0.22), (0.6, 0.22)),
        ((0.1, 0.0), (0.4, 0.05), (0.42, 0.35), (0.05, 0.48), (0.5, 1.0)),
    ),
    "bracket and box": (((0.0, 0.0), (0.0, 1.0), (0.9, 1.0), (0.9, 0.0)),),
    "lid": (((0.0, 1.0), (0.0, 0.0), (0.9, 0.0), (0.9, 1.0)),),
    "foot": (((0.0, 0.0), (0.0, 1.0), (0.9, 1.0)),),
    "head": (((0.0, 1.0), (0.0, 0.0), (0.9, 0.0)),),
    "crossing": (((0.3, 0.0), (0.3, 1.0)), ((0.0, 0.6), (1.2, 0.6))),
    "rail": (((0.0, 0.0), (0.0, 1.0)), ((0.0, 0.5), (0.9, 0.5))),
}
_EVALUATION_SIGNS: Mapping[str, Sign] = {
    "#": (
        ((0.35, 0.0), (0.2, 1.0)),
        ((0.7, 0.0), (0.55, 1.0)),
        ((0.05, 0.32), (0.9, 0.3)),
        ((0.0, 0.68), (0.85, 0.66)),
    ),
    "%": (
        ((0.8, 0.0), (0.05, 1.0)),
        ((0.2, 0.05), (0.05, 0.2), (0.2, 0.35), (0.35, 0.2), (0.2, 0.05)),
        ((0.7, 0.65), (0.55, 0.8), (0.7, 0.95), (0.85, 0.8), (0.7, 0.65)),
    ),
    "*": (((0.5, 0.0), (0.5, 1.0)), ((0.05, 0.25), (0.95, 0.75)), ((0.05, 0.75), (0.95, 0.25))),
    "~": (((0.0, 0.45), (0.2, 0.2), (0.45, 0.4), (0.7, 0.5), (0.95, 0.2)),),
    "<": (((0.7, 0.0), (0.0, 0.5), (0.7, 1.0)),),
    "^": (((0.0, 0.6), (0.4, 0.0), (0.8, 0.6)),),
    "{": (((0.45, 0.0), (0.25, 0.1), (0.28, 0.4), (0.0, 0.5), (0.28, 0.6), (0.25, 0.9), (0.45, 1.0)),),
    "JPY": (
        ((0.0, 0.0), (0.4, 0.45), (0.8, 0.0)),
        ((0.4, 0.45), (0.4, 1.0)),
        ((0.1, 0.55), (0.7, 0.55)),
        ((0.1, 0.75), (0.7, 0.75)),
    ),
    "->": (((0.0, 0.3), (1.0, 0.3)), ((0.75, 0.05), (1.0, 0.3), (0.75, 0.55))),
    "//": (((0.6, 0.0), (0.0, 1.0)), ((0.95, 0.0), (0.35, 1.0))),
    "@": (
        ((0.65, 0.35), (0.4, 0.3), (0.3, 0.55), (0.45, 0.7), (0.65, 0.6), (0.65, 0.35), (0.7, 0.65), (0.9, 0.6), (0.95, 0.35),
         (0.75, 0.05), (0.35, 0.02), (0.05, 0.3), (0.05, 0.7), (0.35, 0.98), (0.75, 0.95)),
    ),
    "tick": (((0.0, 0.6), (0.25, 1.0), (1.0, 0.0)),),
    "...": (((0.0, 0.0), (0.03, 0.0)), ((0.5, 0.0), (0.53, 0.0)), ((1.0, 0.0), (1.03, 0.0))),
    "three lines": (((0.0, 0.0), (1.0, 0.0)), ((0.0, 0.4), (1.0, 0.4)), ((0.0, 0.8), (1.0, 0.8))),
}  # fmt: skip


def sign(sources: Sources, rng: np.random.Generator) -> Images:
    """A bracket, a currency sign, a plus, or where ruling lines meet."""
    return _write(_TRAINING_SIGNS[str(rng.choice(list(_TRAINING_SIGNS)))], rng)


def other_sign(sources: Sources, rng: np.random.Generator) -> Images:
    """A sign that training does not know."""
    return _write(_EVALUATION_SIGNS[str(rng.choice(list(_EVALUATION_SIGNS)))], rng)


def dash(sources: Sources, rng: np.random.Generator) -> Images:
    """A dash, an equals sign, or a line of a form: one to three strokes nearer to level than to upright."""
    width = rng.uniform(4, 26)
    gap = rng.uniform(1.6, 4) * width
    slope = rng.normal(0, 0.12)
    strokes: list[Stroke] = []
    for line in range(int(rng.choice(3, p=(0.55, 0.38, 0.07))) + 1):
        x = np.linspace(rng.normal(0, 6), _SIZE + rng.normal(0, 6), 8)
        y = line * gap + (slope + rng.normal(0, 0.04)) * x + rng.normal(0, 4) * np.sin(x / _SIZE * 3)
        strokes.append(np.stack([x, y], axis=1).astype(np.float32))
    return draw_strokes(strokes, width)


def slash(sources: Sources, rng: np.random.Generator) -> Images:
    """A stroke that leans more than any 1 does."""
    angle = np.deg2rad(rng.uniform(47, 65) if rng.random() < 0.6 else rng.uniform(-65, -38))
    along = np.linspace(0, 1, 8)
    across = rng.normal(0, 0.04) * np.sin(np.pi * along)
    x = _SIZE * (along * np.sin(angle) + across * np.cos(angle))
    y = -_SIZE * (along * np.cos(angle) - across * np.sin(angle))
    return draw_strokes([np.stack([x, y], axis=1).astype(np.float32)], rng.uniform(4, 16))


def comma(sources: Sources, rng: np.random.Generator) -> Images:
    """A comma, a dot, a colon: ink hardly longer than its pen is wide (a longer stroke may be a 1)."""
    length = rng.uniform(0, 1.6)
    turn = np.linspace(0, rng.uniform(0.2, 1.2), 6)
    heading = rng.uniform(-0.4, 0.6) + turn
    points = np.cumsum(np.stack([-np.sin(heading), np.cos(heading)], axis=1) * length / 6, axis=0)
    dots = [points.astype(np.float32) * 40]
    if rng.random() < 0.2:
        dots.append(dots[0] - np.array([rng.normal(0, 6), rng.uniform(90, 160)], np.float32))
    return draw_strokes(dots, 40.0)


def scribble(sources: Sources, rng: np.random.Generator) -> Images:
    """A long line to and fro, round and round: crossed out, filled in, tried out."""
    count = int(rng.integers(60, 200))
    turns = rng.normal(0, rng.uniform(0.4, 0.9), count).cumsum() + rng.uniform(0, 6.3)
    points = np.stack([np.cos(turns), np.sin(turns)], axis=1).cumsum(axis=0)
    # A line that goes on and on makes a digit now and then: only what winds many times over its own size is kept.
    if count < 6 * np.ptp(points, axis=0).max() or rng.random() < 0.5:
        phase = np.linspace(0, rng.uniform(5, 12) * np.pi, count)
        points = np.stack(
            [np.sin(phase) + 0.2 * rng.normal(size=count).cumsum() / 4, phase * rng.uniform(0.05, 0.12)], axis=1
        )
        angle = rng.uniform(0, 2 * np.pi)
        points = points @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    points *= _SIZE / max(1e-3, float(np.ptp(points, axis=0).max()))
    return draw_strokes([points.astype(np.float32)], rng.uniform(3, 12))


def tangle(sources: Sources, rng: np.random.Generator) -> Images:
    """Strokes with no plan, nearly straight, that cross one another more often than any digit's."""
    count = int(rng.integers(4, 7))
    for _ in range(50):
        ends = rng.uniform(0, _SIZE, (count, 2, 2))
        crossings = sum(_cross(ends[i], ends[j]) for i in range(count) for j in range(i))
        if crossings >= 3:
            break
    along = np.linspace(0, 1, 8)[:, None]
    strokes = []
    for start, end in ends:
        across = np.array([start[1] - end[1], end[0] - start[0]]) * rng.normal(0, 0.06)
        strokes.append((start + along * (end - start) + np.sin(np.pi * along) * across).astype(np.float32))
    return draw_strokes(strokes, rng.uniform(3, 12))


def _cross(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> bool:
    """Whether two lines, each (2, 2) from start to end, cross."""

    def sides(line: npt.NDArray[np.float64], points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        along, to = line[1] - line[0], points - line[0]
        return np.asarray(along[0] * to[:, 1] - along[1] * to[:, 0])

    return bool(np.prod(sides(one, other)) < 0 and np.prod(sides(other, one)) < 0)


def zigzag(sources: Sources, rng: np.random.Generator) -> Images:
    """One stroke that goes up and down from left to right, in corners or in waves."""
    corners = int(rng.integers(5, 10))
    x = np.arange(corners) * rng.uniform(0.25, 0.5) + rng.normal(0, 0.05, corners)
    y = (np.arange(corners) % 2) * rng.uniform(0.3, 1.0) + rng.normal(0, 0.08, corners)
    return _write((tuple(zip(x.tolist(), y.tolist(), strict=True)),), rng)


def figure(sources: Sources, rng: np.random.Generator) -> Images:
    """A closed outline, as people draw."""
    size = _SIZE * np.exp(rng.normal(0, 0.15, 2))
    return draw_strokes([(stroke * size).astype(np.float32) for stroke in closed_figure(rng)], rng.uniform(3, 12))


def smudge(sources: Sources, rng: np.random.Generator) -> Images:
    """Blots: smooth noise above a threshold, densest in the middle."""
    side = 64
    cells = int(rng.integers(3, 14))
    field = cv2.resize(rng.random((cells, cells)).astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC)
    axis = np.linspace(-1, 1, side, dtype=np.float32)
    stretch = np.exp(rng.uniform(-0.5, 0.5))
    away = (axis[None, :] * stretch) ** 2 + (axis[:, None] / stretch) ** 2
    ink = np.where(field - rng.uniform(0.2, 0.9) * away > rng.uniform(0.25, 0.5), 255, 0).astype(np.uint8)
    return ink if cv2.countNonZero(ink) else np.full((8, 8), 255, np.uint8)


def splash(sources: Sources, rng: np.random.Generator) -> Images:
    """A blot with spikes, and drops around it."""
    canvas = np.zeros((96, 96), np.uint8)
    angles = np.linspace(0, 2 * np.pi, int(rng.integers(7, 24)), endpoint=False)
    radii = rng.uniform(8, 34, len(angles))
    points = 48 + np.stack([np.cos(angles) * radii * rng.uniform(0.6, 1.4), np.sin(angles) * radii], axis=1)
    cv2.fillPoly(canvas, [points.astype(np.int32)], 255)
    for _ in range(int(rng.integers(0, 8))):
        cv2.circle(canvas, tuple(int(v) for v in rng.integers(8, 88, 2)), int(rng.integers(1, 6)), 255, cv2.FILLED)
    return canvas


def _write(strokes: Sign, rng: np.random.Generator) -> Images:
    """Draw a sign by hand: each point a little off, the whole slanted, stretched and rounded."""
    lean, stretch = rng.normal(0, 0.12), np.exp(rng.normal(0, 0.15))
    drawn = []
    for stroke in strokes:
        points = np.array(stroke) + rng.normal(0, 0.03, (len(stroke), 2))
        # As many points on each side of the given ones, smoothed: a hand rounds corners.
        at = np.linspace(0, len(points) - 1, 6 * len(points))
        dense = np.stack([np.interp(at, np.arange(len(points)), points[:, k]) for k in range(2)], axis=1)
        padded = np.pad(dense, ((2, 2), (0, 0)), mode="edge")
        dense = np.mean([padded[k : k + len(dense)] for k in range(5)], axis=0)
        x, y = dense[:, 0], dense[:, 1]
        drawn.append((np.stack([(x - lean * y) * stretch, y], axis=1) * _SIZE).astype(np.float32))
    return draw_strokes(drawn, rng.uniform(3, 14))


TRAINING: Mapping[Recipe, float] = {
    part_of_digit: 0.18,
    touching_digits: 0.16,
    digit_above_digit: 0.04,
    digit_and_part: 0.09,
    sign: 0.12,
    dash: 0.06,
    slash: 0.04,
    comma: 0.05,
    letter: 0.1,
    tangle: 0.04,
    zigzag: 0.02,
    figure: 0.06,
    scribble: 0.02,
    smudge: 0.02,
}
"""The share of each recipe in what the network learns from."""

EVALUATION: Mapping[Recipe, float] = {
    seam_piece: 0.35,
    other_sign: 0.35,
    letter: 0.15,
    splash: 0.15,
}
"""The share of each recipe in what the class is measured on; letters are of `data.EVALUATION_LETTERS`."""
