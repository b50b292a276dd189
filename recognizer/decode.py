"""Class probabilities of pieces to a reading: the best path through each component, by dynamic programming (Viterbi)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from recognizer.types import CLASS_NAMES, Alternative, Box, Digit

# Natural logarithm of width over height of each digit 0-9: median and spread (half the distance from the 16th to the 84th
# percentile) over EMNIST's train digits and the pen digits of UNIPEN, measured once.
_LOG_ASPECT = np.array([-0.10, -0.88, -0.05, -0.23, -0.25, -0.04, -0.32, -0.29, -0.29, -0.41])
_ASPECT_SPREAD = np.array([0.25, 0.50, 0.25, 0.23, 0.26, 0.27, 0.23, 0.23, 0.25, 0.23])

_MAX_ASPECT_PENALTY = 12.0
_DIGIT_PENALTY = 0.7
"""Price of one more digit, in nats: a whole that reads well is not cut into halves that read as well."""
_CUT_PENALTY = 0.6
"""Price of a cut through one stroke width of ink, in nats."""
_HEIGHT_PENALTY = 3.0
"""Price of a piece much lower than its line, in nats for each factor of e."""


class Candidate(NamedTuple):
    """A piece of a component that may be one digit."""

    start: int
    end: int
    box: Box
    cut: float
    """Ink that its right-hand cut goes through, in stroke widths."""


def best_path(
    candidates: Sequence[Candidate], probabilities: npt.NDArray[np.float32], line_height: float
) -> tuple[list[int], float]:
    """Choose the pieces that together cover a component and read best.

    Args:
        candidates: pieces from cut `start` to cut `end`; at least one way leads from cut 0 to the last.
        probabilities: (len(candidates), number of classes).
        line_height: height of the text around, in the boxes' units.

    Returns:
        Indices of the chosen candidates from left to right, and the probability of this way to cut among all ways.
    """
    if len(candidates) == 1:
        return [0], 1.0
    scores = [_score(c, row, line_height) for c, row in zip(candidates, probabilities, strict=True)]
    last = max(c.end for c in candidates)
    best = [0.0] + [-np.inf] * last
    total = [0.0] + [-np.inf] * last
    via: list[int] = [-1] * (last + 1)
    for index in sorted(range(len(candidates)), key=lambda i: candidates[i].end):
        start, end = candidates[index].start, candidates[index].end
        if best[start] + scores[index] > best[end]:
            best[end], via[end] = best[start] + scores[index], index
        total[end] = float(np.logaddexp(total[end], total[start] + scores[index]))
    path, position = [], last
    while position > 0:
        path.append(via[position])
        position = candidates[via[position]].start
    return path[::-1], float(np.exp(best[last] - total[last]))


def _score(candidate: Candidate, row: npt.NDArray[np.float32], line_height: float) -> float:
    """Log-likelihood of a piece as one digit, up to a constant: classifier, shape, and the price of the cut."""
    box = candidate.box
    deviation = (np.log(box.width / box.height) - _LOG_ASPECT) / _ASPECT_SPREAD
    shape = -np.minimum(0.5 * deviation**2, _MAX_ASPECT_PENALTY)
    lowness = max(0.0, float(np.log(0.75 * line_height / box.height)))
    read = np.log(np.maximum(row, 1e-9)) + shape
    return float(read.max()) - _DIGIT_PENALTY - _CUT_PENALTY * candidate.cut - _HEIGHT_PENALTY * lowness


def to_digit(box: Box, row: npt.NDArray[np.float32], certainty: float, class_names: Sequence[str] = CLASS_NAMES) -> Digit:
    """The most probable label of a piece, with the others behind it.

    Args:
        box: where the digit lies, in pixels of the picture.
        row: (number of classes,) probabilities.
        certainty: probability that the piece is one digit at all; the rest is spread evenly over the labels.
        class_names: label of each class.
    """
    mixed = certainty * row + (1 - certainty) / len(row)
    order = np.argsort(-mixed, kind="stable")
    best, *others = (Alternative(class_names[i], float(mixed[i])) for i in order)
    return Digit(best.label, best.confidence, box, tuple(others))
