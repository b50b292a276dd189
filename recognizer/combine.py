"""One answer from two readers: the text of a line that both together find most probable, and the ink that spells it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recognizer.ctc import LogProbs, align, best_texts, greedy_text, merge_marks, text_log_probabilities
from recognizer.decode import Choice, line_height, piece_scores
from recognizer.lattice import Step, fit_text, total_score
from recognizer.lines import LinePicture, place_frames
from recognizer.sequence import FRAME
from recognizer.types import CLASS_NAMES, Component, InkMask, Piece

LEANS = (0.2, -0.2)
"""Horizontal shift per row of the further looks."""
_CANDIDATES = 4
"""Texts of the line network that are weighed."""
_SETTLED = -0.05
"""Log-probability from which the line network alone needs no second look."""
_LEAST = -60.0
"""Log-probability of a text that one of the views cannot hold."""
_SEGMENTATION_WEIGHT = 0.15
"""Weight of the pieces' log-probability against the line network's: their scores promise too much."""
_WORST_FIT = -40.0
"""Below this, in nats, it no longer matters how badly a text fits the pieces: a digit may be hidden in one of them."""


@dataclass(frozen=True, slots=True)
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
    views: Sequence[LogProbs] = ()
    """(T', 12) each, from the line network's further looks at the line, leaning otherwise."""


def needs_second_look(log_probs: LogProbs, segmented: str | None) -> bool:
    """Whether a line is to be looked at again, leaning otherwise: its text is in doubt.

    Args:
        log_probs: (T, 12) from the line network.
        segmented: the text by segmentation; None where only the line network is asked.
    """
    merged = merge_marks(log_probs)
    text = greedy_text(merged)
    if segmented is not None:
        return text != segmented
    return float(text_log_probabilities(merged, [text])[0]) < _SETTLED


def read_line(evidence: LineEvidence, segmented: str, alone: bool) -> tuple[str, float]:
    """Choose a line's text.

    Both readers' log-probabilities are weighted and added: a product of experts (Hinton 2002, "Training products of experts by
    minimizing contrastive divergence").

    Args:
        evidence: of the line.
        segmented: the text by segmentation, one of the candidates.
        alone: whether only the line network is asked.

    Returns:
        The text, "" for none, and its share of the probability, 0 to 1.
    """
    views = [merge_marks(view) for view in (evidence.log_probs, *evidence.views)]
    found = [text for view in views for text, _ in best_texts(view, count=_CANDIDATES)]
    texts = list(dict.fromkeys(found if alone else [*found, segmented]))
    # The mean over the views: they are looks at one and the same line, not independent of each other.
    scores = np.mean([np.maximum(text_log_probabilities(view, texts), _LEAST) for view in views], axis=0)
    if not alone and len(texts) > 1:
        digit_scores, mark_scores = _scores(evidence)
        whole = total_score(evidence.pieces, digit_scores, mark_scores)
        ways = [fit_text(evidence.pieces, digit_scores, mark_scores, text) for text in texts]
        fit = np.array([-np.inf if way is None else way[1] - whole for way in ways])
        scores = scores + _SEGMENTATION_WEIGHT * np.maximum(fit, _WORST_FIT)
    best = int(scores.argmax())
    return texts[best], float(1 / np.exp(scores - scores[best]).sum())


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
    merged = merge_marks(evidence.log_probs)
    labels = [CLASS_NAMES.index(digit) for digit in text]
    try:
        spans = align(merged, text)
    except ValueError:  # more digits than the line network has frames for: no word of its own
        return list(segmented)
    in_line = [
        np.exp(merged[start + int(merged[start:end, label + 1].argmax()), 1:])
        for (start, end), label in zip(spans, labels, strict=True)
    ]
    found = fit_text(evidence.pieces, *_scores(evidence), text)
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


def _scores(evidence: LineEvidence) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    pieces = [piece for component in evidence.pieces for piece in component]
    return piece_scores(pieces, evidence.probabilities, line_height(evidence.pieces))
