"""How given texts fit the pieces that a line can be cut into."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from recognizer.types import Piece

Step = tuple[int, bool]
"""Index of a piece among all of its line, and whether it is taken for a mark."""


def fit_texts(
    line: Sequence[Sequence[Piece]],
    digit_scores: npt.NDArray[np.float64],
    mark_scores: npt.NDArray[np.float64],
    texts: Sequence[str],
) -> list[tuple[list[Step], float] | None]:
    """Find the cheapest way to read each of some texts from a line's pieces, by dynamic programming (Viterbi).

    Args:
        line: component by component, the pieces that each can be cut into, N in all.
        digit_scores: (N, 10) log-likelihood of each piece as each digit, up to a constant for its component.
        mark_scores: (N,) the same as no digit; -inf where that cannot be.
        texts: digits.

    Returns:
        Of each text the pieces from left to right and the sum of their scores; None where the pieces cannot spell it.
    """
    counts = [len(text) for text in texts]
    # Shorter texts are filled up with 0s: what comes after a text's end changes nothing before it.
    labels = np.zeros((len(texts), max(counts, default=0)), np.intp)
    for row, text in zip(labels, texts, strict=True):
        row[: len(text)] = [int(c) for c in text]
    as_label = digit_scores[:, labels]
    # state[t, i]: best score of a way that has read i digits of text t so far
    state = np.full((len(texts), labels.shape[1] + 1), -np.inf)
    nowhere = state.copy()
    state[:, 0] = 0.0
    ways: list[tuple[int, dict[int, npt.NDArray[np.intp]]]] = []
    first = 0
    for pieces in line:
        last = max(piece.end for piece in pieces)
        at = {0: state}
        # via[cut][t, i]: the piece that leads there on the best way, and the same + N where it is a mark
        via: dict[int, npt.NDArray[np.intp]] = {}
        for index, piece in sorted(enumerate(pieces, first), key=lambda item: item[1].start):
            before = at.get(piece.start)
            if before is None:
                continue
            new = before + mark_scores[index]
            as_digit = before[:, :-1] + as_label[index]
            came = np.full(new.shape, index + len(digit_scores))
            came[:, 1:][new[:, 1:] <= as_digit] = index
            np.maximum(new[:, 1:], as_digit, out=new[:, 1:])
            if piece.end in at:
                better = new > at[piece.end]
                np.copyto(at[piece.end], new, where=better)
                np.copyto(via[piece.end], came, where=better)
            else:
                at[piece.end], via[piece.end] = new, came
        ways.append((last, via))
        state = at.get(last, nowhere)
        first += len(pieces)
    starts = [piece.start for pieces in line for piece in pieces]
    return [
        (_path_back(ways, starts, text, count), float(state[text, count])) if np.isfinite(state[text, count]) else None
        for text, count in enumerate(counts)
    ]


def _path_back(
    ways: Sequence[tuple[int, dict[int, npt.NDArray[np.intp]]]], starts: Sequence[int], text: int, read: int
) -> list[Step]:
    """The steps of a text's best way, in order."""
    path: list[Step] = []
    for cut, via in reversed(ways):
        while cut > 0:
            is_mark, index = divmod(int(via[cut][text, read]), len(starts))
            path.append((index, bool(is_mark)))
            cut, read = starts[index], read if is_mark else read - 1
    return path[::-1]


def total_score(
    line: Sequence[Sequence[Piece]], digit_scores: npt.NDArray[np.float64], mark_scores: npt.NDArray[np.float64]
) -> float:
    """Logarithm of the sum over all ways to read the line, in the units of `fit_texts`'s scores."""
    each = np.logaddexp(np.logaddexp.reduce(digit_scores, axis=1), mark_scores) if len(digit_scores) else mark_scores
    whole, first = 0.0, 0
    for pieces in line:
        if len(pieces) == 1:
            whole += float(each[first])
            first += 1
            continue
        last = max(piece.end for piece in pieces)
        total = np.full(last + 1, -np.inf)
        total[0] = 0.0
        for place in sorted(range(len(pieces)), key=lambda i: pieces[i].start):
            piece = pieces[place]
            total[piece.end] = np.logaddexp(total[piece.end], total[piece.start] + each[first + place])
        whole += float(total[last])
        first += len(pieces)
    return whole
