"""How a given text fits the pieces that a line can be cut into."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from recognizer.types import Piece

Step = tuple[int, bool]
"""Index of a piece among all of its line, and whether it is taken for a mark."""


def fit_text(
    line: Sequence[Sequence[Piece]],
    digit_scores: npt.NDArray[np.float64],
    mark_scores: npt.NDArray[np.float64],
    text: str,
) -> tuple[list[Step], float] | None:
    """Find the cheapest way to read a text from a line's pieces, by dynamic programming (Viterbi).

    Args:
        line: component by component, the pieces that each can be cut into, N in all.
        digit_scores: (N, 10) log-likelihood of each piece as each digit, up to a constant for its component.
        mark_scores: (N,) the same as no digit; -inf where that cannot be.
        text: digits.

    Returns:
        The pieces from left to right and the sum of their scores; None where the pieces cannot spell the text.
    """
    labels = np.array([int(c) for c in text], dtype=np.intp)
    count = len(labels)
    # state[i]: best score of a way that has read i digits so far
    state = np.full(count + 1, -np.inf)
    state[0] = 0.0
    ways: list[tuple[int, dict[int, tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_], npt.NDArray[np.intp]]]]] = []
    first = 0
    for pieces in line:
        last = max(piece.end for piece in pieces)
        at = {0: state}
        via: dict[int, tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_], npt.NDArray[np.intp]]] = {}
        for place in sorted(range(len(pieces)), key=lambda i: pieces[i].start):
            start, end, index = pieces[place].start, pieces[place].end, first + place
            before = at.get(start)
            if before is None:
                continue
            as_digit = np.full(count + 1, -np.inf)
            as_digit[1:] = before[:-1] + digit_scores[index, labels]
            as_mark = before + mark_scores[index]
            new, is_mark = np.maximum(as_digit, as_mark), as_mark > as_digit
            if end not in at:
                at[end] = np.full(count + 1, -np.inf)
                via[end] = (np.full(count + 1, -1), np.zeros(count + 1, bool), np.zeros(count + 1, np.intp))
            better = new > at[end]
            at[end] = np.where(better, new, at[end])
            index_of, mark_of, start_of = via[end]
            index_of[better], mark_of[better], start_of[better] = index, is_mark[better], start
        ways.append((last, via))
        state = at.get(last, np.full(count + 1, -np.inf))
        first += len(pieces)
    if not np.isfinite(state[count]):
        return None
    path: list[Step] = []
    read = count
    for cut, via in reversed(ways):
        while cut > 0:
            index_of, mark_of, start_of = via[cut]
            mark = bool(mark_of[read])
            path.append((int(index_of[read]), mark))
            cut, read = int(start_of[read]), read if mark else read - 1
    return path[::-1], float(state[count])


def total_score(
    line: Sequence[Sequence[Piece]], digit_scores: npt.NDArray[np.float64], mark_scores: npt.NDArray[np.float64]
) -> float:
    """Logarithm of the sum over all ways to read the line, in the units of `fit_text`'s scores."""
    each = np.logaddexp(np.logaddexp.reduce(digit_scores, axis=1), mark_scores) if len(digit_scores) else mark_scores
    whole, first = 0.0, 0
    for pieces in line:
        last = max(piece.end for piece in pieces)
        total = np.full(last + 1, -np.inf)
        total[0] = 0.0
        for place in sorted(range(len(pieces)), key=lambda i: pieces[i].start):
            piece = pieces[place]
            total[piece.end] = np.logaddexp(total[piece.end], total[piece.start] + each[first + place])
        whole += float(total[last])
        first += len(pieces)
    return whole
