"""One answer from two readers: the text of a line that both together find most probable, and the ink that spells it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from recognizer.ctc import LogProbs, align, best_texts, merge_marks, text_log_probabilities
from recognizer.decode import Choice, line_height, piece_scores
from recognizer.lattice import Step, fit_text, total_score
from recognizer.lines import LinePicture, place_frames
from recognizer.sequence import FRAME
from recognizer.types import CLASS_NAMES, Component, InkMask, Piece

_CANDIDATES = 4
"""Texts of the line network that are weighed."""
_SEGMENTATION_WEIGHT = 0.2
"""Weight of the pieces' log-probability against the line network's: their scores promise too much."""
_WORST_FIT = -15.0
"""Below this, in nats, it no longer matters how badly a text fits the pieces: a digit may be hidden in one of them."""
_WORST_LINE, _WORST_CANDIDATE = -12.0, -60.0
"""The same of the line network's log-probability: where a text is believed or not, and where it is chosen."""
_TOGETHER = np.array([0.304, 0.329, -0.24, 0.008, 0.222, 0.782, -1.027, 0.079, -1.019])
"""How the signs that a text is right add up to the log-odds that it is, by logistic regression on real lines of thirteen kinds
and on pictures without any digit. The signs: always 1; the log-odds among the candidates; the line network's log-probability;
how the text fits the pieces; whether both readers agree; the line network's again where they do not; the doubt that the
pieces are digits; the logarithm of the number of components; whether there is nothing but 1s, which a bare line is read as."""
_ALONE = np.array([0.666, 0.692, 1.336])
"""The same for the line network alone: always, the log-odds, the log-probability."""
_LEAST_BELIEVED = 0.2
"""A text of less probability is no text."""


@dataclass(frozen=True)
class LineEvidence:
    """All that both networks say of one line."""

    pieces: Sequence[Sequence[Piece]]
    """Component by component, the pieces that each can be cut into."""
    first: int
    """Place of the line's first piece among all pieces of the picture."""
    probabilities: npt.NDArray[np.float32]
    """(number of the line's pieces, 10 or 11) from the digit network."""
    log_probs: LogProbs
    """(T, 12) from the line network."""

    @cached_property
    def digit_log_probs(self) -> LogProbs:
        """(T, 11) from the line network, marks taken for blanks."""
        return merge_marks(self.log_probs)

    @cached_property
    def scores(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Of the pieces as digits and as marks, as `recognizer.decode.piece_scores` gives them."""
        pieces = [piece for component in self.pieces for piece in component]
        return piece_scores(pieces, self.probabilities, line_height(self.pieces))


def read_line(evidence: LineEvidence, segmented: str, alone: bool) -> tuple[str, float]:
    """Choose a line's text.

    Both readers' log-probabilities are weighted and added: a product of experts (Hinton 2002, "Training products of experts by
    minimizing contrastive divergence").

    Args:
        evidence: of the line.
        segmented: the text by segmentation, one of the candidates.
        alone: whether only the line network is asked.

    Returns:
        The text, "" for none, and the probability that it is right, 0 to 1, as it was on real lines.
    """
    merged = evidence.digit_log_probs
    found = [text for text, _ in best_texts(merged, count=_CANDIDATES)]
    if alone:
        scores = text_log_probabilities(merged, found)
        best = int(scores.argmax())
        return _believed(found[best], float(_ALONE @ [1.0, _log_odds(scores, best), max(_WORST_LINE, scores[best])]))
    texts = list(dict.fromkeys([*found, segmented]))
    line = text_log_probabilities(merged, texts)
    whole = total_score(evidence.pieces, *evidence.scores)
    ways = [fit_text(evidence.pieces, *evidence.scores, text) for text in texts]
    fit = np.array([-np.inf if way is None else way[1] - whole for way in ways])
    scores = np.maximum(line, _WORST_CANDIDATE) + _SEGMENTATION_WEIGHT * np.maximum(fit, _WORST_FIT)
    best = int(scores.argmax())
    text, way = texts[best], ways[best]
    agreed = float(text == segmented == found[0])
    fluency = max(_WORST_LINE, float(line[best]))
    signs = [1.0, _log_odds(scores, best), fluency, max(_WORST_FIT, float(fit[best])), agreed, fluency * (1 - agreed)]
    signs += [
        _doubt(evidence, way[0]) if way is not None else 1.0,
        math.log(len(evidence.pieces)),
        float(set(text) == {"1"}),
    ]
    return _believed(text, float(_TOGETHER @ signs))


def _log_odds(scores: npt.NDArray[np.float64], best: int) -> float:
    """Logarithm of the best candidate's share of the probability over that of all others, within reason."""
    share = 1 / np.exp(scores - scores[best]).sum()
    return float(np.log(max(share, 1e-6) / max(1 - share, 1e-5)))


def _doubt(evidence: LineEvidence, way: Sequence[Step]) -> float:
    """Mean probability of a text's digits to be none; 1 where the text has no digits."""
    digits = [index for index, is_mark in way if not is_mark]
    if evidence.probabilities.shape[1] == len(CLASS_NAMES):
        return 0.0
    return float(evidence.probabilities[digits, -1].mean()) if digits else 1.0


def _believed(text: str, log_odds: float) -> tuple[str, float]:
    """A text with its probability; one that is hardly believed is none at all: a drawing, a texture, the border of a cell."""
    probability = float(1 / (1 + math.exp(-log_odds)))
    return (text, probability) if probability >= _LEAST_BELIEVED else ("", 1 - probability)


def spell(
    evidence: LineEvidence,
    text: str,
    segmented: Sequence[Choice],
    picture: LinePicture,
    mask: InkMask,
    line: Sequence[Component],
) -> list[Choice]:
    """Find the ink of each digit of a text.

    Args:
        evidence: of the line.
        text: digits.
        segmented: the line's choices by segmentation, which stand where the line network has fewer frames than digits.
        picture: the line as the line network saw it.
        mask: (height, width) uint8 at working size, 255 where there is ink.
        line: the line's components.

    Returns:
        The pieces that spell the text, digits and marks, from left to right; or, where none do, a place for each digit by the
        line network's frames. Of the text "", marks alone.
    """
    merged = evidence.digit_log_probs
    labels = [CLASS_NAMES.index(digit) for digit in text]
    try:
        spans = align(merged, text)
    except ValueError:  # more digits than the line network has frames for: no word of its own
        return list(segmented)
    in_line = [
        np.exp(merged[start + int(merged[start:end, label + 1].argmax()), 1:])
        for (start, end), label in zip(spans, labels, strict=True)
    ]
    found = fit_text(evidence.pieces, *evidence.scores, text)
    if found is None and text:
        boxes = place_frames(picture, spans, FRAME, mask, line)
        return [
            Choice(-1, box, 1.0, label=label, in_line=row)
            for box, label, row in zip(boxes, labels, in_line, strict=True)
        ]
    pieces = [piece for component in evidence.pieces for piece in component]
    digits = iter(zip(labels, in_line, strict=True))
    choices = []
    for index, is_mark in found[0] if found is not None else _all_marks(evidence.pieces):
        label, row = (None, None) if is_mark else next(digits)
        choices.append(Choice(evidence.first + index, pieces[index].component.box, 1.0, is_mark, label, row))
    return choices


def _all_marks(line: Sequence[Sequence[Piece]]) -> list[Step]:
    """Every component whole, as a mark: for a digit network that knows none, which `fit_text` has no way for."""
    steps, first = [], 0
    for pieces in line:
        last = max(piece.end for piece in pieces)
        whole = next(i for i, piece in enumerate(pieces) if (piece.start, piece.end) == (0, last))
        steps.append((first + whole, True))
        first += len(pieces)
    return steps
