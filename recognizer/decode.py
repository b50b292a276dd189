"""Class probabilities to a reading: the best way to cut each component, and the labels joined."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import median

import numpy as np
import numpy.typing as npt

from recognizer.types import CLASS_NAMES, Alternative, Box, Digit, Mark, Piece, Reading

# Natural logarithm of width over height of each digit 0-9: median and spread (half the distance from the 16th to the 84th
# percentile) over EMNIST's train digits and the pen digits of UNIPEN, measured once.
_LOG_ASPECT = np.array([-0.10, -0.88, -0.05, -0.23, -0.25, -0.04, -0.32, -0.29, -0.29, -0.41])
_ASPECT_SPREAD = np.array([0.25, 0.50, 0.25, 0.23, 0.26, 0.27, 0.23, 0.23, 0.25, 0.23])

_SHAPE_WEIGHT = 0.7
_MAX_ASPECT_PENALTY = 12.0
_READING_TEMPERATURE = 2.0
"""Chosen on real pictures of thirteen kinds: of the readings given 0.9, about nine in ten are right."""
_READING_WEIGHT = 1.5
"""Weight of the classifier's word against the shape's: pieces that are no digit are mostly read with doubt."""
_DIGIT_PENALTY = 0.0
"""Price of one more digit, in nats: a whole that reads well is not cut into halves that read as well."""
_CUT_PENALTY = 1.5
"""Price of a cut through one stroke width of ink, in nats."""
_HEIGHT_PENALTY = 3.0
"""Price of a piece much lower than its line, in nats for each factor of e."""
_MARK_PENALTY = 2.0
"""Price of taking a piece for no digit, in nats."""
_MARK_WIDTH_PENALTY = 4.0
"""... and for each height of its line that it is wide: what is as wide as two digits is rather two that touch."""
_LEAST_PROBABILITY = 1e-9
_MAX_DOUBT = 0.6
"""Mean probability of its digits to be none above which a whole line is marks: texture, letters, a drawing."""
_SLASH_HEIGHT = 1.4
"""Lowest slash between digits, in heights of the line's digits that are no 1."""
_DIGITS = len(CLASS_NAMES)


@dataclass(frozen=True, slots=True)
class Choice:
    """A piece that was chosen as one digit, or as ink that is none."""

    index: int
    """Its place among all pieces; -1 where the line network saw a digit that no piece shows."""
    box: Box
    certainty: float
    """Probability that its component is cut this way and no other, 0 to 1."""
    is_mark: bool = False
    """Whether it is no digit."""
    label: int | None = None
    """Which digit the whole line's text has here; None for the one that the piece looks most like."""
    in_line: npt.NDArray[np.float64] | None = None
    """(10,) what the line network says of each digit at this place; None where it was not asked."""


def choose(lines: Sequence[Sequence[Sequence[Piece]]], probabilities: npt.NDArray[np.float32]) -> list[list[Choice]]:
    """Choose the pieces that together cover each component and read best, each as a digit or as a mark.

    Args:
        lines: line by line and component by component, the pieces that each can be cut into.
        probabilities: (N, 10) of all N pieces, in that order; or (N, 11), where the last is that a piece is no digit.

    Returns:
        The chosen pieces, line by line and from left to right.
    """
    chosen = []
    first = 0
    for line in lines:
        all_of_it = [piece for pieces in line for piece in pieces]
        last = first + len(all_of_it)
        digit_scores, mark_scores = piece_scores(all_of_it, probabilities[first:last], line_height(line))
        choices, start = [], 0
        for pieces in line:
            end = start + len(pieces)
            path, certainty = best_path(pieces, digit_scores[start:end], mark_scores[start:end])
            choices += [
                Choice(first + start + index, pieces[index].component.box, certainty, is_mark)
                for index, is_mark in path
            ]
            start = end
        first = last
        chosen.append(_mark_doubtful_line(_mark_slashes(choices, probabilities), probabilities))
    return chosen


def _mark_slashes(choices: list[Choice], probabilities: npt.NDArray[np.float32]) -> list[Choice]:
    """Take a 1 between two digits for a slash where it reaches above and below both and is much higher than the line's digits.

    Alone it is a stroke like any other: only its neighbours tell a slash from a 1.
    """
    digits = [index for index, choice in enumerate(choices) if not choice.is_mark]
    ones = {index for index in digits if probabilities[choices[index].index, :_DIGITS].argmax() == 1}
    heights = [choices[index].box.height for index in digits if index not in ones]
    if not heights:
        return choices
    least = _SLASH_HEIGHT * median(heights)
    marked = list(choices)
    for before, index, after in zip(digits, digits[1:], digits[2:], strict=False):
        box, beside = choices[index].box, (choices[before].box, choices[after].box)
        reaches = all(box.y < other.y and other.bottom < box.bottom for other in beside)
        if index in ones and reaches and box.height >= least:
            marked[index] = replace(choices[index], is_mark=True)
    return marked


def _mark_doubtful_line(choices: list[Choice], probabilities: npt.NDArray[np.float32]) -> list[Choice]:
    """Take a line for marks altogether where its digits hardly are any.

    One by one a doubtful digit is rather kept, for beside others it mostly is one; where all are in doubt, none speaks for the
    others.
    """
    digits = [choice.index for choice in choices if not choice.is_mark]
    if not digits or probabilities.shape[1] == _DIGITS or probabilities[digits, _DIGITS].mean() <= _MAX_DOUBT:
        return choices
    return [replace(choice, is_mark=True) for choice in choices]


def best_path(
    pieces: Sequence[Piece], digit_scores: npt.NDArray[np.float64], mark_scores: npt.NDArray[np.float64]
) -> tuple[list[tuple[int, bool]], float]:
    """Choose the pieces that cover one component and read best, by dynamic programming (Viterbi).

    Args:
        pieces: from cut `start` to cut `end`; at least one way leads from cut 0 to the last.
        digit_scores: (len(pieces), 10) as `piece_scores` gives them.
        mark_scores: (len(pieces),) likewise.

    Returns:
        Index of each chosen piece from left to right, and whether it is a mark; and the probability of this way to cut among
        all ways, 0 to 1.
    """
    as_digit = digit_scores.max(axis=1)
    scores, is_mark = np.maximum(as_digit, mark_scores).tolist(), (mark_scores > as_digit).tolist()
    if len(pieces) == 1:
        return [(0, is_mark[0])], 1.0
    last = max(piece.end for piece in pieces)
    best = [0.0] + [-np.inf] * last
    total = [0.0] + [-np.inf] * last
    via = [-1] * (last + 1)
    for index in sorted(range(len(pieces)), key=lambda i: pieces[i].start):
        start, end = pieces[index].start, pieces[index].end
        if best[start] + scores[index] > best[end]:
            best[end], via[end] = best[start] + scores[index], index
        total[end] = float(np.logaddexp(total[end], total[start] + scores[index]))
    path, position = [], last
    while position > 0:
        path.append((via[position], is_mark[via[position]]))
        position = pieces[via[position]].start
    return path[::-1], float(np.exp(best[last] - total[last]))


def piece_scores(
    pieces: Sequence[Piece], probabilities: npt.NDArray[np.float32], line_height: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Log-likelihoods of pieces up to a constant for each component: classifier, shape, and the price of the cut.

    Args:
        pieces: of any number of components of one line.
        probabilities: (len(pieces), 10 or 11), as for `choose`.
        line_height: height of the digits around, in the boxes' units.

    Returns:
        (len(pieces), 10) of each piece as each digit, and (len(pieces),) of each as a mark: -inf where the network knows none.
    """
    if not pieces:
        return np.zeros((0, _DIGITS)), np.zeros(0)
    width, height = np.array([(p.component.box.width, p.component.box.height) for p in pieces], dtype=float).T
    cuts = _CUT_PENALTY * np.array([p.cut for p in pieces])
    deviation = (np.log(width / height)[:, None] - _LOG_ASPECT) / _ASPECT_SPREAD
    shape = -np.minimum(_SHAPE_WEIGHT * 0.5 * deviation**2, _MAX_ASPECT_PENALTY)
    lowness = np.maximum(0.0, np.log(0.75 * line_height / height))
    read = _READING_WEIGHT * np.log(np.maximum(probabilities.astype(np.float64), _LEAST_PROBABILITY))
    digit = read[:, :_DIGITS] + shape - (_DIGIT_PENALTY + _HEIGHT_PENALTY * lowness + cuts)[:, None]
    mark = np.full(len(pieces), -np.inf)
    if read.shape[1] > _DIGITS:
        mark = read[:, _DIGITS] - _MARK_PENALTY - _MARK_WIDTH_PENALTY * width / line_height - cuts
    return digit, mark


def line_height(line: Sequence[Sequence[Piece]]) -> float:
    """Height of a line's digits: the median over its components."""
    return float(median(max(p.component.box.height for p in pieces) for pieces in line))


def decode(
    chosen: Sequence[Sequence[Choice]],
    probabilities: npt.NDArray[np.float32],
    class_names: Sequence[str],
    place: Callable[[Box], Box],
    size: tuple[int, int],
    line_probabilities: Sequence[float] | None = None,
    more_marks: Sequence[Box] = (),
) -> Reading:
    """Join the most probable labels of the digits among the chosen pieces.

    Args:
        chosen: as from `choose`.
        probabilities: (N, 10 or 11) of all pieces, as for `choose`.
        class_names: label of each class.
        place: where in the picture a box at working size lies (see `recognizer.view.View.place`).
        size: (width, height) of the picture, in pixels.
        line_probabilities: of each line, how probable its text is by all that is known; None to go by the pieces alone.
        more_marks: ink that was known for no digit before any piece was looked at.
    """
    lines = tuple(
        tuple(_to_digit(choice, probabilities, class_names, place) for choice in line) for line in digits_of(chosen)
    )
    marks = [choice for line in chosen for choice in line if choice.is_mark]
    confidences = [digit.confidence for line in lines for digit in line]
    # A text is also wrong where a digit was left out as a mark. (Of a slash the network says how sure it is of a stroke.)
    doubts = [choice.certainty * float(probabilities[choice.index].max()) for choice in marks]
    if not confidences:
        confidence = 0.0
    elif line_probabilities is not None:
        confidence = math.prod(line_probabilities)
    else:
        confidence = calibrate(math.prod(confidences + doubts))
    return Reading(
        lines,
        confidence,
        *size,
        marks=tuple(Mark(place(box)) for box in [*(choice.box for choice in marks), *more_marks]),
    )


def digits_of(chosen: Sequence[Sequence[Choice]]) -> list[list[Choice]]:
    """The chosen pieces without the marks; lines of nothing but marks are left out."""
    lines = [[choice for choice in line if not choice.is_mark] for line in chosen]
    return [line for line in lines if line]


def text_of(choices: Sequence[Choice], probabilities: npt.NDArray[np.float32]) -> str:
    """What the pieces look like, joined: `probabilities` are those of all pieces."""
    return "".join(CLASS_NAMES[int(probabilities[c.index, :_DIGITS].argmax())] for c in choices if not c.is_mark)


def calibrate(product: float) -> float:
    """Probability that a whole text is right, from the product of its digits' confidences.

    The product knows nothing of what was cut wrongly, missed or taken for a digit, which on real pictures is most of what
    goes wrong. Its odds are softened by a temperature (Platt 1999 with slope 1 / temperature and no offset).

    Args:
        product: 0 to 1.

    Returns:
        0 to 1, growing with `product`; 0, 1/2 and 1 stay.
    """
    right, wrong = (max(0.0, p) ** (1 / _READING_TEMPERATURE) for p in (product, 1 - product))
    return float(right / (right + wrong))


def _to_digit(
    choice: Choice,
    probabilities: npt.NDArray[np.float32],
    class_names: Sequence[str],
    place: Callable[[Box], Box],
) -> Digit:
    opinions = []
    if choice.index >= 0:
        # Where the component may be cut otherwise, what the piece shows is not known: that share goes to all labels alike.
        row = probabilities[choice.index, :_DIGITS].astype(np.float64)
        opinions.append(choice.certainty * row + (1 - choice.certainty) / _DIGITS)
    if choice.in_line is not None:
        opinions.append(choice.in_line)
    mixed = np.divide(sum(opinions), len(opinions)).tolist()
    order = sorted(range(_DIGITS), key=mixed.__getitem__, reverse=True)
    if choice.label is not None:
        order.remove(choice.label)
        order.insert(0, choice.label)
    best, *others = (Alternative(class_names[i], mixed[i]) for i in order)
    return Digit(best.label, best.confidence, place(choice.box), tuple(others))
