"""Heuristic over-segmentation: where a component that may hold several touching digits can be cut.

LeCun, Bottou, Bengio and Haffner 1998, "Gradient-based learning applied to document recognition", section V: cut a word at
many plausible places, let the classifier look at every piece, and take the path of pieces that it likes best (`decode`).
The cuts are seams: paths from top to bottom through as little ink as possible, which may lean with the writing.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from recognizer.types import Box, Component, InkMask, Piece

_WORKING_HEIGHT = 32
"""Seams are sought in the component scaled to this height: enough for a cut, and the cost is the same for any picture."""
_MIN_ASPECT = 0.75
"""A component narrower than this share of its height is one digit, where nobody sees two 1s in it."""
_MAX_CUTS = 7
"""Cuts kept a component, the cheapest first: seven give at most 36 pieces to classify."""
_CUTS_A_HEIGHT = 2.5
"""The same for each of its heights that the component is wide."""
_MAX_INK = 2.6
"""Longest way of a cut through ink, in stroke widths."""
_CUTS_BETWEEN = 2
"""Cuts kept between two characters that somebody is sure to see."""
_AWAY_COST = 4.0
"""What it costs them to lie one height of the component away from half-way between the two, in stroke widths of ink."""
_MIN_PIECE = 0.14
"""Narrowest piece, in heights of the component."""
_MAX_PIECE = 1.6
"""Widest piece that is looked at as one digit, in heights of the component."""
_STEP_COST = 0.03
_DIAGONAL_COST = 0.02


def split(component: Component, stroke_width: float, middles: Sequence[float] = (), sure: bool = False) -> list[Piece]:
    """List the pieces that a component can be cut into, the whole component among them.

    Args:
        component: ink of one digit, or of several that touch.
        stroke_width: typical width of a stroke, in pixels.
        middles: of the characters that somebody sees in it, in pixels from its left edge: where they are several it is cut,
            however narrow it is.
        sure: whether these are all: then it is cut into so many pieces, where it can be, or not at all.

    Returns:
        Pieces between any two cuts that are not too far apart; the component's left edge is cut 0, its right edge the last.
    """
    box = component.box
    count = len(middles)
    one = count < 2 and (sure or box.width < _MIN_ASPECT * box.height)
    if one or box.height < 3 * stroke_width:
        return [Piece(component)]
    seams, costs = _find_seams(component.ink, stroke_width)
    if sure:
        kept = _kept_between(seams.mean(axis=1), costs, middles, box.height)
        pieces = _between(component, seams[kept], costs[kept], count)
        if count in _lengths(pieces):
            return pieces
    return _between(component, seams, costs)


def are_whole(pieces: Sequence[Piece]) -> list[bool]:
    """Of each of the pieces of a component whether it is all of it, as exactly one is."""
    last = max(piece.end for piece in pieces)
    return [(piece.start, piece.end) == (0, last) for piece in pieces]


def _between(
    component: Component, seams: npt.NDArray[np.int_], costs: npt.NDArray[np.float64], count: int | None = None
) -> list[Piece]:
    """The pieces between any two seams, or of those alone that may be one of `count`; and the whole."""
    if not len(seams):
        return [Piece(component)]
    box, ink = component.box, component.ink
    height, width = ink.shape
    # The seams in order, each at or right of the one before, with the component's own edges around them.
    edges = np.vstack([np.zeros(height, int), np.maximum.accumulate(seams, axis=0), np.full(height, width)])
    last = len(edges) - 1
    before = np.where(np.arange(width) < edges[:, :, None], ink, 0).astype(np.uint8)
    pieces = []
    for start in range(last):
        for end in range(start + 1, last + 1):
            is_whole = (start, end) == (0, last)
            if count is not None and not is_whole and not _may_be_one(start, end, last, count):
                continue
            left, right = int(edges[start].min()), int(edges[end].max())
            part = before[end, :, left:right] - before[start, :, left:right]
            x, y, w, h = cv2.boundingRect(part)
            if w == 0 or (not is_whole and not _MIN_PIECE * height <= w <= _MAX_PIECE * height):
                continue
            cropped = Component(Box(box.x + left + x, box.y + y, w, h), part[y : y + h, x : x + w])
            pieces.append(Piece(cropped, start, end, float(costs[end - 1]) if end < last else 0.0))
    return pieces


def _lengths(pieces: Sequence[Piece]) -> set[int]:
    """Into how many pieces there is a way from the left edge to the right."""
    lengths: dict[int, set[int]] = {0: {0}}
    for piece in sorted(pieces, key=lambda piece: piece.start):
        lengths.setdefault(piece.end, set()).update(length + 1 for length in lengths.get(piece.start, ()))
    return lengths[max(piece.end for piece in pieces)]


def _kept_between(
    columns: npt.NDArray[np.float64], costs: npt.NDArray[np.float64], middles: Sequence[float], height: int
) -> list[int]:
    """Of the seams that are nearest to where one character ends and the next begins, the best `_CUTS_BETWEEN`: those through
    little ink, and not far from there."""
    ends = np.array([(left + right) / 2 for left, right in pairwise(middles)])
    away = np.abs(columns[:, None] - ends) / height
    nearest = away.argmin(axis=1)
    kept: list[int] = []
    for index in range(len(ends)):
        own = np.flatnonzero(nearest == index)
        kept += own[np.argsort(costs[own] + _AWAY_COST * away[own, index], kind="stable")[:_CUTS_BETWEEN]].tolist()
    return sorted(kept)


def _may_be_one(start: int, end: int, last: int, count: int) -> bool:
    """Whether a piece may be one of `count` that together are the component."""
    return (start > 0) + 1 + (end < last) <= count <= start + 1 + last - end


def _find_seams(ink: InkMask, stroke_width: float) -> tuple[npt.NDArray[np.int_], npt.NDArray[np.float64]]:
    """Cheapest paths from top to bottom.

    Returns:
        Column of each seam in each row of `ink`, (number of seams, height) int, from left to right; and the ink that each
        goes through, in stroke widths.
    """
    height, width = ink.shape
    scale = _WORKING_HEIGHT / height
    small_width = max(3, round(width * scale))
    small = cv2.resize(ink, (small_width, _WORKING_HEIGHT), interpolation=cv2.INTER_AREA).astype(np.float64) / 255
    middle = _WORKING_HEIGHT // 2
    # From the top and from the foot, to where both meet.
    (down, up), (came_from, goes_to) = _accumulate(np.stack([small[: middle + 1], small[: middle - 2 : -1]]))
    total = down[middle] + up[_WORKING_HEIGHT - 1 - middle] - small[middle]

    most = min(_MAX_CUTS, max(1, round(_CUTS_A_HEIGHT * width / height)))
    stroke = max(1.0, stroke_width * scale)
    chosen: list[int] = []
    margin = max(1, round(_MIN_PIECE * _WORKING_HEIGHT))
    candidates = _local_minima(total)
    for x in sorted(candidates, key=lambda x: total[x]):
        far = all(abs(x - other) >= margin for other in chosen)
        if (
            far
            and margin <= x < small_width - margin
            and total[x] <= _MAX_INK * stroke + _STEP_COST * 2 * _WORKING_HEIGHT
        ):
            chosen.append(x)
        if len(chosen) == most:
            break
    chosen.sort()
    seams = np.empty((len(chosen), height), dtype=int)
    costs = np.empty(len(chosen))
    rows = np.minimum((np.arange(height) * scale).astype(int), _WORKING_HEIGHT - 1)
    for index, x in enumerate(chosen):
        path = np.empty(_WORKING_HEIGHT, dtype=int)
        path[: middle + 1] = _follow(came_from, middle, x)[::-1]
        path[middle:] = _follow(goes_to, _WORKING_HEIGHT - 1 - middle, x)
        seams[index] = np.round((path[rows] + 0.5) / scale).astype(int)
        costs[index] = small[np.arange(_WORKING_HEIGHT), path].sum() / stroke
    return seams, costs


def _accumulate(cost: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int_]]:
    """Cheapest way from the first row to each pixel by steps down-left, down and down-right, and the step that led there; of
    several pictures of one size, (number, rows, columns) each."""
    count, rows, columns = cost.shape
    # With a column of infinite cost on either side, which no way leads through.
    total = np.full((count, rows, columns + 2), np.inf)
    inner = total[:, :, 1:-1]
    inner[:, 0] = cost[:, 0]
    best = np.empty((count, columns))
    for row in range(1, rows):
        above = total[:, row - 1]
        np.minimum(above[:, :-2], above[:, 2:], out=best)
        best += _DIAGONAL_COST
        np.minimum(best, above[:, 1:-1], out=best)
        best += cost[:, row]
        np.add(best, _STEP_COST, out=inner[:, row])
    left, straight, right = total[:, :-1, :-2] + _DIAGONAL_COST, inner[:, :-1], total[:, :-1, 2:] + _DIAGONAL_COST
    step = np.zeros(cost.shape, dtype=int)
    # Of equals the leftmost is taken.
    step[:, 1:] = np.where(left <= np.minimum(straight, right), -1, np.where(straight <= right, 0, 1))
    return inner, step


def _follow(step: npt.NDArray[np.int_], row: int, x: int) -> npt.NDArray[np.int_]:
    """Columns of the cheapest way from (row, x) back to row 0, starting with x."""
    path = np.empty(row + 1, dtype=int)
    for index in range(row + 1):
        path[index] = x
        x += step[row - index, x]
    return path


def _local_minima(values: npt.NDArray[np.float64]) -> list[int]:
    """Middle of each valley's floor."""
    minima = []
    start = 0
    for x in range(1, len(values) + 1):
        if x == len(values) or values[x] != values[start]:
            left = start == 0 or values[start - 1] > values[start]
            right = x == len(values) or values[x] > values[start]
            if left and right:
                minima.append((start + x - 1) // 2)
            start = x
    return minima
